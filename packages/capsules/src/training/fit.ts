/** Training over epochs, and testing over a whole split: loops around the compiled steps. */
import type { Optimizer } from '@capsnet/autograd';
import { leavesWithPaths, scalar, type Backend, type Tensor } from '@capsnet/tensor';
import type { Spent } from '../distributed/communicator.js';
import type { Group } from '../distributed/group.js';
import type { Parameters } from '../layers/parameters.js';
import type { Model } from '../models/model.js';
import { carryAverage, startAverage, type Average, type Carried } from './average.js';
import type { Batch } from './batch.js';
import { compileEvaluateStep, compileStep, trainStep } from './step.js';
import { readMetrics, Totals, type Scores, type Sums } from './totals.js';

/** Training that cannot go on: a loss or a gradient is NaN or infinite. */
export class TrainingError extends Error {
  override readonly name = 'TrainingError';

  constructor(
    /** What is not finite: `loss`, or `gradient conv2/kernel`. */
    readonly tensor: string,
    /** Steps done before this one, from 0 over all epochs. */
    readonly step: number,
    /** The epoch, from 0. */
    readonly epoch: number,
    value: number,
  ) {
    // To people both count from 1, as everywhere.
    super(
      `${tensor} is not finite (${value}) at step ${step + 1} (epoch ${epoch + 1}). Training stopped; the weights of this step are spoiled, use the last checkpoint. ` +
        'Try a smaller learning rate, or look for pixels that are not numbers.',
    );
  }
}

/** Batches in their order; a loader that reads ahead is an async iterable. */
export type Batches = AsyncIterable<Batch> | Iterable<Batch>;

/** What is told after a step. */
export interface StepReport {
  /** Steps done, over all epochs. */
  readonly step: number;
  readonly epoch: number;
  readonly images: number;
  readonly loss: number;
  readonly learningRate: number;
  /** Means over the epoch so far. */
  readonly running: Scores;
}

/** Where a training stands: everything that the next step depends on. */
export interface Snapshot<OptimizerState> {
  readonly parameters: Parameters;
  readonly state: Parameters;
  readonly optimizerState: OptimizerState;
  /** Averaged weights, when `averageDecay` asks for them. */
  readonly average?: Average;
  /** The epoch that goes on. */
  readonly epoch: number;
  /** Batches of the epoch that are done. */
  readonly batchesDone: number;
  /** Steps done, over all epochs. */
  readonly step: number;
  /** What the batches done came to. */
  readonly sums: Sums;
}

/** What is told after an epoch. Parameters and state are the ones to keep. */
export interface EpochReport<OptimizerState> {
  readonly epoch: number;
  /** Steps done, over all epochs. */
  readonly step: number;
  /** Of the last step. */
  readonly learningRate: number;
  readonly training: Scores;
  /** Scores on `validation`, when there is one; of the averaged weights, if there are any. */
  readonly validation?: Scores;
  readonly imagesPerSecond: number;
  /** Of the training part. */
  readonly seconds: number;
  /** False when `signal` stopped the epoch before its end. */
  readonly complete: boolean;
  /** With a group: what went into sums over its processes in this epoch. */
  readonly communication?: Spent;
  /** The next step reuses the memory of these four: save them before asking for the next report. */
  readonly parameters: Parameters;
  readonly state: Parameters;
  readonly optimizerState: OptimizerState;
  readonly average?: Average;
  /** To go on from here, in this epoch if it is not complete, else in the next. */
  readonly snapshot: Snapshot<OptimizerState>;
}

