/**
 * What the rules of `types.ts` give, read by the type check. `types.test.ts` compares them with the rules at run time on
 * random shapes; here stands what an example shows better: unknown lengths and ranks, type parameters, signatures.
 */
import { expectTypeOf } from 'vitest';
import type {
  Broadcast,
  BroadcastTo,
  Concat,
  Conv2d,
  Dense,
  Einsum,
  ExpandDims,
  Gather,
  IsLiteral,
  MatMul,
  OneHot,
  Pad,
  Product,
  Reduce,
  Reshape,
  Resolve,
  Shape,
  ShapeError,
  Slice,
  Squeeze,
  Stack,
  Transpose,
  Valid,
  Writable,
} from './types.js';
import type { Add, DivideWithRest, Multiply, Subtract } from './types/length.js';

/** Fails to compile unless `Actual` is exactly `Expected`. */
const gives = <Actual, Expected>(
  ..._same: Same<Actual, Expected> extends true ? [] : [Actual, 'is not', Expected]
): void => undefined;
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

// The check itself can fail.
// @ts-expect-error two different types
gives<[2, 3], [2, number]>();
// @ts-expect-error an error is no shape
gives<MatMul<[2, 3], [4, 5]>, [2, 5]>();

// Numbers: carries, borrows, zeros, sizes far beyond what tuples can count.
gives<Add<999, 1>, 1000>();
gives<Add<0, 0>, 0>();
gives<Add<5, 1000000>, 1000005>();
gives<Subtract<1000, 1>, 999>();
gives<Subtract<7, 7>, 0>();
gives<Subtract<7, 8>, never>();
gives<Subtract<7, 10>, never>();
gives<Multiply<784, 36864>, 28901376>();
gives<Multiply<1000000, 2147>, 2147000000>();
gives<Multiply<5, 0>, 0>();
gives<DivideWithRest<28901377, 784>, [36864, 1]>();
gives<DivideWithRest<5, 7>, [0, 5]>();
gives<DivideWithRest<5, 0>, never>();
gives<Product<[16, 28, 28, 1]>, 12544>();
gives<Product<[46341, 46341]>, 2147488281>();
gives<Product<[]>, 1>();
gives<Product<[3, 0, 5]>, 0>();
// Beyond 2^53 the product of two lengths is no longer a literal the compiler can write down.
gives<Product<[999999999, 999999999]>, number>();
gives<Product<[number, 5]>, number>();
gives<Product<Shape>, number>();
gives<IsLiteral<784>, true>();
gives<IsLiteral<-1>, true>();
gives<IsLiteral<number>, false>();
gives<IsLiteral<5 | 10>, false>();

// Broadcasting.
gives<Broadcast<[8, 1, 6], [7, 1]>, [8, 7, 6]>();
gives<Broadcast<readonly [2, 3], readonly [2, 1]>, [2, 3]>();
gives<Broadcast<[], [4]>, [4]>();
gives<Broadcast<[0], [1]>, [0]>();
gives<Broadcast<[number, 10], [5, 1]>, [5, 10]>();
gives<Broadcast<[number], [1]>, [number]>();
gives<Broadcast<[1], [number]>, [number]>();
gives<Broadcast<[5 | 10, 2], [10, 2]>, [10, 2]>();
gives<Broadcast<Shape, [2]>, Shape>();
gives<Broadcast<[2] | [2, 3], [2]>, Shape>();
gives<BroadcastTo<[3, 1], [2, 3, 4]>, [2, 3, 4]>();
gives<BroadcastTo<Shape, [2, 3]>, [2, 3]>();
gives<BroadcastTo<[number], [4]>, [4]>();

// Products.
gives<MatMul<[32, 784], [784, 10]>, [32, 10]>();
gives<MatMul<[32, 784], [10, 784], false, true>, [32, 10]>();
gives<MatMul<[784, 32], [10, 784], true, true>, [32, 10]>();
gives<MatMul<[784, 32], [10, 784], boolean, true>, [number, 10]>();
gives<MatMul<[5, 1, 2, 3], [4, 3, 7]>, [5, 4, 2, 7]>();
gives<MatMul<[number, number], [784, 10]>, [number, 10]>();
gives<MatMul<Shape, [784, 10]>, Shape>();
gives<Dense<[2, 3, 784], [784, 10]>, [2, 3, 10]>();
gives<Dense<[number], [784, number]>, [number]>();
gives<Dense<Shape, [784, 10]>, Shape>();

