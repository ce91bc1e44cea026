/** From settings to what trains: the optimiser, and the learning rate of every step. */
import { adam, adamW, clipByGlobalNorm, type Optimizer, type ParameterTree } from '@capsnet/autograd';
import type { TrainSettings } from '../settings/settings.js';

/** Adam as Keras has it, with decoupled weight decay and limited gradients when asked for. */
export function optimizerOf({
  weightDecay,
  clip,
}: Pick<TrainSettings, 'weightDecay' | 'clip'>): Optimizer<ParameterTree, ParameterTree> {
  // The state of each is a tree of tensors: all that a checkpoint needs to know of it.
  const plain = (weightDecay > 0 ? adamW({ weightDecay }) : adam()) as unknown as Optimizer<
    ParameterTree,
    ParameterTree
  >;
  return clip === undefined ? plain : clipByGlobalNorm(clip, plain);
}

type ScheduleSettings = Pick<TrainSettings, 'lr' | 'lrMin' | 'lrDecay' | 'schedule' | 'warmup' | 'epochs'>;

/**
 * The learning rate of a step, epochs and steps counted from 0, steps over all epochs.
 *
 * - `exponential`: max(lr decay^epoch, minimum), that of Efficient-CapsNet with 5e-4, 0.97, 5e-5;
 * - `cosine`: half a cosine from lr to the minimum at the last step (Loshchilov and Hutter 2017, without restarts);
 * - `constant`.
 *
 * In the warm-up, `warmup` epochs long, step t of n takes the share (t + 1) / (n + 1) of it (Goyal et al. 2017).
 */
export function learningRateOf(
  { lr, lrMin = 0, lrDecay, schedule, warmup, epochs }: ScheduleSettings,
  stepsPerEpoch: number,
): (epoch: number, step: number) => number {
  const rising = Math.round(warmup * stepsPerEpoch);
  // A start below the floor stays where it is.
  const floor = Math.min(lr, lrMin);
  const falling = Math.max(1, epochs * stepsPerEpoch - 1 - rising);
  const base = {
    exponential: (epoch: number) => Math.max(lr * lrDecay ** epoch, floor),
    cosine: (_: number, step: number) => {
      const share = Math.min(1, Math.max(0, (step - rising) / falling));
      return lr - ((lr - floor) * (1 - Math.cos(Math.PI * share))) / 2;
    },
    constant: () => lr,
  }[schedule];
  return (epoch, step) => base(epoch, step) * (step < rising ? (step + 1) / (rising + 1) : 1);
}