/** What a training needs: a model, where it starts, data, an optimiser. */
export interface FitOptions<OptimizerState> {
  readonly model: Model;
  readonly optimizer: Optimizer<Parameters, OptimizerState>;
  /** Where to start; donated, do not use afterwards. */
  readonly parameters: Parameters;
  readonly state: Parameters;
  /** A fresh one by default. */
  readonly optimizerState?: OptimizerState;
  /** Number of the epoch after the last. */
  readonly epochs: number;
  /** To resume: the epoch to start with, and the steps done before. */
  readonly firstEpoch?: number;
  readonly stepsDone?: number;
  /** To resume inside `firstEpoch`: the batches of it that are done, and what they came to. */
  readonly batchesDone?: number;
  readonly sums?: Sums;
  /** The training batches of an epoch, from the one with the given number (from 0) on. */
  readonly batches: (epoch: number, from: number) => Batches;
  readonly validation?: (epoch: number) => Batches;
  /** Learning rate of a step; both count from 0, steps over all epochs. */
  readonly learningRate: (epoch: number, step: number) => number;
  readonly reconstructionWeight?: number;
  /** Averages the weights over the last steps, see `average.ts`; for example 0.999. To resume, `average` is what was there. */
  readonly averageDecay?: number;
  readonly average?: Average;
  /** Called after each step. A snapshot is good until the next step: what is to be kept of it is read before the promise resolves. */
  readonly onStep?: (report: StepReport, snapshot: () => Snapshot<OptimizerState>) => unknown;
  /** Stops after the current step; in a group after the next one, in all of its processes. */
  readonly signal?: AbortSignal;
  /** Trains with other processes: `batches` gives the parts of this one (`Batch.part`), everything told is of all. */
  readonly group?: Group;
  readonly backend?: Backend;
}

/**
 * Trains a model; one report an epoch.
 *
 * ```ts
 * for await (const report of fit({ model, optimizer: adam(), parameters, state, epochs: 3, batches, learningRate: () => 5e-4 })) {
 *   await writeFile('last.safetensors', await saveModel(model, report.parameters, report.state));
 * }
 * ```
 *
 * @throws TrainingError when the loss or a gradient is not finite, naming the step and the tensor
 */
export async function* fit<OptimizerState>(
  options: FitOptions<OptimizerState>,
): AsyncGenerator<EpochReport<OptimizerState>, void, void> {
  const { model, optimizer, epochs, firstEpoch = 0, batches, validation, onStep, signal } = options;
  const { backend, reconstructionWeight, averageDecay, group } = options;
  const stepOptions = {
    ...(backend ? { backend } : {}),
    ...(group ? { group } : {}),
    ...(reconstructionWeight === undefined ? {} : { reconstructionWeight }),
  };
  const step = compileStep(
    carryAverage(trainStep(model, optimizer, stepOptions), averageDecay ?? 0),
    `train ${model.description.kind}`,
    backend,
  );
  const evaluate = compileEvaluateStep(model, stepOptions);
  const names = leavesWithPaths(model.parameterSpecs).map(({ path }) => path);
  let { parameters, state } = options;
  let carried: Carried<OptimizerState> = {
    optimizer: options.optimizerState ?? optimizer.init(parameters),
    ...(averageDecay === undefined
      ? {}
      : { average: options.average ?? (await startAverage(parameters, state)) }),
  };
  const weights = () => ({
    parameters,
    state,
    optimizerState: carried.optimizer,
    ...(carried.average ? { average: carried.average } : {}),
  });
  let steps = options.stepsDone ?? 0;
  try {
    for (let epoch = firstEpoch; epoch < epochs && (group || !signal?.aborted); epoch++) {
      const resumed = epoch === firstEpoch;
      const totals = new Totals(resumed ? options.sums : undefined);
      const countBefore = totals.count;
      let batchesDone = resumed ? (options.batchesDone ?? 0) : 0;
      const here = (): Snapshot<OptimizerState> => ({
        ...weights(),
        epoch,
        batchesDone,
        step: steps,
        sums: totals.sums,
      });
      const start = performance.now();
      const spent = group?.communicator.spent();
      let complete = true;
      // Of the last step done, should no batch of the epoch be left.
      let learningRate = options.learningRate(epoch, Math.max(0, steps - 1));
      for await (const batch of batches(epoch, batchesDone)) {
        learningRate = options.learningRate(epoch, steps);
        const asking = group ? [scalar(signal?.aborted ? 1 : 0)] : [];
        const next = await step(parameters, state, carried, batch, scalar(learningRate), ...asking);
        ({ parameters, state } = next);
        carried = next.optimizerState;
        const images = batch.part?.whole ?? batch.images.shape[0]!;
        const values = await readMetrics(next.metrics);
        checkFinite(values.loss, await next.gradientMaxima.data(), names, steps, epoch);
        totals.add(images, values);
        steps++;
        batchesDone++;
        const running = totals.scores();
        await onStep?.({ step: steps, epoch, images, loss: values.loss, learningRate, running }, here);
        // A group has agreed in the step itself: whoever was told to stop since then asks in the next one.
        if (next.asksToStop ? (await next.asksToStop.item()) > 0 : signal?.aborted) {
          complete = false;
          break;
        }
      }
      if (totals.count === 0)
        throw new Error(
          `fit: epoch ${epoch + 1} has no batches. Is the batch size larger than the data set?`,
        );
      const seconds = (performance.now() - start) / 1000;
      const { average } = carried;
      const tested =
        validation && complete
          ? await evaluateBatches(
              evaluate,
              (average ?? { parameters }).parameters,
              (average ?? { state }).state,
              validation(epoch),
            )
          : undefined;
      yield {
        epoch,
        step: steps,
        learningRate,
        training: totals.scores(),
        ...(tested ? { validation: tested } : {}),
        imagesPerSecond: (totals.count - countBefore) / seconds,
        seconds,
        complete,
        ...(spent ? { communication: since(spent, group!.communicator.spent()) } : {}),
        ...weights(),
        snapshot: here(),
      };
    }
  } finally {
    step.release();
    evaluate.release();
  }
}

