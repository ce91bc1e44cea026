/**
 * Derivatives of element-wise operations. Operands broadcast, so every cotangent is summed back to its operand's shape.
 * Conventions at kinks and ties are TensorFlow's. Where the derivative can be said in terms of the result y, it is: the operand then
 * need not be kept.
 */
import {
  add,
  cast,
  div,
  equal,
  exp,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log,
  mul,
  neg,
  pow,
  sign,
  square,
  sub,
  where,
  type Tensor,
} from '@capsnet/tensor';
import { constant, sumTo, type PlainRule, type Rule } from './rule.js';

const one =
  (f: (dy: Tensor, x: Tensor, y: Tensor) => Tensor): PlainRule =>
  (dy, [x], _, y) => [f(dy, x!, y)];
const two =
  (f: (dy: Tensor, a: Tensor, b: Tensor, y: Tensor) => readonly [Tensor, Tensor]): PlainRule =>
  (dy, [a, b], _, y) => {
    const [da, db] = f(dy, a!, b!, y);
    return [sumTo(da, a!.shape), sumTo(db, b!.shape)];
  };

// y = a + b
export const addRule = two((dy) => [dy, dy]);
// y = a - b
export const subRule = two((dy) => [dy, neg(dy)]);
// y = a b
export const mulRule = two((dy, a, b) => [mul(dy, b), mul(dy, a)]);
// y = a / b: da = dy / b, db = -dy a / b^2 = -dy y / b
export const divRule = two((dy, _, b, y) => [div(dy, b), neg(div(mul(dy, y), b))]);
// On ties the whole cotangent goes to the first operand.
export const maximumRule = two((dy, a, b) => [mul(dy, greaterEqual(a, b)), mul(dy, less(a, b))]);
export const minimumRule = two((dy, a, b) => [mul(dy, lessEqual(a, b)), mul(dy, greater(a, b))]);
// y = a^b: da = dy b a^(b-1), db = dy y log(a), 0 where a <= 0 has no real logarithm. 0^0 is 1 for every base nearby: da = 0,
// not 0 · 0^-1.
export const powRule = two((dy, a, b, y) => {
  const positive = greater(a, 0);
  const base = where(mul(equal(a, 0), equal(b, 0)), 1, a);
  return [
    mul(dy, mul(b, pow(base, sub(b, 1)))),
    mul(dy, where(positive, mul(y, log(where(positive, a, 1))), 0)),
  ];
});

export const negRule = one((dy) => neg(dy));
// 0 at 0
export const absRule = one((dy, x) => mul(dy, sign(x)));
// dx = 2 x dy
export const squareRule = one((dy, x) => mul(dy, mul(x, 2)));
// y = 1/x: dx = -y^2 dy
export const reciprocalRule = one((dy, _, y) => neg(mul(dy, square(y))));
// y = sqrt(x): dx = dy / (2 y)
export const sqrtRule = one((dy, _, y) => div(mul(dy, 0.5), y));
// y = x^(-1/2): dx = -y^3 dy / 2
export const rsqrtRule = one((dy, _, y) => mul(mul(dy, -0.5), mul(y, square(y))));
export const expRule = one((dy, _, y) => mul(dy, y));
export const expm1Rule = one((dy, x) => mul(dy, exp(x)));
export const logRule = one((dy, x) => div(dy, x));
export const log1pRule = one((dy, x) => div(dy, add(x, 1)));
// y = tanh(x): dx = (1 - y^2) dy
export const tanhRule = one((dy, _, y) => mul(dy, sub(1, square(y))));
// y = 1/(1 + e^-x): dx = y (1 - y) dy
export const sigmoidRule = one((dy, _, y) => mul(dy, mul(y, sub(1, y))));
// 0 at 0; y > 0 says the same as x > 0
export const reluRule = one((dy, _, y) => mul(dy, greater(y, 0)));
// alpha at 0 and below, by TensorFlow's convention
export const leakyReluRule: Rule<'leakyRelu'> = (dy, [x], { alpha }) => [
  mul(dy, where(greater(x!, 0), 1, alpha)),
];
// y = x^p: dx = p x^(p-1) dy. x^0 is 1 everywhere: its derivative is 0 at 0 too, where p x^(p-1) would be 0 · 0^-1.
export const powConstRule: Rule<'powConst'> = (dy, [x], { exponent }) => [
  exponent === 0 ? undefined : mul(dy, mul(pow(x!, exponent - 1), exponent)),
];
export const whereRule: Rule<'where'> = (dy, [condition, a, b]) => [
  undefined,
  sumTo(where(condition!, dy, 0), a!.shape),
  sumTo(where(condition!, 0, dy), b!.shape),
];
export const castRule: Rule<'cast'> = (dy, [x], { dtype }) =>
  dtype === 'float32' && x!.dtype === 'float32' ? [cast(dy, 'float32')] : constant();
export const identityRule: PlainRule = (dy) => [dy];
