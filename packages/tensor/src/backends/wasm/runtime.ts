/**
 * The wasm engine as an object: memory, threads, and running programs. Knows nothing of tensors.
 */
import { TensorError } from '../../errors.js';
import { align } from '../../compile/memory.js';
import { isNode, nodeModule } from '../environment.js';
import { wasmFeatures, type WasmFeatures } from './features.js';
import { browserThread, kernelBytes, threadAddress } from './files.js';
import { microKernelSpeed, type MicroKernels } from './microKernel.js';
import type { Heap } from './residence.js';

/** Words of the control page; `worker.js` and `assembly/engine.ts` have the same. */
const GO = 0,
  PROGRAM = 1,
  STEPS = 2,
  TIMES = 3,
  STOP = 4,
  READY = 5,
  GENERATION = 288;
const firstArena = 65536;
const pageBytes = 65536;

interface EngineExports extends MicroKernels {
  runProgram(program: number, steps: number, thread: number, threads: number, times: number): void;
}

interface Thread {
  terminate(): void;
}

export interface RuntimeOptions {
  readonly threads?: number;
  readonly relaxed?: boolean;
}

export class WasmRuntime implements Heap {
  /** Free stretches of memory, by address. */
  readonly #free: { address: number; bytes: number }[] = [];
  readonly #allocated = new Map<number, number>();
  #end = firstArena;
  #disposed = false;

  private constructor(
    readonly memory: WebAssembly.Memory,
    private readonly engine: EngineExports,
    readonly threads: number,
    readonly features: WasmFeatures,
    readonly build: string,
    private readonly workers: readonly Thread[],
  ) {}

  /**
   * Loads the engine and starts its threads.
   *
   * @throws TensorError when the machine has no WebAssembly SIMD, or `threads` is not a positive integer.
   */
  static async create({ threads, relaxed = true }: RuntimeOptions = {}): Promise<WasmRuntime> {
    if (threads !== undefined && (!Number.isInteger(threads) || threads < 1 || threads > 256)) {
      throw new TensorError('wasm', `${threads} threads: wanted an integer from 1 to 256.`);
    }
    const features = await wasmFeatures();
    if (!features.simd)
      throw new TensorError(
        'wasm',
        `${features.remarks.join('; ')}. Use the reference backend, or a newer browser or Node.`,
      );
    const count = features.threads ? (threads ?? (await processors())) : 1;
    const useRelaxed = relaxed && features.relaxedSimd && features.threads;
    const build = !features.threads ? 'engine-single' : useRelaxed ? 'engine-relaxed' : 'engine';
    const module = await WebAssembly.compile(await kernelBytes(build));
    const memory = new WebAssembly.Memory(
      features.threads ? { initial: 2, maximum: 65536, shared: true } : { initial: 2, maximum: 65536 },
    );
    // Shared memory that grows keeps its old views valid.
    const control = new Int32Array(memory.buffer, 0, GENERATION + 1);
    const instance = new WebAssembly.Instance(module, {
      env: { memory, abort() {} },
      host: {
        now: () => performance.now(),
        // The main thread of a page may not sleep; there it spins on.
        sleep: (generation: number) =>
          typeof document === 'undefined'
            ? void Atomics.wait(control, GENERATION, generation, 0.05)
            : undefined,
      },
    });
    const workers = await Promise.all(
      Array.from({ length: count - 1 }, (_, index) =>
        startWorker({ module, memory, thread: index + 1, threads: count, relaxed: useRelaxed }),
      ),
    );
    // Workers announce themselves: a program must not start before all of them sleep in front of it.
    while (Atomics.load(control, READY) < count - 1) await new Promise((resolve) => setTimeout(resolve, 1));
    return new WasmRuntime(
      memory,
      instance.exports as unknown as EngineExports,
      count,
      features,
      build,
      workers,
    );
  }

  get buffer(): ArrayBufferLike {
    return this.memory.buffer;
  }

  /** Bytes of WebAssembly memory. */
  get bytes(): number {
    return this.memory.buffer.byteLength;
  }

