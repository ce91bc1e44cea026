/** Derivatives of reductions, softmax and the squashes. */
import {
  add,
  apply,
  div,
  equal,
  expm1,
  mul,
  neg,
  reciprocal,
  reshape,
  sqrt,
  square,
  sub,
  sum,
  exp,
  type SquashAttributes,
  type Tensor,
} from '@capsnet/tensor';
import { pullbackOf } from '../walk.js';
import { spread, type Rule } from './rule.js';

// y = sum x: every element counts once
export const sumRule: Rule<'sum'> = (dy, [x], { axes }) => [spread(dy, x!.shape, axes)];

// The largest elements share the cotangent equally.
export const maxRule: Rule<'max'> = (dy, [x], { axes }, y) => {
  const largest = equal(x!, spread(y, x!.shape, axes)) as Tensor;
  const share = div(dy, reshape(sum(largest, axes) as Tensor, dy.shape) as Tensor) as Tensor;
  return [mul(largest, spread(share, x!.shape, axes)) as Tensor];
};

// y = softmax(x): dx = y (dy - sum(dy y))
export const softmaxRule: Rule<'softmax'> = (dy, _, { axis }, y) => [
  mul(y, sub(dy, sum(mul(dy, y) as Tensor, axis, { keepDims: true }) as Tensor) as Tensor) as Tensor,
];

// v = c(n) s, n = |s|: ds = c dv + n c' u (u . dv), u = s/n; finite for every s (see `squashGradient`)
export const squashRule: Rule<'squash'> = (dv, [s], attributes) => [
  apply('squashGradient', [s!, dv], attributes),
];

/**
 * The second derivative of the squashes, by differentiating the formula of the first one. The norm is taken as sqrt(|s|^2 + tiny), which
 * keeps it finite at 0; elsewhere it makes no difference in float32.
 */
export const squashGradientRule: Rule<'squashGradient'> = (d, [s, dv], attributes) =>
  pullbackOf((operands) => smoothGradient(operands[0]!, operands[1]!, attributes), [s!, dv!], d);

function smoothGradient(s: Tensor, dv: Tensor, { kind, epsilon }: SquashAttributes): Tensor {
  const squared = add(sum(square(s), -1, { keepDims: true }) as Tensor, 1e-30) as Tensor;
  const n = sqrt(squared);
  const along = sum(mul(s, dv) as Tensor, -1, { keepDims: true }) as Tensor;
  let factor: Tensor;
  let slope: Tensor;
  if (kind === 'exponential') {
    factor = div(neg(expm1(neg(n))), n) as Tensor;
    slope = sub(exp(neg(n)), factor) as Tensor;
  } else {
    const share = reciprocal(add(reciprocal(squared), 1) as Tensor);
    const unit = div(n, add(n, epsilon) as Tensor) as Tensor;
    factor = div(mul(share, unit) as Tensor, n) as Tensor;
    slope = mul(factor, sub(mul(sub(1, share), 2), unit) as Tensor) as Tensor;
  }
  return add(
    mul(factor, dv) as Tensor,
    mul(mul(slope, div(along, squared) as Tensor) as Tensor, s) as Tensor,
  ) as Tensor;
}
