/**
 * What is noted in a weights file beside the model. The notes depend on the task alone, never on the machine, the time or the number of
 * threads: the same run gives the same bytes.
 */
import type { TrainSettings } from './settings.js';

export function checkpointNotes(
  { model, dataset, seed, augment, batchSize, learningRate, limitTrain }: TrainSettings,
  epoch: number,
  step: number,
): Record<string, string> {
  return {
    model,
    dataset,
    epoch: String(epoch),
    step: String(step),
    seed: String(seed),
    augment: String(augment),
    batch_size: String(batchSize),
    learning_rate: String(learningRate),
    ...(limitTrain === undefined ? {} : { limit_train: String(limitTrain) }),
  };
}
