/**
 * What batch and instance normalisation share: y = gamma (x - mean)/sqrt(variance + epsilon) + beta, with mean and biased
 * variance of x itself over some axes. (Ioffe and Szegedy 2015, algorithm 1; Ulyanov et al. 2016 for instances.)
 *
 * The derivative is written by hand. With xhat = (x - mean) rstd and means over the same axes,
 *
 *   dx = gamma rstd (dy - mean(dy) - xhat mean(dy xhat)),  dgamma = sum(dy xhat),  dbeta = sum(dy),
 *
 * which is two passes over x and dy: one that reduces, one that writes. Derived mechanically through the variance it would be five.
 * Both directions are multiplied out to `x * a + b`, with a and b per channel, so that x - mean is never laid out in memory; the
 * variance itself is computed from x - mean.
 */
import { customVjp } from '@capsnet/autograd';
import {
  add,
  concat,
  moments,
  mul,
  neg,
  reshape,
  rsqrt,
  sizeOf,
  slice,
  square,
  sub,
  sum,
  type Tensor,
} from '@capsnet/tensor';
import type { Across } from '../distributed/group.js';

/** A normalised tensor, and the statistics that it was normalised by. */
export interface Normalized {
  readonly output: Tensor;
  /** Statistics with reduced axes of length 1. */
  readonly mean: Tensor;
  /** Biased variance. */
  readonly variance: Tensor;
}

/**
 * y = gamma (x - mean) / sqrt(variance + epsilon) + beta, with the statistics of x itself (Ioffe and Szegedy 2015, algorithm 1).
 *
 * @param x [..., channels]
 * @param gamma [channels]
 * @param axes axes that the statistics are taken over, without the last
 * @param across takes them over the parts of a batch in all processes; the first axis is then that of the images
 */
export function normalize(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  axes: readonly number[],
  epsilon: number,
  across?: Across,
): Normalized {
  const count = sizeOf(axes.map((axis) => (axis === 0 && across ? across.whole : x.shape[axis]!)));
  const statistics = (input: Tensor) =>
    across ? momentsAcross(input, axes, count, across) : moments(input, axes);
  const scaleShape = x.shape.map((length, axis) => (axis === x.rank - 1 ? length : 1));
  const others = x.shape.slice(0, -1).map((_, axis) => axis);

  const forward = (input: Tensor, gain: Tensor, shift: Tensor): Tensor => {
    const { mean, variance } = statistics(input);
    const scale: Tensor = mul(reshape(gain, scaleShape), rsqrt(add(variance, epsilon)));
    return add(mul(input, scale), sub(reshape(shift, scaleShape), mul(mean, scale)));
  };
  const backward = (dy: Tensor, input: Tensor, gain: Tensor): [Tensor, Tensor, Tensor] => {
    const { mean, variance } = statistics(input);
    const rstd: Tensor = rsqrt(add(variance, epsilon));
    const sumDy: Tensor = sum(dy, axes, { keepDims: true });
    const sumDyCentred: Tensor = sub(sum(mul(dy, input), axes, { keepDims: true }), mul(mean, sumDy));
    const scale: Tensor = mul(reshape(gain, scaleShape), rstd);
    // dx needs the sums over the whole batch; dgamma and dbeta are added up later, with all gradients.
    const [wholeDy, wholeDyCentred] = across
      ? bothAcross(sumDy, sumDyCentred, across)
      : [sumDy, sumDyCentred];
    // xhat mean(dy xhat) = (x - mean) slope
    const slope: Tensor = mul(mul(wholeDyCentred, mul(rstd, rstd)), 1 / count);
    const offset: Tensor = sub(mul(mean, slope), mul(wholeDy, 1 / count));
    const dx: Tensor = add(add(mul(dy, scale), mul(input, neg(mul(scale, slope)))), mul(offset, scale));
    const perChannel = (total: Tensor): Tensor =>
      reshape(axes.length === others.length ? total : sum(total, others), gain.shape);
    return [dx, perChannel(mul(sumDyCentred, rstd)), perChannel(sumDy)];
  };
  const output = customVjp(forward, (dy, input, gain) => backward(dy, input, gain))(x, gamma, beta);
  return { output, ...statistics(x) };
}

/** Mean and biased variance over the parts of a batch in all processes: the variance is taken from the mean of all, as `moments` does. */
function momentsAcross(
  x: Tensor,
  axes: readonly number[],
  count: number,
  { sum: sumAll, counted }: Across,
): { readonly mean: Tensor; readonly variance: Tensor } {
  const average = (values: Tensor): Tensor =>
    mul(sumAll(mul(sum(values, axes, { keepDims: true }), counted ? 1 : 0)), 1 / count);
  const mean = average(x);
  return { mean, variance: average(square(sub(x, mean))) };
}

/** Two sums of one shape, [1, ...], over all processes in one go; zero for images that only stand in, which the statistics do not depend on. */
function bothAcross(one: Tensor, other: Tensor, { sum: sumAll, counted }: Across): [Tensor, Tensor] {
  const both: Tensor = mul(sumAll(concat([one, other], 0)), counted ? 1 : 0);
  const origin = one.shape.map(() => 0);
  return [slice(both, origin, one.shape), slice(both, [1, ...origin.slice(1)], one.shape)];
}
