/** The length of a capsule: how sure the network is that the capsule's entity is there. */
import { add, sqrt, square, sum, type Tensor } from '@capsnet/tensor';

/** Under the root, so that the gradient at the zero vector is 0 and not 0/0. */
export const lengthEpsilon = 1e-7;

/**
 * sqrt(sum of squares + 1e-7) over the last axis: [..., dimensions] -> [...].
 *
 * Departure from |v| of Sabour et al. 2017, section 3: the epsilon, from the published Efficient-CapsNet code. A zero
 * capsule has length 3.16e-4 and gradient 0.
 */
export const length = (capsules: Tensor): Tensor => sqrt(add(sum(square(capsules), -1), lengthEpsilon));
