/** Gradient clipping, as wrappers of optimisers: the gradients are limited before the optimiser sees them. */
import { clip, div, leaves, maximum, mul, sqrt, square, stack, sum, type Tensor } from '@capsnet/tensor';
import { mapTensors, type Optimizer } from './optimizer.js';

/**
 * sqrt of the sum of squares over all tensors of a tree; a scalar.
 * The norm of Pascanu et al. 2013, algorithm 1, over all parameters at once.
 */
export const globalNorm = (tree: unknown): Tensor =>
  sqrt(
    sum(
      stack(
        leaves(tree).map((leaf) => sum(square(leaf))),
        0,
      ),
    ),
  );

/**
 * Scales all gradients together so that their global norm is at most `limit` (Pascanu et al. 2013).
 * It is algorithm 1 there, with one norm over all parameters.
 *
 * @throws Error when limit is not above 0
 */
export function clipByGlobalNorm<Parameters, State>(
  limit: number,
  optimizer: Optimizer<Parameters, State>,
): Optimizer<Parameters, State> {
  if (!(limit > 0)) throw new Error(`clipByGlobalNorm: the limit is ${limit}, wanted a number above 0.`);
  return {
    init: optimizer.init,
    update(gradients, state, parameters, learningRate) {
      const factor = div(limit, maximum(globalNorm(gradients), limit));
      const clipped = mapTensors((g) => mul(g, factor), gradients);
      return optimizer.update(clipped, state, parameters, learningRate);
    },
  };
}

/**
 * Limits every element of the gradients to [-limit, limit].
 * The element-wise limit of Graves 2013, "Generating sequences with recurrent neural networks", section 2.1.
 *
 * @throws Error when limit is not above 0
 */
export function clipByValue<Parameters, State>(
  limit: number,
  optimizer: Optimizer<Parameters, State>,
): Optimizer<Parameters, State> {
  if (!(limit > 0)) throw new Error(`clipByValue: the limit is ${limit}, wanted a number above 0.`);
  return {
    init: optimizer.init,
    update: (gradients, state, parameters, learningRate) =>
      optimizer.update(
        mapTensors((g) => clip(g, -limit, limit), gradients),
        state,
        parameters,
        learningRate,
      ),
  };
}
