/** Derivatives of matrix products and convolutions: they are linear in each operand, so each derivative is one of their own kind. */
import { apply, matmul, type Tensor } from '@capsnet/tensor';
import { sumTo, type Rule } from './rule.js';

const product = (a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor =>
  matmul(a, b as never, { transposeA, transposeB });

// C = op(A) op(B). Plain: dA = dC B^T, dB = A^T dC; with transposes the factors change sides.
export const matmulRule: Rule<'matmul'> = (dy, [a, b], { transposeA, transposeB }) => {
  const da = transposeA ? product(b!, dy, transposeB, true) : product(dy, b!, false, !transposeB);
  const db = transposeB ? product(dy, a!, true, transposeA) : product(a!, dy, !transposeA, false);
  return [sumTo(da, a!.shape), sumTo(db, b!.shape)];
};

// y = conv(x, w) and its two adjoints: three bilinear operations that are each other's derivatives.
export const conv2dRule: Rule<'conv2d'> = (dy, [x, w], { strides, padding, groups }) => [
  apply('conv2dInputGradient', [dy, w!], { strides, padding, groups, inputShape: x!.shape }),
  apply('conv2dFilterGradient', [x!, dy], { strides, padding, groups, filterShape: w!.shape }),
];

// dx(dy, w) is linear in dy, with adjoint conv(., w), and in w, whose adjoint correlates the cotangent with dy.
export const conv2dInputGradientRule: Rule<'conv2dInputGradient'> = (
  d,
  [dy, w],
  { strides, padding, groups },
) => [
  apply('conv2d', [d, w!], { strides, padding, groups }),
  apply('conv2dFilterGradient', [d, dy!], { strides, padding, groups, filterShape: w!.shape }),
];

export const conv2dFilterGradientRule: Rule<'conv2dFilterGradient'> = (
  d,
  [x, dy],
  { strides, padding, groups },
) => [
  apply('conv2dInputGradient', [dy!, d], { strides, padding, groups, inputShape: x!.shape }),
  apply('conv2d', [x!, d], { strides, padding, groups }),
];
