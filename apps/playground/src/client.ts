/** The page's side of the engine: calls with promises, events, and a new worker when the old one is lost. */
import type { Answer, CallName, Calls, EngineEvent } from './protocol.js';

/** The worker could not do what it was asked; `kind` is the name of the error there. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  constructor(
    readonly kind: string,
    message: string,
  ) {
    super(message);
  }
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: EngineError): void;
}

export class Engine {
  private worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private next = 1;

  /**
   * @param onEvent what the worker says unasked
   * @param onLost called when the worker died: nothing it held is left
   */
  constructor(
    private readonly onEvent: (event: EngineEvent) => void,
    private readonly onLost: (reason: string) => void,
  ) {
    this.worker = this.open();
  }

  call<Name extends CallName>(
    name: Name,
    given: Calls[Name]['arguments'],
    transfer: Transferable[] = [],
  ): Promise<Calls[Name]['result']> {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, name, arguments: given }, transfer);
    });
  }

  /** Ends the worker and begins a new one, which holds nothing. */
  restart(): void {
    this.worker.terminate();
    this.abandon('The engine was started anew.');
    this.worker = this.open();
  }

  private open(): Worker {
    const worker = new Worker(new URL('./engine/worker.ts', import.meta.url), {
      type: 'module',
      name: 'engine',
    });
    worker.onmessage = ({ data }: MessageEvent<Answer | EngineEvent>) => {
      if ('event' in data) this.onEvent(data);
      else this.settle(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      const reason = event.message || 'its code could not be loaded';
      this.abandon(`The engine stopped: ${reason}.`);
      this.onLost(reason);
    };
    return worker;
  }

  private settle(answer: Answer): void {
    const waiting = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if ('error' in answer) waiting?.reject(new EngineError(answer.error.kind, answer.error.message));
    else waiting?.resolve(answer.result);
  }

  private abandon(message: string): void {
    const all = [...this.waiting.values()];
    this.waiting.clear();
    for (const waiting of all) waiting.reject(new EngineError('EngineLost', message));
  }
}
