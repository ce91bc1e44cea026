/** Training over epochs, and testing over a whole split: loops around the compiled steps. */
import type { Optimizer } from '@capsnet/autograd';
import { leavesWithPaths, scalar, type Backend, type Tensor } from '@capsnet/tensor';
import type { Parameters } from '../layers/parameters.js';
import type { Model } from '../models/model.js';
import type { Batch } from './batch.js';
import { compileEvaluateStep, compileTrainStep, type StepResult } from './step.js';

/** Training that cannot go on: a loss or a gradient is NaN or infinite. */
export class TrainingError extends Error {
  override readonly name = 'TrainingError';

  constructor(
    /** What is not finite: `loss`, or `gradient conv2/kernel`. */
    readonly tensor: string,
    /** Steps done before this one, from 0 over all epochs. */
    readonly step: number,
    readonly epoch: number,
    value: number,
  ) {
    super(
      `${tensor} is not finite (${value}) at step ${step} (epoch ${epoch}). Training stopped; the weights of this step are spoiled, use the last checkpoint. ` +
        'Try a smaller learning rate, or look for pixels that are not numbers.',
    );
  }
}

/** Batches in their order; a loader that reads ahead is an async iterable. */
export type Batches = AsyncIterable<Batch> | Iterable<Batch>;

/** Numbers over many samples. */
export interface Scores {
  readonly loss: number;
  readonly margin: number;
  readonly reconstruction: number;
  readonly accuracy: number;
  readonly count: number;
}

export interface StepReport {
  /** Steps done, over all epochs. */
  readonly step: number;
  readonly epoch: number;
  readonly images: number;
  readonly loss: number;
  /** Means over the epoch so far. */
  readonly running: Scores;
}

export interface EpochReport<OptimizerState> {
  readonly epoch: number;
  /** Steps done, over all epochs. */
  readonly step: number;
  readonly learningRate: number;
  readonly training: Scores;
  /** Scores on `validation`, when there is one. */
  readonly validation?: Scores;
  readonly imagesPerSecond: number;
  /** Of the training part. */
  readonly seconds: number;
  /** False when `signal` stopped the epoch before its end. */
  readonly complete: boolean;
  /** The next step reuses the memory of these three: save them before asking for the next report. */
  readonly parameters: Parameters;
  readonly state: Parameters;
  readonly optimizerState: OptimizerState;
}

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
  /** The training batches of an epoch. */
  readonly batches: (epoch: number) => Batches;
  readonly validation?: (epoch: number) => Batches;
  /** Learning rate of an epoch. */
  readonly learningRate: (epoch: number) => number;
  readonly reconstructionWeight?: number;
  readonly onStep?: (report: StepReport) => void;
  /** Stops after the current step. */
  readonly signal?: AbortSignal;
  readonly backend?: Backend;
}

/** Sums over batches that become means over samples. */
class Totals {
  count = 0;
  private loss = 0;
  private margin = 0;
  private reconstruction = 0;
  private correct = 0;

  add(images: number, [loss, margin, reconstruction, correct]: readonly number[]): void {
    this.count += images;
    this.loss += loss! * images;
    this.margin += margin! * images;
    this.reconstruction += reconstruction! * images;
    this.correct += correct!;
  }

  scores(): Scores {
    const { count } = this;
    return {
      loss: this.loss / count,
      margin: this.margin / count,
      reconstruction: this.reconstruction / count,
      accuracy: this.correct / count,
      count,
    };
  }
}

const readMetrics = (metrics: {
  readonly loss: Tensor;
  readonly margin: Tensor;
  readonly reconstruction: Tensor;
  readonly correct: Tensor;
}): Promise<number[]> =>
  Promise.all([
    metrics.loss.item(),
    metrics.margin.item(),
    metrics.reconstruction.item(),
    metrics.correct.item(),
  ]);

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
  const stepOptions = {
    ...(options.backend ? { backend: options.backend } : {}),
    ...(options.reconstructionWeight === undefined
      ? {}
      : { reconstructionWeight: options.reconstructionWeight }),
  };
  const step = compileTrainStep(model, optimizer, stepOptions);
  const evaluate = compileEvaluateStep(model, stepOptions);
  const names = leavesWithPaths(model.parameterSpecs).map(({ path }) => path);
  let current: Pick<StepResult<OptimizerState>, 'parameters' | 'state' | 'optimizerState'> = {
    parameters: options.parameters,
    state: options.state,
    optimizerState: options.optimizerState ?? optimizer.init(options.parameters),
  };
  let steps = options.stepsDone ?? 0;
  try {
    for (let epoch = firstEpoch; epoch < epochs && !signal?.aborted; epoch++) {
      const learningRate = options.learningRate(epoch);
      const rate = scalar(learningRate);
      const totals = new Totals();
      const start = performance.now();
      let complete = true;
      for await (const batch of batches(epoch)) {
        const { metrics, gradientMaxima, ...next } = await step(
          current.parameters,
          current.state,
          current.optimizerState,
          batch,
          rate,
        );
        current = next;
        const images = batch.images.shape[0]!;
        const values = await readMetrics(metrics);
        checkFinite(values[0]!, await gradientMaxima.data(), names, steps, epoch);
        totals.add(images, values);
        steps++;
        onStep?.({ step: steps, epoch, images, loss: values[0]!, running: totals.scores() });
        if (signal?.aborted) {
          complete = false;
          break;
        }
      }
      if (totals.count === 0)
        throw new Error(`fit: epoch ${epoch} has no batches. Is the batch size larger than the data set?`);
      const seconds = (performance.now() - start) / 1000;
      const tested =
        validation && complete
          ? await evaluateBatches(evaluate, current.parameters, current.state, validation(epoch))
          : undefined;
      yield {
        epoch,
        step: steps,
        learningRate,
        training: totals.scores(),
        ...(tested ? { validation: tested } : {}),
        imagesPerSecond: totals.count / seconds,
        seconds,
        complete,
        ...current,
      };
    }
  } finally {
    step.release();
    evaluate.release();
  }
}

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

/** Tests a model on batches. */
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