// Reshape and order.
gives<Reshape<[16, 9, 9, 128], [16, 10368]>, [16, 10368]>();
gives<Reshape<[16, 9, 9, 128], readonly [16, -1]>, [16, 10368]>();
gives<Reshape<[16, 9, 9, 128], [-1, 128]>, [1296, 128]>();
gives<Reshape<[number, 9, 9, 128], [-1, 10368]>, [number, 10368]>();
gives<Reshape<[number, 28], [number, 14]>, [number, 14]>();
gives<Reshape<[number, 9], [number, -1]>, [number, number]>();
gives<Reshape<Shape, [3, -1]>, [3, number]>();
gives<Reshape<[4], Shape>, Shape>();
gives<Reshape<[0, 3], [0, 7]>, [0, 7]>();
gives<Reshape<[], [1, 1]>, [1, 1]>();
gives<Transpose<[2, 3, 4]>, [4, 3, 2]>();
gives<Transpose<[2, 3, 4], [2, 0, 1]>, [4, 2, 3]>();
gives<Transpose<[2, 3, 4], number[]>, [number, number, number]>();
gives<Transpose<Shape, [1, 0]>, Shape>();
gives<ExpandDims<[2, 3], -1>, [2, 3, 1]>();
gives<ExpandDims<[], 0>, [1]>();
gives<ExpandDims<[2, 3], number>, [number, number, number]>();
gives<Squeeze<[2, 1, 3], -2>, [2, 3]>();
gives<Squeeze<[2, number, 3], 1>, [2, 3]>();
gives<Squeeze<[2, 1, 3], number>, [number, number]>();
gives<OneHot<[16], 10>, [16, 10]>();
gives<OneHot<Shape, 10>, Shape>();

// Reductions.
gives<Reduce<[2, 3, 4], 1>, [2, 4]>();
gives<Reduce<[2, 3, 4], -1, true>, [2, 3, 1]>();
gives<Reduce<[2, 3, 4], readonly [0, -1]>, [3]>();
gives<Reduce<[2, 3, 4], null, true>, [1, 1, 1]>();
gives<Reduce<Shape, null>, []>();
gives<Reduce<[2, 3, 4], number, true>, [number, number, number]>();
gives<Reduce<[2, 3, 4], number>, [number, number]>();
gives<Reduce<[2, 3, 4], 0 | 1>, [number, number]>();
gives<Reduce<[2, 3, 4], number[]>, Shape>();
gives<Reduce<[2, 3, 4], number | readonly number[] | null>, Shape>();
gives<Reduce<[2, 3, 4], 0, boolean>, Shape>();

// Pieces.
gives<Concat<[[2, 3], [2, 5], [2, 7]], -1>, [2, 15]>();
gives<Concat<readonly [readonly [2, 3], readonly [number, 3]], 1>, [2, 6]>();
gives<Concat<[[2, 3], [2, number]], 1>, [2, number]>();
gives<Concat<[number, 10][], 0>, [number, 10]>();
gives<Concat<[[2, 3], Shape], 0>, Shape>();
gives<Concat<[[2, 3], [4, 3]], number>, [number, number]>();
gives<Stack<[[2, 3], [2, 3]], -1>, [2, 3, 2]>();
gives<Stack<[2, 3][], 1>, [2, number, 3]>();
gives<Slice<[5, 6], [1, 2], [-1, 4]>, [4, 4]>();
gives<Slice<[number, 6], [1, 0], [-1, 2]>, [number, 2]>();
gives<Slice<[5, 6], number[], [1, 1]>, [number, number]>();
gives<Pad<[3, 4], [[1, 2], [0, 3]]>, [6, 7]>();
gives<Pad<[number, 4], readonly (readonly [number, number])[]>, [number, number]>();
gives<Gather<[2, 5, 3], [4, 6], 1>, [2, 4, 6, 3]>();
gives<Gather<[5, 3], []>, [3]>();
gives<Gather<[2, 5, 3], [4], number>, [number, number, number]>();

// Convolution: the layers of Efficient-CapsNet for 28x28 images, then what is not known.
gives<Conv2d<[16, 28, 28, 1], [5, 5, 1, 32]>, [16, 24, 24, 32]>();
gives<Conv2d<[16, 24, 24, 32], [3, 3, 32, 64]>, [16, 22, 22, 64]>();
gives<Conv2d<[16, 20, 20, 64], [3, 3, 64, 128], 2>, [16, 9, 9, 128]>();
gives<Conv2d<[16, 9, 9, 128], [9, 9, 1, 128], 1, 'valid', 128>, [16, 1, 1, 128]>();
gives<Conv2d<[16, 28, 27, 3], [5, 5, 3, 32], readonly [2, 3], 'same'>, [16, 14, 9, 32]>();
gives<Conv2d<[16, 4, 28, 3], [5, 5, 3, 32], 1, [[2, 2], [1, 0]]>, [16, 4, 25, 32]>();
gives<Conv2d<[number, number, 28, number], [5, 5, 3, 32]>, [number, number, 24, 32]>();
gives<Conv2d<[16, 28, 28, 3], [5, 5, 3, 32], number>, [16, number, number, 32]>();
gives<Conv2d<[16, 28, 28, 3], [5, 5, 3, 32], 1, 'valid' | 'same'>, [16, number, number, 32]>();
gives<Conv2d<[16, 28, 28, 6], [5, 5, 3, 32], 1, 'valid', number>, [16, 24, 24, 32]>();
gives<Conv2d<Shape, [5, 5, 3, 32]>, [number, number, number, 32]>();

