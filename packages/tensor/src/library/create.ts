/** Making tensors from numbers, nested arrays, typed arrays and ndarrays. */
import type { NdArray } from 'ndarray';
import type { DType, TypedArray } from '../dtype.js';
import { TensorError, showShape } from '../errors.js';
import { apply } from '../graph/apply.js';
import { bringEngine } from '../graph/engine.js';
import type { Tensor } from '../graph/tensor.js';
import { fromHost } from '../graph/tensor.js';
import { checkShape, sameShape, sizeOf, stridesOf } from '../shape/rules.js';
import type { Shape } from '../shape/types.js';

/** Nested readonly arrays of numbers. */
export type Nested = number | readonly Nested[];

/** Shape of nested arrays given as a literal: `[[1, 2], [3, 4]]` -> `[2, 2]`. */
export type NestedShape<N> = N extends number
  ? []
  : N extends readonly []
    ? [0]
    : N extends readonly [infer First, ...unknown[]]
      ? [N['length'], ...NestedShape<First>]
      : N extends readonly (infer Item)[]
        ? [number, ...NestedShape<Item>]
        : Shape;

/**
 * A tensor from nested arrays (`tensor([[1, 2], [3, 4]])`) or from a typed array with a shape
 * (`tensor(new Float32Array(6), [2, 3])`). Typed arrays are shared, not copied: do not write to them afterwards.
 * A `Float64Array` keeps its precision for double-precision backends.
 *
 * @throws TensorError when rows have different lengths, or the shape has another number of elements.
 */
export function tensor<const N extends Nested>(
  values: N,
  options?: { readonly dtype?: DType },
): Tensor<NestedShape<N>>;
export function tensor<const S extends Shape>(
  values: TypedArray | readonly number[],
  shape: S,
  options?: { readonly dtype?: DType },
): Tensor<S>;
export function tensor(
  values: Nested | TypedArray,
  shapeOrOptions?: Shape | { readonly dtype?: DType },
  maybeOptions?: { readonly dtype?: DType },
): Tensor {
  const shapeGiven = Array.isArray(shapeOrOptions) ? (shapeOrOptions as Shape) : undefined;
  const options = shapeGiven ? maybeOptions : (shapeOrOptions as { readonly dtype?: DType } | undefined);
  if (ArrayBuffer.isView(values)) return fromTyped(values, shapeGiven ?? [values.length], options?.dtype);
  const shape = nestedShape(values);
  const flat = (Array.isArray(values) ? (values as unknown[]).flat(Infinity) : [values]) as number[];
  if (flat.length !== sizeOf(shape)) {
    throw new TensorError(
      'tensor',
      `the nested arrays are ragged: the first row of each level says ${showShape(shape)}, but there are ${flat.length} numbers.`,
    );
  }
  const dtype = options?.dtype ?? 'float32';
  return fromTyped(
    dtype === 'int32' ? Int32Array.from(flat) : Float32Array.from(flat),
    shapeGiven ?? shape,
    dtype,
  );
}

function nestedShape(values: Nested): number[] {
  const shape: number[] = [];
  for (let level: Nested | undefined = values; Array.isArray(level); level = (level as readonly Nested[])[0])
    shape.push(level.length);
  return shape;
}

function fromTyped(values: TypedArray, shape: Shape, dtype?: DType): Tensor {
  checkShape('tensor', shape);
  if (values.length !== sizeOf(shape)) {
    throw new TensorError(
      'tensor',
      `${values.length} numbers do not fill the shape ${showShape(shape)}, which has ${sizeOf(shape)} elements.`,
    );
  }
  const kind = values instanceof Int32Array ? 'int32' : 'float32';
  const wanted = dtype ?? kind;
  const contents =
    wanted === kind ? values : wanted === 'int32' ? Int32Array.from(values) : Float32Array.from(values);
  return fromHost(contents, shape, wanted);
}

/** The tensor of shape [] that holds `value`. */
export const scalar = (value: number, dtype: DType = 'float32'): Tensor<[]> =>
  fromHost(dtype === 'int32' ? Int32Array.of(value) : Float32Array.of(value), [], dtype);

/** Every element is `value`; takes no memory until something needs it laid out. */
export function fill<const S extends Shape>(shape: S, value: number, dtype: DType = 'float32'): Tensor<S> {
  checkShape('fill', shape);
  bringEngine();
  return apply('fill', [], { value, shape, dtype });
}

/** All zeros, of the given shape. */
export const zeros = <const S extends Shape>(shape: S, dtype: DType = 'float32'): Tensor<S> =>
  fill(shape, 0, dtype);
/** All ones, of the given shape. */
export const ones = <const S extends Shape>(shape: S, dtype: DType = 'float32'): Tensor<S> =>
  fill(shape, 1, dtype);
/** Zeros of the shape and type of `like`. */
export const zerosLike = <S extends Shape>(like: Tensor<S>): Tensor<S> => fill(like.shape, 0, like.dtype);
/** Ones of the shape and type of `like`. */
export const onesLike = <S extends Shape>(like: Tensor<S>): Tensor<S> => fill(like.shape, 1, like.dtype);

/**
 * `count` int32 numbers 0, 1, ...
 * Shape [count].
 */
export const range = <const N extends number>(count: N): Tensor<[N]> =>
  fromHost(
    Int32Array.from({ length: count }, (_, index) => index),
    [count],
    'int32',
  );

/**
 * From a host view; shares its memory when it is a row-major typed array of the right kind.
 *
 * @returns a tensor of the array's shape: int32 for an Int32Array, else float32
 * @throws TensorError when the array's shape is none (a length that is not a whole number)
 */
export function fromNdarray(array: NdArray): Tensor {
  const shape = [...array.shape];
  const data = array.data as unknown;
  const typed = data instanceof Float32Array || data instanceof Float64Array || data instanceof Int32Array;
  const rowMajor = sameShape(array.stride, stridesOf(shape)) && array.offset === 0;
  if (typed && rowMajor && data.length === sizeOf(shape)) return fromTyped(data, shape);
  const copy =
    data instanceof Float64Array || Array.isArray(data)
      ? new Float64Array(sizeOf(shape))
      : data instanceof Int32Array
        ? new Int32Array(sizeOf(shape))
        : new Float32Array(sizeOf(shape));
  const index = new Array<number>(shape.length).fill(0);
  for (let position = 0; position < copy.length; position++) {
    copy[position] = array.get(...index);
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--) index[axis] = 0;
  }
  return fromTyped(copy, shape);
}

/** Operands of arithmetic: tensors, or numbers that stand for scalars. */
export type Operand<S extends Shape = Shape> = Tensor<S> | number;

/** A number as a scalar node, a tensor as it is. */
export const asTensor = (operand: Operand): Tensor =>
  typeof operand === 'number' ? fill([], operand) : operand;
