/** Functions that move elements: shapes, axes, pieces, indices. Each throws a `TensorError` when operands do not fit. */
import { TensorError, showShape } from '../errors.js';
import { apply } from '../graph/apply.js';
import type { Tensor } from '../graph/tensor.js';
import { resolveAxis, sameShape, sizeOf } from '../shape/rules.js';
import type {
  BroadcastTo,
  Concat,
  ExpandDims,
  Gather,
  OneHot,
  Pad,
  Reshape,
  Resolve,
  Shape,
  Slice,
  Squeeze,
  Stack,
  Transpose,
  Valid,
} from '../shape/types.js';
import { add, mul } from './arithmetic.js';

/**
 * The same elements, row-major, under another shape; one length may be -1 and is worked out.
 *
 * @throws TensorError when the numbers of elements differ, or more than one length is -1
 */
export function reshape<S extends Shape, const T extends Shape>(
  x: Tensor<S>,
  shape: T & Valid<Reshape<S, T>>,
): Tensor<Resolve<Reshape<S, T>>> {
  const lengths = [...(shape as Shape)];
  const open = lengths.indexOf(-1);
  if (open >= 0) {
    const rest = sizeOf(lengths.filter((_, axis) => axis !== open));
    if (lengths.lastIndexOf(-1) !== open || x.size % rest !== 0) {
      throw new TensorError(
        'reshape',
        `${showShape(x.shape)} cannot be laid out as ${showShape(lengths)}: one -1 at most, and ${x.size} elements must divide by the other lengths.`,
      );
    }
    lengths[open] = x.size / rest;
  }
  if (sameShape(lengths, x.shape)) return x as Tensor as never;
  return apply('reshape', [x], { shape: lengths });
}

/**
 * Everything in one axis, or all axes from `from` on.
 *
 * @returns shape [elements], or [the lengths before `from`, elements of the rest]
 * @throws TensorError when `from` lies beyond the rank
 */
export const flatten = (x: Tensor, from = 0): Tensor =>
  reshape(x, [...x.shape.slice(0, from), sizeOf(x.shape.slice(from))]) as Tensor;

/** Output axis k is input axis permutation[k]; reversed when none is given. */
export const transpose = <S extends Shape, const P extends readonly number[] | undefined = undefined>(
  x: Tensor<S>,
  permutation?: P,
): Tensor<Resolve<Transpose<S, P>>> =>
  apply('transpose', [x], { permutation: permutation ?? x.shape.map((_, axis) => x.rank - 1 - axis) });

/**
 * Repeats x along axes of length 1 and new leading axes until it has `shape` (NumPy's rule).
 *
 * @throws TensorError when x does not broadcast to that shape
 */
export const broadcastTo = <S extends Shape, const T extends Shape>(
  x: Tensor<S>,
  shape: T & Valid<BroadcastTo<S, T>>,
): Tensor<Resolve<BroadcastTo<S, T>>> =>
  sameShape(x.shape, shape) ? (x as Tensor as never) : apply('broadcastTo', [x], { shape });

/**
 * A new axis of length 1 at `axis` (negative: counted from the back of the result).
 *
 * @returns [..., 1, ...]
 * @throws TensorError when the result would have no such axis
 */
export function expandDims<S extends Shape, const A extends number>(
  x: Tensor<S>,
  axis: A,
): Tensor<Resolve<ExpandDims<S, A>>> {
  const at = resolveAxis('expandDims', axis, x.rank + 1);
  return apply('reshape', [x], { shape: [...x.shape.slice(0, at), 1, ...x.shape.slice(at)] });
}

/**
 * Removes `axis`, which must have length 1.
 *
 * @returns the shape without that axis
 * @throws TensorError when the axis does not exist or has another length
 */
export function squeeze<S extends Shape, const A extends number>(
  x: Tensor<S>,
  axis: A,
): Tensor<Resolve<Squeeze<S, A>>> {
  const at = resolveAxis('squeeze', axis, x.rank);
  if (x.shape[at] !== 1)
    throw new TensorError(
      'squeeze',
      `axis ${axis} of ${showShape(x.shape)} has length ${x.shape[at]}, only axes of length 1 can go.`,
    );
  return apply('reshape', [x], { shape: x.shape.filter((_, k) => k !== at) });
}

type Shapes<T extends readonly Tensor[]> = { [K in keyof T]: T[K] extends Tensor<infer S> ? S : never };

const checkPieces = (operation: string, tensors: readonly Tensor[]): void => {
  if (tensors.length === 0) throw new TensorError(operation, 'needs at least one tensor.');
};

/**
 * Joins tensors along an existing axis.
 *
 * @param tensors at least one; all lengths but that of `axis` agree
 * @returns their shape, with the sum of the lengths along `axis`
 * @throws TensorError when there are no tensors or they do not fit
 */