// Einstein summation: prediction vectors, and the logits of self-attention routing.
gives<Einsum<'bji,kjiz->bkjz', [[16, 16, 8], [10, 16, 8, 16]]>, [16, 10, 16, 16]>();
gives<Einsum<'bkij,bkmj->bki', [[16, 10, 16, 16], [16, 10, 16, 16]]>, [16, 10, 16]>();
gives<Einsum<'ij , jk -> ki', [[16, 10], [10, 3]]>, [3, 16]>();
gives<Einsum<'ij->', [[16, 10]]>, []>();
gives<Einsum<'ij,jk->ikj', [[2, number], [10, 3]]>, [2, 3, 10]>();
gives<Einsum<'ij,jk->ik', [Shape, [10, 3]]>, [number, 3]>();
gives<Einsum<string, [[2], [3]]>, Shape>();
gives<Einsum<'ij,jk->ik', Shape[]>, Shape>();

// A rule that is broken gives an error, the use of which stays a shape.
expectTypeOf<MatMul<[2, 3], [4, 5]>>().toExtend<ShapeError<string>>();
gives<Resolve<MatMul<[2, 3], [4, 5]>>, Shape>();
gives<Resolve<MatMul<[2, 3], [3, 5]>>, [2, 5]>();
gives<Valid<MatMul<[2, 3], [3, 5]>>, unknown>();
gives<Writable<readonly [2, 3]>, [2, 3]>();

// In signatures.
interface Tensor<S extends Shape = Shape> {
  readonly shape: S;
}
declare function matmul<A extends Shape, B extends Shape>(
  a: Tensor<A>,
  b: Tensor<B> & Valid<MatMul<A, B>>,
): Tensor<Resolve<MatMul<A, B>>>;
declare function add<A extends Shape, B extends Shape>(
  a: Tensor<A>,
  b: Tensor<B> & Valid<Broadcast<A, B>>,
): Tensor<Resolve<Broadcast<A, B>>>;
declare function conv2d<X extends Shape, W extends Shape>(
  x: Tensor<X>,
  filter: Tensor<W> & Valid<Conv2d<X, W>>,
): Tensor<Resolve<Conv2d<X, W>>>;
declare function reshape<S extends Shape, const T extends Shape>(
  x: Tensor<S>,
  shape: T & Valid<Reshape<S, T>>,
): Tensor<Resolve<Reshape<S, T>>>;
declare function sum<S extends Shape, const A extends number | readonly number[] | null = null>(
  x: Tensor<S>,
  axis?: A,
): Tensor<Resolve<Reduce<S, A>>>;
declare const images: Tensor<[32, 784]>;
declare const unknown: Tensor;

export const product = matmul(images, null! as Tensor<[784, 10]>);
gives<typeof product, Tensor<[32, 10]>>();
// @ts-expect-error wrong inner dimension
matmul(images, null! as Tensor<[10, 784]>);
export const free = matmul(images, unknown);
gives<typeof free, Tensor>();
// @ts-expect-error wrong element count
reshape(images, [32, 28, 29]);
export const squares = reshape(images, [-1, 28, 28]);
gives<typeof squares, Tensor<[32, 28, 28]>>();

/** Any batch: a type parameter passes through every layer, with the shapes still checked. */
export function network<Batch extends number>(
  x: Tensor<[Batch, 28, 28, 1]>,
  filter: Tensor<[5, 5, 1, 32]>,
  kernel: Tensor<[18432, 10]>,
  bias: Tensor<[10]>,
): Tensor<[Batch, 10]> {
  const features = conv2d(x, filter);
  gives<typeof features, Tensor<[Batch, 24, 24, 32]>>();
  const flat = reshape(add(features, features), [x.shape[0], 18432]);
  // @ts-expect-error wrong inner dimension, whatever the batch
  matmul(flat, null! as Tensor<[18431, 10]>);
  return add(matmul(flat, kernel), bias);
}
export const scores = network(null! as Tensor<[16, 28, 28, 1]>, null!, null!, null!);
gives<typeof scores, Tensor<[16, 10]>>();

/** Any shape: the result of a rule not yet known is still a shape. */
export function anything<S extends Shape, T extends Shape>(
  x: Tensor<S>,
  y: Tensor<Resolve<Broadcast<S, T>>>,
): readonly [Shape, Tensor] {
  return [sum(x).shape, y];
}
