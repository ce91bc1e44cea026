/** Capsule layers: parameters and routing together, as models use them. */
import { reshape, showShape, sizeOf, TensorError, type Tensor } from '@capsnet/tensor';
import { dynamicRouting } from './dynamicRouting.js';
import { selfAttentionRouting, type Routed } from './selfAttentionRouting.js';
import type { Squash } from './squash.js';

/** Parameters of `fullyConnectedCaps`, named as in the paper. */
export interface FullyConnectedCapsParameters {
  /** [parents, children, i, z] */
  readonly W: Tensor;
  /** [parents, children, 1] */
  readonly b: Tensor;
}

/**
 * Fully connected capsules of Efficient-CapsNet: every child predicts every parent, routed by self-attention.
 * Mazzia, Salvetti, Chiaberge 2021, eq. 4 to 7.
 *
 * @param u children [batch, children, i]
 * @returns parents [batch, parents, z] and couplings [batch, parents, children]
 * @throws TensorError when the shapes do not fit
 */
export const fullyConnectedCaps = (
  { W, b }: FullyConnectedCapsParameters,
  u: Tensor,
  squash?: Squash,
): Routed => selfAttentionRouting(u, W, b, squash);

/** Parameters of `digitCaps`. */
export interface DigitCapsParameters {
  /** [children, i, parents * z] */
  readonly W: Tensor;
  /** [parents, z] */
  readonly biases: Tensor;
}

/**
 * Digit capsules of the original CapsNet: dynamic routing from the primary capsules, given flat [batch, children, i] or
 * as a map
 * [batch, height, width, C, i], whose places and kinds are the children.
 * Sabour et al. 2017, section 4: the layer DigitCaps, with procedure 1.
 *
 * @returns class capsules [batch, parents, z] and couplings [batch, parents, children]
 * @throws TensorError when x has fewer than three axes, or the weights do not fit it
 */
export function digitCaps(
  { W, biases }: DigitCapsParameters,
  x: Tensor,
  iterations: number,
  squash?: Squash,
): Routed {
  if (x.rank < 3)
    throw new TensorError(
      'digitCaps',
      `${showShape(x.shape)} is not [batch, ..., dimensions] with at least one axis of children.`,
    );
  const children = sizeOf(x.shape.slice(1, -1));
  return dynamicRouting(reshape(x, [x.shape[0]!, children, x.shape.at(-1)!]), W, biases, iterations, squash);
}
