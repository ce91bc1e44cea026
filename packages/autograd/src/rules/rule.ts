/**
 * What a derivative rule is. For an operation y = f(x1, x2, ...) and a cotangent dy (the derivative of some final scalar by y, with
 * the shape of y) it gives the cotangents of the operands: dxk = dy . (df/dxk). Rules are written with tensor operations, so that a
 * gradient is a graph like any other: it compiles, and it can be differentiated again.
 */
import { broadcastTo, reshape, sum, type AttributesOf, type OpName, type Tensor } from '@capsnet/tensor';

/** Cotangents of the operands, in their order; `undefined` where there is none (indices, conditions). */
export type Cotangents = readonly (Tensor | undefined)[];

/** Cotangents of the operands of y = f(operands) for a cotangent of y: what the walk itself does, for a formula. */
export type Pullback = (
  f: (operands: readonly Tensor[]) => Tensor,
  operands: readonly Tensor[],
  dy: Tensor,
) => Cotangents;

/**
 * How an operation is differentiated: from the cotangent of its result to those of its operands, as tensors, so that the rule can be
 * differentiated in turn.
 *
 * @param dy cotangent of the result
 * @param x operands
 * @param attributes of the operation
 * @param y the result itself, for derivatives that are simplest in terms of it
 * @param pullback for derivatives that follow from a formula instead of being written down
 */
export type Rule<Name extends OpName> = (
  dy: Tensor,
  x: readonly Tensor[],
  attributes: AttributesOf<Name>,
  y: Tensor,
  pullback: Pullback,
) => Cotangents;

/** The rule of an operation without attributes. */
export type PlainRule = (dy: Tensor, x: readonly Tensor[], attributes: unknown, y: Tensor) => Cotangents;

/** The rule of operations that are constant almost everywhere, or whose operands are not real numbers. */
export const constant = (): Cotangents => [];

/**
 * The adjoint of broadcasting: what was copied along an axis is added up along it.
 *
 * @param cotangent of a shape that `shape` broadcasts to
 */
export function sumTo(cotangent: Tensor, shape: readonly number[]): Tensor {
  const lead = cotangent.rank - shape.length;
  const axes = cotangent.shape.flatMap((length, axis) =>
    axis < lead || (shape[axis - lead] === 1 && length !== 1) ? [axis] : [],
  );
  const summed = axes.length === 0 ? cotangent : sum(cotangent, axes, { keepDims: true });
  return reshape(summed, shape);
}

/** A cotangent with the axes that a reduction dropped put back, stretched over the reduced shape. */
export function spread(cotangent: Tensor, shape: readonly number[], axes: readonly number[]): Tensor {
  const kept = shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  return broadcastTo(reshape(cotangent, kept), shape);
}