export function concat<const T extends readonly Tensor[], const A extends number>(
  tensors: T & Valid<Concat<Shapes<T>, A>>,
  axis: A,
): Tensor<Resolve<Concat<Shapes<T>, A>>> {
  const pieces = tensors as readonly Tensor[];
  checkPieces('concat', pieces);
  return apply('concat', pieces, { axis: resolveAxis('concat', axis, pieces[0]!.rank) });
}

/**
 * Joins tensors of one shape along a new axis.
 *
 * @returns their shape with a new axis of length `tensors.length` at `axis`
 * @throws TensorError when there are no tensors or shapes differ
 */
export function stack<const T extends readonly Tensor[], const A extends number>(
  tensors: T & Valid<Stack<Shapes<T>, A>>,
  axis: A,
): Tensor<Resolve<Stack<Shapes<T>, A>>> {
  const pieces = tensors as readonly Tensor[];
  checkPieces('stack', pieces);
  const at = resolveAxis('stack', axis, pieces[0]!.rank + 1);
  return apply(
    'concat',
    pieces.map((piece) => expandDims(piece, at) as Tensor),
    { axis: at },
  );
}

/** The block that starts at `begin` and has `size` elements an axis (-1: to the end). */
export const slice = <S extends Shape, const B extends readonly number[], const Z extends readonly number[]>(
  x: Tensor<S>,
  begin: B,
  size: Z & Valid<Slice<S, B, Z>>,
): Tensor<Resolve<Slice<S, B, Z>>> =>
  apply('slice', [x], {
    begin,
    size: (size as readonly number[]).map((length, axis) =>
      length === -1 ? x.shape[axis]! - begin[axis]! : length,
    ),
  });

/** Surrounds x with `value`; one [before, after] an axis. */
export const pad = <S extends Shape, const P extends readonly (readonly [number, number])[]>(
  x: Tensor<S>,
  paddings: P & Valid<Pad<S, P>>,
  value = 0,
): Tensor<Resolve<Pad<S, P>>> => apply('pad', [x], { paddings, value });

/**
 * Slices of x along `axis` at int32 `indices`; an index outside is an error.
 *
 * @param x [..., n, ...] with n along `axis`
 * @param indices any shape; it takes the place of that axis
 * @throws TensorError for indices that are not int32, or an axis that x does not have
 */
export const gather = <S extends Shape, I extends Shape, const A extends number = 0>(
  x: Tensor<S>,
  indices: Tensor<I>,
  axis?: A,
): Tensor<Resolve<Gather<S, I, A>>> =>
  apply('gather', [x, indices], { axis: resolveAxis('gather', axis ?? 0, x.rank) });

/**
 * A new last axis of length `depth`: 1 at the index, 0 elsewhere; an index outside [0, depth) gives zeros.
 *
 * @param indices int32, shape [...]
 * @returns [..., depth]
 */
export const oneHot = <S extends Shape, const D extends number>(
  indices: Tensor<S>,
  depth: D,
): Tensor<Resolve<OneHot<S, D>>> => apply('oneHot', [indices], { depth });

/**
 * The value itself, a constant for differentiation.
 * Any shape.
 */
export const stopGradient = <S extends Shape>(x: Tensor<S>): Tensor<S> => apply('stopGradient', [x], {});

/**
 * Bilinear up-sampling of NHWC images by 2, half-pixel centres, edges clamped: weights 1/4 and 3/4 (as Keras' UpSampling2D).
 * [n,h,w,c] -> [n,2h,2w,c].
 *
 * @throws TensorError when x does not have four axes
 */
export function upsampleBilinear2x(x: Tensor): Tensor {
  if (x.rank !== 4)
    throw new TensorError(
      'upsampleBilinear2x',
      `${showShape(x.shape)} is not [batch, height, width, channels].`,
    );
  return doubleAxis(doubleAxis(x, 1), 2);
}

function doubleAxis(x: Tensor, axis: number): Tensor {
  const length = x.shape[axis]!;
  const piece = (from: number, count: number): Tensor =>
    slice(
      x,
      x.shape.map((_, k) => (k === axis ? from : 0)),
      x.shape.map((n, k) => (k === axis ? count : n)),
    ) as Tensor;
  const previous = concat([piece(0, 1), piece(0, length - 1)], axis) as Tensor;
  const next = concat([piece(1, length - 1), piece(length - 1, 1)], axis) as Tensor;
  const blend = (neighbour: Tensor): Tensor =>
    add(mul(neighbour, 0.25) as Tensor, mul(x, 0.75) as Tensor) as Tensor;
  const interleaved = stack([blend(previous), blend(next)], axis + 1) as Tensor;
  return reshape(
    interleaved,
    x.shape.map((n, k) => (k === axis ? 2 * n : n)),
  ) as Tensor;
}
