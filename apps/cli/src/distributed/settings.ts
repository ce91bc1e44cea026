/** What a job changes in the settings of a training, and what another number of processes changes in a training that goes on. */
import { UserError } from '../errors.js';
import type { EngineFlags } from '../options/flags.js';
import type { Console } from '../output/console.js';
import type { TrainSettings } from '../settings/settings.js';
import { threadShare, type Job } from './job.js';

/**
 * The settings of a job: the batch size is that of all processes together.
 *
 * @throws UserError when there are more processes than images of a batch
 */
export function settingsOfJob(
  settings: TrainSettings,
  { communicator: { size } }: Pick<Job, 'communicator'>,
): TrainSettings {
  const batchSize = settings.wholeBatch ? settings.batchSize : settings.batchSize * size;
  if (batchSize < size) {
    throw new UserError(
      `--distributed mpi: ${size} processes for the ${batchSize} images of a batch leave some without any. Start at most ${batchSize}.`,
    );
  }
  return { ...settings, batchSize };
}

/**
 * What computes in a process of a job, which has its share of the machine's processors.
 *
 * @throws UserError for a backend that does not stop in a step
 */
export function engineOfJob(
  { backend, threads }: EngineFlags,
  { sharing }: Pick<Job, 'sharing'>,
): EngineFlags {
  if (backend.startsWith('gpu')) {
    throw new UserError(
      `--distributed mpi: a graphics processor does not stop in a step for the sums over processes. Take --backend wasm instead of ${backend}.`,
    );
  }
  const chosen = backend === 'auto' ? 'wasm' : backend;
  return { backend: chosen, threads: threads ?? (chosen === 'wasm' ? threadShare(sharing) : 1) };
}

/** Says what is another number of processes than that of the start, and what it changes. */
export function tellChange(
  { batchSize, syncBatchNorm }: Pick<TrainSettings, 'batchSize' | 'syncBatchNorm'>,
  before: number,
  now: number,
  console: Pick<Console, 'note'>,
): void {
  if (before === now) return;
  const words = (count: number): string => `${count} process${count === 1 ? '' : 'es'}`;
  const learning = syncBatchNorm
    ? 'it goes on as it would have, up to rounding'
    : 'batch normalisation sees other parts of a batch from here on (--sync-batch-norm would have made it the same)';
  console.note(
    `The run began on ${words(before)} and goes on with ${words(now)}. A batch still has ${batchSize} images; ${learning}.`,
  );
}
