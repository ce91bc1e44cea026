/**
 * Dynamic routing, or routing by agreement: Sabour, Frosst, Hinton, "Dynamic Routing Between Capsules" 2017, procedure 1.
 */
import {
  add,
  matmul,
  mul,
  reshape,
  showShape,
  softmax,
  sum,
  TensorError,
  transpose,
  fill,
  type Shape,
  type Tensor,
} from '@capsnet/tensor';
import type { Routed } from './selfAttentionRouting.js';
import { squashSabour, type Squash } from './squash.js';

/**
 * Routes children to parents by agreement (Sabour, Frosst, Hinton 2017, procedure 1).
 *
 * uHat[n,k] = u[n] W[n,k] is what child n predicts of parent k (eq. 2). Logits b start at 0; each iteration takes c = softmax of b
 * over the parents (eq. 3), v = squash(sum over n of c uHat + biases), and, but for the last, b += uHat . v. The gradient flows through
 * all iterations.
 *
 * Departures from the paper, as in the published Efficient-CapsNet code: `biases` are added before each squash; 0 iterations
 * mean a plain sum of the predictions without coupling coefficients.
 *
 * @param u children [batch, children, i]
 * @param weights [children, i, parents * z], the last axis laid out (parents, z)
 * @param biases [parents, z]
 * @param iterations an integer >= 0; 3 in the paper
 * @returns capsules [batch, parents, z], and the couplings [batch, parents, children] of the last iteration (all 1 for 0 iterations)
 * @throws TensorError when the shapes do not fit
 */
export function dynamicRouting(
  u: Tensor,
  weights: Tensor,
  biases: Tensor,
  iterations = 3,
  squash: Squash = squashSabour(),
): Routed {
  if (!Number.isInteger(iterations) || iterations < 0) {
    throw new TensorError(
      'dynamicRouting',
      `${iterations} iterations: wanted an integer >= 0 (the paper takes 3).`,
    );
  }
  const [batch, children] = u.shape as [number, number, number];
  const [parents, z] = biases.shape as [number, number];
  const fits =
    u.rank === 3 &&
    weights.rank === 3 &&
    biases.rank === 2 &&
    weights.shape[0] === children &&
    weights.shape[1] === u.shape[2] &&
    weights.shape[2] === parents * z;
  if (!fits) {
    throw new TensorError(
      'dynamicRouting',
      `children ${showShape(u.shape)}, weights ${showShape(weights.shape)}, biases ${showShape(biases.shape)}: wanted [batch, children, i], [children, i, parents * z] and [parents, z].`,
    );
  }
  // Children first: the weights are used as they lie in memory.
  const uHat: Tensor = reshape(matmul(transpose(u, [1, 0, 2]), weights), [children, batch, parents, z]);
  const activate = (votes: Tensor): Tensor => squash<Shape>(add(votes, biases));
  const plainSum: Tensor = sum(uHat, 0);
  if (iterations === 0)
    return { capsules: activate(plainSum), couplings: fill([batch, parents, children], 1) };

  // The softmax of zeros is 1 / parents: the first iteration needs no coupling tensor.
  let capsules = activate(mul(plainSum, 1 / parents));
  let couplings: Tensor = fill([children, batch, parents], 1 / parents);
  let logits: Tensor | undefined;
  for (let iteration = 1; iteration < iterations; iteration++) {
    const agreement: Tensor = sum(mul(uHat, capsules), -1);
    logits = logits ? add(logits, agreement) : agreement;
    couplings = softmax(logits, -1);
    capsules = activate(sum(mul(uHat, reshape(couplings, [children, batch, parents, 1])), 0));
  }
  return { capsules, couplings: transpose(couplings, [1, 2, 0]) };
}
