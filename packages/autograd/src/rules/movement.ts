/** Derivatives of operations that move elements: cotangents are moved back. */
import { apply, gather, pad, reshape, slice, TensorError, transpose, type Tensor } from '@capsnet/tensor';
import { sumTo, type Cotangents, type Rule } from './rule.js';

export const reshapeRule: Rule<'reshape'> = (dy, [x]) => [reshape(dy, x!.shape)];

export const transposeRule: Rule<'transpose'> = (dy, _, { permutation }) => [
  transpose(
    dy,
    permutation.map((_axis, k) => permutation.indexOf(k)),
  ),
];

export const broadcastToRule: Rule<'broadcastTo'> = (dy, [x]) => [sumTo(dy, x!.shape)];

export const concatRule: Rule<'concat'> = (dy, pieces, { axis }) => {
  let start = 0;
  return pieces.map((piece) => {
    const begin = dy.shape.map((_, k) => (k === axis ? start : 0));
    start += piece.shape[axis]!;
    return slice(dy, begin, piece.shape);
  });
};

export const sliceRule: Rule<'slice'> = (dy, [x], { begin, size }) => [
  pad(
    dy,
    x!.shape.map((length, axis) => [begin[axis]!, length - begin[axis]! - size[axis]!] as [number, number]),
  ),
];

export const padRule: Rule<'pad'> = (dy, [x], { paddings }) => [
  slice(
    dy,
    paddings.map(([before]) => before),
    x!.shape,
  ),
];

// Repeated indices add up.
export const gatherRule: Rule<'gather'> = (dy, [x, indices], { axis }) => [
  apply('scatterAdd', [indices!, dy], { axis, length: x!.shape[axis]! }),
  undefined,
];

export const scatterAddRule: Rule<'scatterAdd'> = (dy, [indices], { axis }) => [
  undefined,
  gather(dy, indices!, axis),
];

/** The derivative that the caller of `customVjp` wrote; the value itself takes none. */
export const customGradientRule: Rule<'customGradient'> = (dy, operands, { pullback }) => [
  undefined,
  ...(pullback as (dy: Tensor, operands: readonly Tensor[]) => Cotangents)(dy, operands.slice(1)),
];

/** An operation of a user has the derivative that `customVjp` gives it, and then this rule is never asked. */
export const customRule: Rule<'custom'> = (_dy, _operands, { definition }) => {
  throw new TensorError(
    definition.name,
    'it has no derivative. Give it one: customVjp(customOp({ ... }), (dy, x) => [...]).',
  );
};
