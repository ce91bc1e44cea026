/** Derivatives of reductions, softmax and the squashes. */
import {
  abs,
  add,
  apply,
  div,
  equal,
  exp,
  expm1,
  less,
  max,
  maximum,
  minimum,
  mul,
  neg,
  reciprocal,
  reshape,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  where,
  zerosLike,
  type SquashAttributes,
  type Tensor,
} from '@capsnet/tensor';
import { spread, type Rule } from './rule.js';

// y = sum x: every element counts once
export const sumRule: Rule<'sum'> = (dy, [x], { axes }) => [spread(dy, x!.shape, axes)];

// The largest elements share the cotangent equally.
export const maxRule: Rule<'max'> = (dy, [x], { axes }, y) => {
  const largest = equal(x!, spread(y, x!.shape, axes));
  const share = div(dy, reshape(sum(largest, axes), dy.shape));
  return [mul(largest, spread(share, x!.shape, axes))];
};

// y = softmax(x): dx = y (dy - sum(dy y))
export const softmaxRule: Rule<'softmax'> = (dy, _, { axis }, y) => [
  mul(y, sub(dy, sum(mul(dy, y), axis, { keepDims: true }))),
];

// v = c(n) s, n = |s|: ds = c dv + n c' u (u . dv), u = s/n; finite for every s (see `squashGradient`)
export const squashRule: Rule<'squash'> = (dv, [s], attributes) => [
  apply('squashGradient', [s!, dv], attributes),
];

/**
 * The second derivative of the squashes. The Jacobian is symmetric and ds = J(s) dv linear in dv, so the cotangent by dv is J(s) d, the first
 * derivative again; that by s follows from differentiating the formula of ds, written so that it stays finite for every s.
 */
export const squashGradientRule: Rule<'squashGradient'> = (d, [s, dv], attributes, _, pullback) => [
  ...pullback(([source]) => squashGradientFormula(source!, dv!, attributes), [s!], d),
  apply('squashGradient', [s!, d], attributes),
];

/** c dv + n c' u (u . dv) in differentiable operations, with n = |s|, u = s/n. */
function squashGradientFormula(s: Tensor, dv: Tensor, attributes: SquashAttributes): Tensor {
  // n is scaled by the largest component, against overflow of its square; the root is kept from 0, where it has no slope.
  const scale = stopGradient(maximum(max(abs(s), -1, { keepDims: true }), 1e-30));
  const n = mul(sqrt(add(sum(square(div(s, scale)), -1, { keepDims: true }), 1e-12)), scale);
  const u = div(s, n);
  const along = sum(mul(u, dv), -1, { keepDims: true });
  const { factor, slope } =
    attributes.kind === 'exponential' ? exponential(n) : sabour(n, attributes.epsilon);
  return add(mul(factor, dv), mul(mul(slope, along), u));
}

/** c and n c' of c = (1 - e^-n)/n. */
function exponential(n: Tensor): { factor: Tensor; slope: Tensor } {
  const direct = div(neg(expm1(neg(n))), n);
  // e^-n - c and the derivative of c cancel near 0: there the series c = sum of (-1)^k n^k/(k+1)!
  const small = minimum(n, seriesBelow);
  const power = (coefficients: readonly number[]): Tensor =>
    coefficients.reduceRight((rest: Tensor, coefficient) => add(mul(rest, small), coefficient), zerosLike(n));
  const near = less(n, seriesBelow);
  return {
    factor: where(near, power(series), direct),
    slope: where(near, mul(small, power(seriesSlope)), sub(exp(neg(n)), direct)),
  };
}

const seriesBelow = 0.3;
const series = [1, -1 / 2, 1 / 6, -1 / 24, 1 / 120, -1 / 720, 1 / 5040, -1 / 40320, 1 / 362880];
const seriesSlope = series.slice(1).map((coefficient, k) => (k + 1) * coefficient);

/** c and n c' of c = n^2/(1+n^2)/(n+eps). */
function sabour(n: Tensor, epsilon: number): { factor: Tensor; slope: Tensor } {
  // n^2/(1+n^2) in the form that does not overflow on either side of 1
  const low = square(minimum(n, 1));
  const high = square(reciprocal(maximum(n, 1)));
  const share = where(less(n, 1), div(low, add(low, 1)), reciprocal(add(high, 1)));
  const factor = div(share, add(n, epsilon));
  const unit = div(n, add(n, epsilon));
  return { factor, slope: mul(factor, sub(mul(sub(1, share), 2), unit)) };
}
