/** Matrix products. */
import type { BroadcastFor } from './broadcast.js';
import type { Differ, HasRank, Shape, ShapeError, Show } from './shape.js';

/** `[leading axes, rows, columns]` of an operand taken as it is or with its last two axes swapped; `never` below rank 2. */
type Matrix<S extends Shape, Transposed extends boolean> = S extends readonly [
  ...infer Batch extends Shape,
  infer Rows extends number,
  infer Columns extends number,
]
  ? boolean extends Transposed
    ? [Batch, number, number]
    : Transposed extends true
      ? [Batch, Columns, Rows]
      : [Batch, Rows, Columns]
  : never;

type ShowTaken<S extends Shape, Transposed extends boolean> = Transposed extends true
  ? `${Show<S>} transposed`
  : Show<S>;

type Hint<K extends number, B extends Shape, TransposeB extends boolean> = Matrix<B, TransposeB>[2] extends K
  ? '. Transpose the second?'
  : '';

type MultiplyMatrices<
  A extends Shape,
  B extends Shape,
  TransposeA extends boolean,
  TransposeB extends boolean,
> =
  Matrix<A, TransposeA> extends [
    infer BatchA extends Shape,
    infer Rows extends number,
    infer Inner extends number,
  ]
    ? [Matrix<A, TransposeA>] extends [never]
      ? TooFewAxes<A, B>
      : Matrix<B, TransposeB> extends [
            infer BatchB extends Shape,
            infer InnerB extends number,
            infer Columns extends number,
          ]
        ? [Matrix<B, TransposeB>] extends [never]
          ? TooFewAxes<A, B>
          : Differ<Inner, InnerB> extends true
            ? ShapeError<`matmul: inner dimensions ${Inner} and ${InnerB} disagree in ${ShowTaken<A, TransposeA>} x ${ShowTaken<B, TransposeB>}${Hint<Inner, B, TransposeB>}`>
            : BroadcastFor<'matmul', BatchA, BatchB, A, B> extends infer Batch extends Shape
              ? [...Batch, Rows, Columns]
              : BroadcastFor<'matmul', BatchA, BatchB, A, B>
        : never
    : never;

type TooFewAxes<
  A extends Shape,
  B extends Shape,
> = ShapeError<`matmul: ${Show<A>} x ${Show<B>}: both operands need at least two axes. Give a vector a second axis of length 1`>;

/**
 * Matrix product of the last two axes, `[..., m, k]` x `[..., k, n]` -> `[..., m, n]`; leading axes broadcast.
 * `TransposeA` and `TransposeB` take an operand with its last two axes swapped.
 */
export type MatMul<
  A extends Shape,
  B extends Shape,
  TransposeA extends boolean = false,
  TransposeB extends boolean = false,
> = [HasRank<A>, HasRank<B>] extends [true, true] ? MultiplyMatrices<A, B, TransposeA, TransposeB> : Shape;

type Connect<X extends Shape, K extends Shape> = K extends readonly [
  infer In extends number,
  infer Out extends number,
]
  ? X extends readonly [...infer Batch extends Shape, infer Features extends number]
    ? Differ<Features, In> extends true
      ? ShapeError<`dense: the last axis of ${Show<X>} has ${Features} features, the kernel ${Show<K>} takes ${In}`>
      : [...Batch, Out]
    : ShapeError<`dense: a scalar has no features; the input needs a last axis of length ${In}`>
  : ShapeError<`dense: the kernel ${Show<K>} must be [in, out]`>;

/** A fully connected layer: `[..., in]` x `[in, out]` -> `[..., out]`. */
export type Dense<X extends Shape, K extends Shape> = [HasRank<X>, HasRank<K>] extends [true, true]
  ? Connect<X, K>
  : Shape;
