/** What every process of a training gives to `fit` alike: from settings to optimiser, rates and keys, and the state that all begin with. */
import { startAverage, type Model, type Parameters, type Sums } from '@capsnet/capsules';
import type { Optimizer } from '@capsnet/autograd';
import { randomKey, splitKey, type Backend, type RandomKey } from '@capsnet/tensor';
import type { TrainingOrder } from '../data/batches.js';
import type { Job } from '../distributed/job.js';
import { shareState } from '../distributed/replicas.js';
import { refiningEpochs, type TrainSettings } from '../settings/settings.js';
import type { Position, Restored, TrainingState } from './checkpoint.js';
import { learningRateOf, optimizerOf } from './recipe.js';

/** What is drawn from the seed: the weights, and the order and distortions of the images. */
export function keysOf({ seed }: Pick<TrainSettings, 'seed'>): { weights: RandomKey; data: RandomKey } {
  const [weights, data] = splitKey(randomKey(seed)) as [RandomKey, RandomKey];
  return { weights, data };
}

export interface Trained {
  readonly settings: TrainSettings;
  readonly model: Model;
  readonly backend: Backend;
  readonly job?: Job | undefined;
}

/** Everything but the state, the batches and what is to be called. */
export function fitSettings({ settings, model, backend, job }: Trained, stepsPerEpoch: number) {
  const optimizer: Optimizer<Parameters, Parameters> = optimizerOf(settings);
  return {
    model,
    optimizer,
    backend,
    learningRate: learningRateOf(settings, stepsPerEpoch),
    reconstructionWeight: settings.reconstruction,
    ...(settings.ema === undefined ? {} : { averageDecay: settings.ema }),
    ...(job
      ? {
          group: {
            communicator: job.communicator,
            syncBatchNorm: settings.syncBatchNorm ?? false,
          },
        }
      : {}),
  };
}

/** The order and the distortions of the training images. */
export function orderOf({ settings, job }: Pick<Trained, 'settings' | 'job'>): TrainingOrder {
  const { batchSize, epochs } = settings;
  const undistortedFrom = epochs - refiningEpochs(settings);
  return { batchSize, key: keysOf(settings).data, undistortedFrom, shard: job?.communicator };
}

export interface Start {
  readonly state: TrainingState | Pick<TrainingState, 'parameters' | 'state'>;
  /** Epoch after the last: none follow when the training was over before. */
  readonly epochs: number;
  readonly position: {
    readonly firstEpoch: number;
    readonly stepsDone: number;
    readonly batchesDone: number;
    readonly sums?: Sums;
  };
}

/**
 * Where a training begins. In a job all processes begin with what the leader has.
 *
 * @param restored what the leader, or whoever trains alone, goes on from
 */
export async function startOf(
  { settings, model, job }: Pick<Trained, 'settings' | 'model' | 'job'>,
  restored: Restored | undefined,
): Promise<Start> {
  const placeOf = (found: Position | undefined): Omit<Start, 'state'> => ({
    epochs: found && isExhausted(settings, found.withoutBetter) ? 0 : settings.epochs,
    position: {
      firstEpoch: found?.epoch ?? 0,
      stepsDone: found?.step ?? 0,
      batchesDone: found?.batchesDone ?? 0,
      ...(found?.sums ? { sums: found.sums } : {}),
    },
  });
  const fresh = model.init(keysOf(settings).weights);
  if (!job) {
    const { position, ...state } = restored ?? { ...fresh, position: undefined };
    return { ...placeOf(position), state };
  }
  const { position, ...own } = restored ?? {
    ...fresh,
    optimizerState: optimizerOf(settings).init(fresh.parameters),
    ...(settings.ema === undefined ? {} : { average: await startAverage(fresh.parameters, fresh.state) }),
    position: undefined,
  };
  return { ...(await job.fromLeader(() => placeOf(position))), state: await shareState(job, own) };
}

/** Whether `--early-stop` ends a training. */
export const isExhausted = ({ earlyStop }: TrainSettings, withoutBetter: number): boolean =>
  earlyStop !== undefined && withoutBetter >= earlyStop;
