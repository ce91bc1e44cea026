/** Batch normalisation, Ioffe and Szegedy 2015, with the conventions of Keras. */
import {
  add,
  mul,
  reshape,
  rsqrt,
  showShape,
  sizeOf,
  stopGradient,
  sub,
  TensorError,
  type RandomKey,
  type Shape,
  type Tensor,
} from '@capsnet/tensor';
import type { Across } from '../distributed/group.js';
import { normalize } from './normalize.js';
import { initializeAll, spec, type LayerParameters, type LayerSpecs } from './parameters.js';

/** Names of the trained parameters. */
export type NormParameters = 'gamma' | 'beta';
/** Names of the statistics that training gathers and testing uses. */
export type NormState = 'moving_mean' | 'moving_variance';

/** Settings of `batchNorm`; those of Keras by default. */
export interface BatchNormOptions {
  /** Added to the variance; 1e-3 in Keras. */
  readonly epsilon?: number;
  /** moving = momentum moving + (1 - momentum) batch; 0.99 in Keras (PyTorch's 0.1 is 0.9 here). */
  readonly momentum?: number;
  /**
   * Which batch variance the moving one gathers: `unbiased` (times n/(n-1), Bessel) as Keras' fused layer does for images, or
   * `biased` as it does for other ranks. By default as Keras, by the rank of x.
   */
  readonly movingVariance?: 'unbiased' | 'biased';
}

const defaults = { epsilon: 1e-3, momentum: 0.99 } as const;

function check(operation: string, x: Tensor, { gamma }: LayerParameters<NormParameters>): void {
  if (x.rank < 2 || gamma.shape[0] !== x.shape.at(-1)) {
    throw new TensorError(
      operation,
      `x ${showShape(x.shape)} and gamma ${showShape(gamma.shape)}: wanted [batch, ..., channels] and [channels].`,
    );
  }
}

/** Batch normalisation (Ioffe and Szegedy 2015, algorithms 1 and 2) of [batch, ..., channels], each channel over all other axes. */
export const batchNorm = {
  specs: ({ channels }: { readonly channels: number }): LayerSpecs<NormParameters> => ({
    gamma: spec([channels], 'ones'),
    beta: spec([channels], 'zeros'),
  }),
  stateSpecs: ({ channels }: { readonly channels: number }): LayerSpecs<NormState> => ({
    moving_mean: spec([channels], 'zeros'),
    moving_variance: spec([channels], 'ones'),
  }),
  init: (
    key: RandomKey,
    options: { readonly channels: number },
  ): {
    readonly parameters: LayerParameters<NormParameters>;
    readonly state: LayerParameters<NormState>;
  } => ({
    parameters: initializeAll(key, batchNorm.specs(options)) as LayerParameters<NormParameters>,
    state: initializeAll(key, batchNorm.stateSpecs(options)) as LayerParameters<NormState>,
  }),

  /**
   * Normalises by the statistics of the batch (biased variance) and returns the moved statistics. The statistics are constants for
   * differentiation; the output is not.
   *
   * @param x [batch, ..., channels]
   * @param across takes the statistics over the parts of the batch in all processes of a group
   */
  train(
    parameters: LayerParameters<NormParameters>,
    state: LayerParameters<NormState>,
    x: Tensor,
    {
      epsilon = defaults.epsilon,
      momentum = defaults.momentum,
      movingVariance = x.rank === 4 ? 'unbiased' : 'biased',
    }: BatchNormOptions = {},
    across?: Across,
  ): { readonly output: Tensor; readonly state: LayerParameters<NormState> } {
    check('batchNorm.train', x, parameters);
    const axes = x.shape.slice(0, -1).map((_, axis) => axis);
    const count = sizeOf([across?.whole ?? x.shape[0]!, ...x.shape.slice(1, -1)]);
    const { output, mean, variance } = normalize(x, parameters.gamma, parameters.beta, axes, epsilon, across);
    const bessel = movingVariance === 'unbiased' ? count / Math.max(1, count - 1) : 1;
    const moved = (old: Tensor, statistic: Tensor, factor: number): Tensor =>
      stopGradient<Shape>(
        add(mul(old, momentum), mul(reshape(statistic, old.shape), (1 - momentum) * factor)),
      );
    return {
      output,
      state: {
        moving_mean: moved(state.moving_mean, mean, 1),
        moving_variance: moved(state.moving_variance, variance, bessel),
      },
    };
  },

  /** Normalises by the moved statistics. */
  infer(
    parameters: LayerParameters<NormParameters>,
    state: LayerParameters<NormState>,
    x: Tensor,
    { epsilon = defaults.epsilon }: BatchNormOptions = {},
  ): Tensor {
    check('batchNorm.infer', x, parameters);
    const scale: Tensor = mul(parameters.gamma, rsqrt(add(state.moving_variance, epsilon)));
    return add(mul(sub(x, state.moving_mean), scale), parameters.beta);
  },
};
