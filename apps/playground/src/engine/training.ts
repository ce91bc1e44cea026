/**
 * Training in the page: the trainer of `@capsnet/capsules`, fed so that the worker stays able to answer between two steps, can pause, and
 * hands out its weights every few steps.
 */
import { adam } from '@capsnet/autograd';
import {
  buildModel,
  describeModel,
  fit,
  type Batch,
  type Model,
  type ModelDescription,
} from '@capsnet/capsules';
import { foldIn, mapTree, randomKey, tensor, type Tensor } from '@capsnet/tensor';
import type { EngineEvent, TrainingOptions } from '../protocol.js';
import { failureOf } from '../protocol.js';
import { trainingData } from './batches.js';
import type { Network, Weights } from './networks.js';

/** Steps between two looks at the validation images; the trainer takes them for epochs. */
const stepsPerRound = 20;
/** Rounds in which the learning rate falls to half. */
const halfLife = 25;

/** The model that the options ask for. */
export function modelToTrain({ kind, size, data }: TrainingOptions): Model {
  const description = describeModel(kind, 'generate' in data ? {} : { classNames: data.classNames });
  return buildModel(size === 'small' ? narrowed(description) : description);
}

/** A narrower decoder; of the original CapsNet, whose 8 million numbers are much for a page, also fewer filters. */
function narrowed(description: ModelDescription): ModelDescription {
  const decoder = { kind: 'dense', units: [256, 512] } as const;
  if (description.kind !== 'original-capsnet') return { ...description, decoder };
  return {
    ...description,
    convolutions: [{ filters: 64, kernel: 9, stride: 1 }],
    primary: { kernel: 9, stride: 2, capsules: 8, dimensions: 8 },
    decoder,
  };
}

export class Training {
  private readonly stopping = new AbortController();
  private wake: (() => void) | undefined;
  private paused = false;

  constructor(
    private readonly options: TrainingOptions,
    private readonly model: Model,
    private readonly initial: Weights,
    private readonly network: Network,
    private readonly say: (event: EngineEvent) => void,
  ) {}

  pause(paused: boolean): void {
    this.paused = paused;
    if (!paused) this.wake?.();
  }

  stop(): void {
    this.stopping.abort();
    this.wake?.();
  }

  /** Trains until `stop`; says how it goes, and how it ended. */
  async run(): Promise<void> {
    try {
      await this.rounds();
      this.say({ event: 'ended' });
    } catch (error) {
      this.say({ event: 'ended', error: failureOf(error) });
    }
  }

  private async rounds(): Promise<void> {
    const { batchSize, learningRate } = this.options;
    const { signal } = this.stopping;
    const decodings = 'decodings' in this.model.description ? this.model.description.decodings : 1;
    const data = trainingData(this.options, decodings);
    let stepBegan = performance.now();
    let speed = 0;
    let accuracy = 0;
    const batches = (round: number): AsyncIterable<Batch> =>
      this.feed(round, (step) => {
        stepBegan = performance.now();
        return data.batchAt(step);
      });
    const reports = fit({
      model: this.model,
      optimizer: adam(),
      ...this.initial,
      epochs: Infinity,
      batches,
      validation: () => data.validation,
      learningRate: (round) => learningRate * 0.5 ** (round / halfLife),
      signal,
      onStep: ({ step, loss, running }) => {
        const now = batchSize / ((performance.now() - stepBegan) / 1000);
        speed = speed === 0 ? now : 0.8 * speed + 0.2 * now;
        accuracy = running.accuracy;
        this.say({ event: 'point', point: { step, loss, accuracy, imagesPerSecond: speed } });
      },
    });
    for await (const { step, training, validation, parameters, state } of reports) {
      this.network.improve({ parameters: await held(parameters), state: await held(state) });
      if (validation) {
        const { loss, accuracy: right } = validation;
        this.say({
          event: 'point',
          point: {
            step,
            loss: training.loss,
            accuracy,
            imagesPerSecond: speed,
            validation: { loss, accuracy: right },
          },
        });
      }
      this.say({ event: 'improved', network: this.network.info });
    }
  }

  /** The batches of a round. Between two of them the worker answers what the page has asked; a pause waits here. */
  private async *feed(round: number, batchAt: (step: number) => Batch): AsyncGenerator<Batch> {
    for (let step = 0; step < stepsPerRound; step++) {
      await nextTask();
      while (this.paused && !this.stopping.signal.aborted)
        await new Promise<void>((resolve) => (this.wake = resolve));
      yield batchAt(round * stepsPerRound + step);
    }
  }
}

/** Copies on the host: the next step reuses the memory of the trained ones. */
async function held<T>(tree: T): Promise<T> {
  const pending: Promise<void>[] = [];
  const copies = new Map<Tensor, Tensor>();
  mapTree((leaf: Tensor) => {
    pending.push(
      Promise.resolve(leaf.data()).then(
        (data) => void copies.set(leaf, tensor(Float32Array.from(data), leaf.shape)),
      ),
    );
  }, tree);
  await Promise.all(pending);
  return mapTree((leaf: Tensor) => copies.get(leaf)!, tree) as T;
}

/** Lets messages in: they are tasks, and awaiting a finished promise is none. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** Starts the weights of a model. */
export const freshWeights = (model: Model, seed: number): Weights => model.init(foldIn(randomKey(seed), 1));
