/**
 * Reductions. `axis` is one axis, several, or (by default) all; negative axes count from the back.
 * With `keepDims` reduced axes stay with length 1.
 */
import { apply } from '../graph/apply.js';
import type { Tensor } from '../graph/tensor.js';
import { reducedShape, resolveAxes, resolveAxis } from '../shape/rules.js';
import type { Reduce, Resolve, Shape } from '../shape/types.js';
import { add, exp, log, mul, neg, sub } from './arithmetic.js';
import { reshape } from './rearrange.js';

/** Axes to reduce: one, several, or `null` for all of them; negative ones count from the back. */
export type Axis = number | readonly number[] | null;

/** With `keepDims`, reduced axes stay with length 1. */
export interface ReduceOptions<K extends boolean = boolean> {
  readonly keepDims?: K;
}

/**
 * A reduction of [..., n, ...] over `axis` (default: all) to the shape without those axes, or with lengths 1 there
 * (`keepDims`).
 *
 * @throws TensorError for an axis that x does not have, or one named twice
 */
type Reduction = <S extends Shape, const A extends Axis = null, const K extends boolean = false>(
  x: Tensor<S>,
  axis?: A,
  options?: ReduceOptions<K>,
) => Tensor<Resolve<Reduce<S, A, K>>>;

const reduction = (name: 'sum' | 'max', x: Tensor, axis: Axis, keepDims: boolean): Tensor =>
  apply(name, [x], { axes: resolveAxes(name, axis, x.rank), keepDims });

/** The sum over `axis`; 0 over an empty axis. */
export const sum = ((x: Tensor, axis: Axis = null, { keepDims = false }: ReduceOptions = {}) =>
  reduction('sum', x, axis, keepDims)) as Reduction;
/** Largest element; ties share the gradient equally. */
export const max = ((x: Tensor, axis: Axis = null, { keepDims = false }: ReduceOptions = {}) =>
  reduction('max', x, axis, keepDims)) as Reduction;
/** Smallest element. */
export const min = ((x: Tensor, axis: Axis = null, options: ReduceOptions = {}) =>
  neg(max(neg(x), axis, options))) as Reduction;

/** The sum over `axis`, divided by the number of elements that went into it. */
export const mean = ((x: Tensor, axis: Axis = null, options: ReduceOptions = {}) => {
  const count = resolveAxes('mean', axis, x.rank).reduce((product, k) => product * x.shape[k]!, 1);
  return mul(sum(x, axis, options), 1 / count);
}) as Reduction;

/** log(sum(exp(x))), computed on x minus its largest element. */
export const logSumExp = ((x: Tensor, axis: Axis = null, { keepDims = false }: ReduceOptions = {}) => {
  const axes = resolveAxes('logSumExp', axis, x.rank);
  const largest = apply('stopGradient', [max(x, axes, { keepDims: true })], {});
  const result = add(log(sum(exp(sub(x, largest)), axes, { keepDims: true })), largest);
  return keepDims ? result : reshape(result, reducedShape(x.shape, axes, false));
}) as Reduction;

/** Position of the largest element along `axis` (default: the last), the lowest on ties; int32. */
export const argmax = <S extends Shape, const A extends number = -1>(
  x: Tensor<S>,
  axis?: A,
): Tensor<Resolve<Reduce<S, A, false>>> =>
  apply('argmax', [x], { axis: resolveAxis('argmax', axis ?? -1, x.rank) });

/**
 * exp(x) / sum(exp(x)) along `axis` (default: the last).
 *
 * @returns the shape of x; sums to 1 along `axis`, without overflow for large x
 * @throws TensorError for an axis that x does not have
 */
export const softmax = <S extends Shape>(x: Tensor<S>, axis = -1): Tensor<S> =>
  apply('softmax', [x], { axis: resolveAxis('softmax', axis, x.rank) });

/**
 * log(softmax(x)), exact where softmax is close to 0.
 *
 * @returns the shape of x
 * @throws TensorError for an axis that x does not have
 */
export const logSoftmax = <S extends Shape>(x: Tensor<S>, axis = -1): Tensor<S> =>
  sub(
    x as Tensor,
    logSumExp(x, resolveAxis('logSoftmax', axis, x.rank), { keepDims: true }) as Tensor,
  ) as Tensor as Tensor<S>;

/**
 * sum(x) / n and the mean squared deviation (biased) over `axis`, kept as axes of length 1.
 *
 * @param x any shape
 * @param axis axes to average over; the others stay
 * @throws TensorError for an axis that x does not have
 */
export function moments(x: Tensor, axis: Axis): { mean: Tensor; variance: Tensor } {
  const average = mean(x, axis, { keepDims: true }) as Tensor;
  const deviation = sub(x, average) as Tensor;
  return {
    mean: average,
    variance: mean(mul(deviation, deviation) as Tensor, axis, { keepDims: true }) as Tensor,
  };
}
