/**
 * Squashing: the non-linearity of capsules. It keeps the direction of a vector and maps its length into [0, 1), so that
 * a length can be read as a probability. Vectors lie along the last axis.
 *
 * Both are primitives of the engine because their textbook formulas divide 0 by 0 at the zero vector and overflow for long
 * ones; the engine's forms are exact limits there, with finite gradients, and stay below 1 in float32 too.
 */
import { apply, TensorError, type Shape, type Tensor } from '@capsnet/tensor';

/**
 * v = (1 - exp(-|s|)) s/|s|.
 *
 * Efficient-CapsNet (Mazzia, Salvetti, Chiaberge 2021), eq. 3. Near zero v tends to s: short vectors keep their gradient, which the
 * squash of Sabour et al. takes away. Departure: the 1e-20 that the published code adds to both denominators is left out, and
 * exp(|s|), which overflows from |s| = 88, is not formed.
 *
 * @param s [..., dimensions]
 * @returns the shape of `s`; lengths in [0, 1 - 2^-20]
 */
export const squash = <S extends Shape>(s: Tensor<S>): Tensor<S> =>
  apply('squash', [s], { kind: 'exponential', epsilon: 0 });

/**
 * The squash of Sabour, Frosst, Hinton 2017 (eq. 1) with a given epsilon: v = |s|^2/(1 + |s|^2) s/(|s| + epsilon).
 *
 * @param epsilon added to the length in the division; 1e-7 in the published Efficient-CapsNet code, 0 in the paper
 * @returns a function [..., dimensions] -> [..., dimensions]
 * @throws TensorError for an epsilon that is not a finite number >= 0
 */
export function squashSabour(epsilon = 1e-7): <S extends Shape>(s: Tensor<S>) => Tensor<S> {
  if (!(epsilon >= 0 && Number.isFinite(epsilon))) {
    throw new TensorError(
      'squashSabour',
      `epsilon ${epsilon} must be a finite number >= 0. The published code uses 1e-7.`,
    );
  }
  return (s) => apply('squash', [s], { kind: 'sabour', epsilon });
}

/** A squash, as routing functions take it. */
export type Squash = <S extends Shape>(s: Tensor<S>) => Tensor<S>;