const since = (before: Spent, now: Spent): Spent => ({
  seconds: now.seconds - before.seconds,
  bytes: now.bytes - before.bytes,
  sums: now.sums - before.sums,
});

function checkFinite(
  loss: number,
  maxima: ArrayLike<number>,
  names: readonly string[],
  step: number,
  epoch: number,
): void {
  // The loss first: once it is lost, so are all gradients.
  if (!Number.isFinite(loss)) throw new TrainingError('loss', step, epoch, loss);
  for (let index = 0; index < maxima.length; index++) {
    if (!Number.isFinite(maxima[index]))
      throw new TrainingError(`gradient ${names[index]}`, step, epoch, maxima[index]!);
  }
}

type CompiledEvaluation = ReturnType<typeof compileEvaluateStep>;

async function evaluateBatches(
  evaluate: CompiledEvaluation,
  parameters: Parameters,
  state: Parameters,
  batches: Batches,
  onBatch?: (lengths: Tensor, batch: Batch) => void | Promise<void>,
): Promise<Scores> {
  const totals = new Totals();
  for await (const batch of batches) {
    const result = await evaluate(parameters, state, batch);
    totals.add(batch.images.shape[0]!, await readMetrics(result));
    await onBatch?.(result.lengths, batch);
  }
  if (totals.count === 0) throw new Error('evaluate: there are no batches to test on.');
  return totals.scores();
}

/** What testing needs: a model with its parameters, and data. */
export interface EvaluateOptions {
  readonly model: Model;
  readonly parameters: Parameters;
  readonly state: Parameters;
  readonly batches: Batches;
  readonly reconstructionWeight?: number;
  /** Called with the capsule lengths of each batch, for example to list what is misclassified. */
  readonly onBatch?: (lengths: Tensor, batch: Batch) => void | Promise<void>;
  readonly backend?: Backend;
}

/**
 * Tests a model on batches.
 *
 * @throws Error when there are no batches
 */
export async function evaluateModel({
  model,
  parameters,
  state,
  batches,
  reconstructionWeight,
  onBatch,
  backend,
}: EvaluateOptions): Promise<Scores> {
  const evaluate = compileEvaluateStep(model, {
    ...(backend ? { backend } : {}),
    ...(reconstructionWeight === undefined ? {} : { reconstructionWeight }),
  });
  try {
    return await evaluateBatches(evaluate, parameters, state, batches, onBatch);
  } finally {
    evaluate.release();
  }
}
