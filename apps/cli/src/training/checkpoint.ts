/**
 * The state of a training as a checkpoint, and back. A checkpoint holds everything that the next step depends on: parameters, moving statistics, the
 * optimiser's state, averaged weights, and where the training stands. Which images come next, and how each is distorted, follows from the seed and that place.
 */
import {
  WeightsError,
  buildModel,
  startAverage,
  type Average,
  type Model,
  type Parameters,
  type Snapshot,
  type Sums,
} from '@capsnet/capsules';
import type { Optimizer } from '@capsnet/autograd';
import { rmSync } from 'node:fs';
import { leavesWithPaths, sameShape, showShape, tensor, unflatten, type Tensor } from '@capsnet/tensor';
import { recipeNote } from '../data/examples.js';
import { UserError } from '../errors.js';
import type { Console } from '../output/console.js';
import { checkpointFiles, findCheckpoint } from '../runs/checkpoint-file.js';
import type { RunFolder } from '../runs/run-folder.js';
import type { Best, Run } from './run.js';

/** Where a training stands. */
export interface Position {
  readonly format: 1;
  /** The model's description, to refuse the state of another one. */
  readonly model: string;
  /** Epochs that are complete. */
  readonly epoch: number;
  /** Of the next epoch. */
  readonly batchesDone: number;
  readonly sums?: Sums;
  /** Over all epochs. */
  readonly step: number;
  readonly best?: Best;
  /** Epochs since the best one. */
  readonly withoutBetter: number;
  /** Spent on training so far, in all sittings. */
  readonly seconds: number;
}

export interface TrainingState {
  readonly parameters: Parameters;
  readonly state: Parameters;
  readonly optimizerState: Parameters;
  readonly average?: Average;
}

const treeOf = ({ parameters, state, optimizerState, average }: TrainingState) => ({
  parameters,
  state,
  optimizer: optimizerState,
  ...(average ? { average } : {}),
});

/** Writes `last/`. */
export async function keepState(
  folder: RunFolder,
  model: Model,
  snapshot: Snapshot<Parameters> | TrainingState,
  position: Omit<Position, 'format' | 'model'>,
): Promise<void> {
  const tensors = leavesWithPaths(treeOf(snapshot)).map(({ path, leaf }) => {
    const values = leaf as Tensor;
    const dtype = values.dtype === 'int32' ? ('I32' as const) : ('F32' as const);
    return { name: path, shape: values.shape, dtype, read: () => values.data() };
  });
  await folder.writeState(tensors, { format: 1, model: JSON.stringify(model.description), ...position });
}

export interface Restored extends TrainingState {
  readonly position: Position;
}

/**
 * The state that a run goes on from; undefined for one that ended before it had kept any, and so starts anew.
 *
 * @param fresh the state at the start, whose tensors say what a state has to have
 * @throws UserError for damaged files, or the state of another model
 */
export async function restoreState(
  folder: RunFolder,
  console: Console,
  model: Model,
  optimizer: Optimizer<Parameters, Parameters>,
  fresh: { readonly parameters: Parameters; readonly state: Parameters },
  averaged: boolean,
): Promise<Restored | undefined> {
  const { checkpoint, problems } = findCheckpoint(folder.directory);
  if (!checkpoint) {
    if (problems.length === 0) return undefined;
    throw new UserError(`--resume: no checkpoint is whole: ${problems.join(' ')} Start the run again.`);
  }
  for (const problem of problems)
    console.warn(`${problem} Going on from the one before, ${checkpoint.file}; the result is the same.`);
  // The next checkpoint makes the current one the previous: a damaged one must not take the place of the one that is whole.
  if (problems.length > 0) rmSync(checkpointFiles(folder.directory).current, { force: true });
  const { file, tensors } = checkpoint;
  const position = checkpoint.position as Position;
  if (position.format !== 1)
    throw new UserError(
      `--resume: ${file} has format ${String(position.format)}, this version reads 1. Take the version that wrote it.`,
    );
  const description = JSON.stringify(model.description);
  if (position.model !== description) {
    const was = modelName(position.model);
    throw new UserError(
      `--resume: ${file} is the state of another model (${was}) than config.json says (${model.description.kind}). Put the run's own config.json back, or start another run.`,
    );
  }
  const template = treeOf({
    ...fresh,
    optimizerState: optimizer.init(fresh.parameters),
    ...(averaged ? { average: await startAverage(fresh.parameters, fresh.state) } : {}),
  });
  const leaves = leavesWithPaths(template).map(({ path, leaf }) => {
    const { shape } = leaf as Tensor;
    const stored = tensors.get(path);
    if (!stored || !sameShape(stored.shape, shape)) {
      const found = stored ? `has shape ${showShape(stored.shape)}, not ${showShape(shape)}` : 'is missing';
      throw new UserError(`--resume: ${file}: ${path} ${found}. Were the settings of the run changed?`);
    }
    return tensor(stored.data as Float32Array, shape) as Tensor;
  });
  const tree = unflatten<unknown>(template, leaves) as ReturnType<typeof treeOf>;
  return {
    parameters: tree.parameters,
    state: tree.state,
    optimizerState: tree.optimizer,
    ...(tree.average ? { average: tree.average } : {}),
    position,
  };
}

function modelName(description: string): string {
  try {
    return buildModel(JSON.parse(description) as never).description.kind;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof WeightsError) return 'unknown';
    return 'of another version';
  }
}

/**
 * What is noted in a weights file beside the model. The notes depend on the task alone, never on the machine, the time or the number of
 * threads: the same run gives the same bytes.
 */
export function checkpointNotes(
  { settings, testing }: Pick<Run, 'settings' | 'testing'>,
  epoch: number,
  step: number,
): Record<string, string> {
  const { model, dataset, seed, augment, batchSize, lr, limitTrain, ema } = settings;
  return {
    model,
    dataset,
    // How images are to be prepared for these weights.
    recipe: recipeNote(testing.recipe),
    epoch: String(epoch),
    step: String(step),
    seed: String(seed),
    augment: String(augment),
    batch_size: String(batchSize),
    learning_rate: String(lr),
    ...(ema === undefined ? {} : { averaged: String(ema) }),
    ...(limitTrain === undefined ? {} : { limit_train: String(limitTrain) }),
  };
}
