/**
 * What is noted in a weights file beside the model. The notes depend on the task alone, never on the machine, the time or the number of
 * threads: the same run gives the same bytes.
 */
import { recipeNote } from '../data/examples.js';
import type { Run } from './run.js';

export function checkpointNotes(
  { settings, testing }: Pick<Run, 'settings' | 'testing'>,
  epoch: number,
  step: number,
): Record<string, string> {
  const { model, dataset, seed, augment, batchSize, learningRate, limitTrain } = settings;
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
    learning_rate: String(learningRate),
    ...(limitTrain === undefined ? {} : { limit_train: String(limitTrain) }),
  };
}
