/** What a training will need: the plans of its steps are laid out before it starts, and a plan knows its memory to the byte. */
import { compileEvaluateStep, compileTrainStep, mapSpecs, type Model } from '@capsnet/capsules';
import { imageSize } from '@capsnet/datasets';
import { fill, scalar, type Backend, type Tensor } from '@capsnet/tensor';
import { testBatchSizeOf } from '../data/batches.js';
import type { ExampleSet } from '../data/examples.js';
import { UserError } from '../errors.js';
import { plural } from '../output/format.js';
import type { TrainSettings } from '../settings/settings.js';
import { optimizerOf } from './recipe.js';

export interface MemoryNeed {
  /** Bytes of weights, optimiser and intermediate results, in the engine's memory, when training and testing take turns. */
  readonly engine: number;
  /** Bytes of the images, which stay in memory. */
  readonly images: number;
}

/** The engine addresses so much (WebAssembly with 32-bit addresses). */
const engineLimit = 4 * 2 ** 30;

/**
 * Lays out the plans of the training and the test step for batches of the shapes to come, and gives them back.
 *
 * @throws UserError when they do not fit into the memory that the engine can have, naming the need
 */
export async function memoryNeed(
  model: Model,
  settings: Pick<TrainSettings, 'batchSize' | 'weightDecay' | 'clip'>,
  sets: readonly ExampleSet[],
  backend: Backend,
): Promise<MemoryNeed> {
  const { input, classNames } = model.description;
  const batch = (count: number) => ({
    images: fill([count, ...input], 0) as Tensor,
    labels: fill([count, classNames.length], 0) as Tensor,
  });
  const placeholder = (tree: typeof model.parameterSpecs) =>
    mapSpecs(({ shape }) => fill(shape, 0) as Tensor, tree);
  const [parameters, state] = [placeholder(model.parameterSpecs), placeholder(model.stateSpecs)];
  const optimizer = optimizerOf(settings);
  const training = compileTrainStep(model, optimizer, { backend });
  const testing = compileEvaluateStep(model, { backend });
  const batchSize = Math.min(settings.batchSize, sets[0]!.count);
  const testSize = Math.min(testBatchSizeOf(sets[0]!.shape), Math.max(...sets.map(({ count }) => count)));
  try {
    await training.inspect(parameters, state, optimizer.init(parameters), batch(batchSize), scalar(0));
    await testing.inspect(parameters, state, batch(testSize));
    const images = sets.reduce((sum, { source }) => sum + source.count * imageSize(source.shape), 0);
    return { engine: training.memory().total + testing.memory().total, images };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UserError(
      `--batch-size: a step of ${plural(batchSize, 'image')} of ${input.join('x')} with ${classNames.length} classes does not fit into the memory that the engine can have (${megabytes(engineLimit)}): ${error.message}. Take a smaller --batch-size or --image-size.`,
    );
  } finally {
    training.release();
    testing.release();
  }
}

/** Bytes in words, rounded up. */
export const megabytes = (bytes: number): string =>
  bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(Math.ceil(bytes / 1e8) / 10).toFixed(1)} GB`;
