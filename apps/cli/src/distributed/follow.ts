/** What a process does that does not lead: the same steps on its part of each batch. It reads no state, writes nothing and says nothing. */
import { TrainingError, fit, type Model } from '@capsnet/capsules';
import type { Backend } from '@capsnet/tensor';
import { trainingBatches } from '../data/batches.js';
import type { ExampleSet } from '../data/examples.js';
import type { Interruption } from '../interruption.js';
import type { TrainSettings } from '../settings/settings.js';
import { fitSettings, orderOf, startOf } from '../training/fitting.js';
import type { Job } from './job.js';
import { checkReplicas } from './replicas.js';

export interface Follower {
  readonly job: Job;
  readonly settings: TrainSettings;
  readonly model: Model;
  readonly training: ExampleSet;
  readonly backend: Backend;
  readonly interruption: Interruption;
}

/** Follows the leader to the end of the training. */
export async function followEpochs(follower: Follower): Promise<void> {
  const { job, training, interruption } = follower;
  const { epochs, position, state } = await startOf(follower, undefined);
  const order = trainingBatches(training, orderOf(follower));
  const stop = new AbortController();
  async function* batches(epoch: number, from: number) {
    for await (const batch of order.epoch(epoch, from)) {
      if (await interruption.check()) stop.abort();
      yield batch;
    }
  }
  try {
    const settled = fitSettings(follower, order.stepsPerEpoch);
    const reports = fit({ ...settled, ...state, ...position, epochs, batches, signal: stop.signal });
    for await (const report of reports) {
      await checkReplicas(job, report);
      if (!(await job.fromLeader(() => true))) break;
    }
  } catch (error) {
    // All see the same loss and the same gradients: the leader tells of it, and ends all.
    if (!(error instanceof TrainingError)) throw error;
  } finally {
    await order.close();
  }
}
