/**
 * Shape rules for the compiler: the twin of `rules.ts`, which states the same rules at run time. No code is emitted.
 *
 * A rule takes shapes as types and gives the shape of the result, or a `ShapeError` that says what is wrong. An operation
 * puts `Valid<Rule>` beside the operand to refuse and `Resolve<Rule>` into its result:
 *
 *     declare function matmul<A extends Shape, B extends Shape>(
 *       a: Tensor<A>,
 *       b: Tensor<B> & Valid<MatMul<A, B>>,
 *     ): Tensor<Resolve<MatMul<A, B>>>;
 *
 * What the compiler does not know is never an error: a length `number` (or a union of lengths) stays `number` or takes the
 * length that the rule forces on it; a shape of unknown rank gives `Shape`. A length that is a type parameter
 * (`Tensor<[Batch, 784]>`) passes through every rule that need not look at it.
 */
export type { IsLiteral, Resolve, Shape, ShapeError, Valid, Writable } from './types/shape.js';
export type { Product } from './types/length.js';
export type { Broadcast, BroadcastTo } from './types/broadcast.js';
export type { Dense, MatMul } from './types/product.js';
export type { Einsum } from './types/einsum.js';
export type { Conv2d } from './types/convolution.js';
export type { Reduce } from './types/reduce.js';
export type { ExpandDims, OneHot, Reshape, Squeeze, Transpose } from './types/rearrange.js';
export type { Concat, Gather, Pad, Slice, Stack } from './types/pieces.js';