  /** A stretch of memory, aligned to cache lines; memory grows when there is no room. */
  allocate(bytes: number): number {
    const size = align(Math.max(bytes, 64));
    const index = this.#free.findIndex((stretch) => stretch.bytes >= size);
    if (index >= 0) {
      const stretch = this.#free[index]!;
      if (stretch.bytes === size) this.#free.splice(index, 1);
      else this.#free[index] = { address: stretch.address + size, bytes: stretch.bytes - size };
      this.#allocated.set(stretch.address, size);
      return stretch.address;
    }
    const address = this.#end;
    const missing = address + size + pageBytes - this.memory.buffer.byteLength;
    if (missing > 0) {
      try {
        this.memory.grow(Math.ceil(missing / pageBytes));
      } catch {
        throw new TensorError(
          'wasm',
          `out of memory: a plan needs ${(size / 2 ** 20).toFixed(0)} MiB, ${(address / 2 ** 20).toFixed(0)} MiB are in use and 4096 MiB is the most there can be. Use a smaller batch.`,
        );
      }
    }
    this.#end = address + size;
    this.#allocated.set(address, size);
    return address;
  }

  /** Gives a stretch back; neighbours that are free become one. */
  free(address: number): void {
    const bytes = this.#allocated.get(address);
    if (bytes === undefined) return;
    this.#allocated.delete(address);
    this.#free.push({ address, bytes });
    this.#free.sort((a, b) => a.address - b.address);
    for (let k = this.#free.length - 1; k > 0; k--) {
      const before = this.#free[k - 1]!;
      const after = this.#free[k]!;
      if (before.address + before.bytes === after.address) {
        this.#free.splice(k - 1, 2, { address: before.address, bytes: before.bytes + after.bytes });
      }
    }
    const last = this.#free.at(-1);
    if (last && last.address + last.bytes === this.#end) {
      this.#end = last.address;
      this.#free.pop();
    }
  }

  /** Runs a program to its end, all threads together. With `times`, each step's milliseconds are written there as float64. */
  run(program: number, steps: number, times = 0): void {
    if (this.#disposed) throw new TensorError('wasm', 'the backend has been disposed of.');
    if (this.threads > 1) {
      const control = new Int32Array(this.memory.buffer, 0, 16);
      control[PROGRAM] = program;
      control[STEPS] = steps;
      control[TIMES] = times;
      Atomics.add(control, GO, 1);
      Atomics.notify(control, GO);
    }
    this.engine.runProgram(program, steps, 0, this.threads, times);
  }

  /** GFLOP/s of the innermost kernel alone on one thread. */
  peak(): number {
    const space = this.allocate(65536);
    try {
      new Float32Array(this.buffer, space, 16384).fill(0);
      return microKernelSpeed(this.engine, this.build === 'engine-relaxed', space);
    } finally {
      this.free(space);
    }
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    const control = new Int32Array(this.memory.buffer, 0, 16);
    control[STOP] = 1;
    Atomics.add(control, GO, 1);
    if (this.features.threads) Atomics.notify(control, GO);
    for (const worker of this.workers) worker.terminate();
  }
}

async function processors(): Promise<number> {
  if (isNode()) return (await nodeModule('node:os')).availableParallelism();
  return globalThis.navigator?.hardwareConcurrency ?? 1;
}

interface WorkerStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly thread: number;
  readonly threads: number;
  readonly relaxed: boolean;
}

/** Starts a thread. @throws TensorError when a browser refuses */
async function startWorker(start: WorkerStart): Promise<Thread> {
  if (isNode()) {
    const { Worker } = await nodeModule('node:worker_threads');
    const worker = new Worker(await threadAddress(), { workerData: start });
    // A sleeping worker must not keep the process alive.
    worker.unref();
    return { terminate: () => void worker.terminate() };
  }
  let worker: Worker;
  try {
    worker = await browserThread();
  } catch (error) {
    throw noThread(error instanceof Error ? error.message : String(error));
  }
  // A worker whose code does not load says so here, and nowhere else.
  return new Promise((resolve, reject) => {
    worker.onerror = ({ message }) => reject(noThread(message || 'its code does not load'));
    worker.onmessage = () => resolve(worker);
    worker.postMessage(start);
  });
}

const noThread = (reason: string): TensorError =>
  new TensorError(
    'wasm',
    `this page cannot start a thread (${reason}). ` +
      'Allow `worker-src blob:` in its content security policy, or ask for one thread: { threads: 1 }.',
  );
