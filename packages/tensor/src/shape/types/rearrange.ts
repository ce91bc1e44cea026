/** The same elements under another shape or in another order of axes. */
import type { AxisKey, InsertAt, OutsideError, OutsideResult, SpliceAt } from './axes.js';
import type { DivideWithRest, Product } from './length.js';
import type {
  Agree,
  Differ,
  HasRank,
  IsLength,
  IsLiteral,
  IsSame,
  Shape,
  ShapeError,
  Show,
  Unknowns,
} from './shape.js';

/**
 * What both shapes begin with is set aside first. That saves products, and lets a type parameter through:
 * `[Batch, 28, 28, 1]` to `[Batch, 784]`.
 */
type Fit<S extends Shape, T extends Shape, WholeS extends Shape, WholeT extends Shape> = [S, T] extends [
  readonly [infer FirstS, ...infer RestS extends Shape],
  readonly [infer FirstT, ...infer RestT extends Shape],
]
  ? IsSame<FirstS, FirstT> extends true
    ? Fit<RestS, RestT, WholeS, WholeT>
    : Decide<S, T, WholeS, WholeT>
  : Decide<S, T, WholeS, WholeT>;

type Decide<S extends Shape, T extends Shape, WholeS extends Shape, WholeT extends Shape> =
  Opened<T> extends []
    ? Counted<S, T, WholeS, WholeT>
    : Opened<T> extends [1]
      ? Open<WholeS, WholeT, WholeT>
      : ManyOpen<WholeT>;

/** The number of -1s in `T`, as the length of a tuple. */
type Opened<T extends Shape, Count extends readonly 1[] = []> = T extends readonly [
  infer First extends number,
  ...infer Rest extends Shape,
]
  ? Opened<Rest, IsSame<First, -1> extends true ? [...Count, 1] : Count>
  : Count;

type ManyOpen<T extends Shape> =
  ShapeError<`reshape: ${Show<T>} leaves more than one length open; one -1 at most`>;

type IsZero<N> = IsSame<N, 0>;

/** The first literal in `T` that is not a length (-2, 2.5), or `never`. */
type NoLength<T extends Shape> = T extends readonly [infer First extends number, ...infer Rest extends Shape]
  ? [IsLiteral<First>, IsLength<First>] extends [true, false]
    ? First
    : NoLength<Rest>
  : never;

type Counted<S extends Shape, T extends Shape, WholeS extends Shape, WholeT extends Shape> = [
  NoLength<T>,
] extends [never]
  ? Compared<S, T, WholeS, WholeT>
  : NotALength<WholeT, NoLength<T>>;

type NotALength<
  T extends Shape,
  N extends number,
> = ShapeError<`reshape: ${N} in ${Show<T>} is not a length`>;

/** Equal remainders suffice; else the whole counts decide (a length of 0 or an unknown one may have been set aside). */
type Compared<S extends Shape, T extends Shape, WholeS extends Shape, WholeT extends Shape> =
  IsSame<Product<S>, Product<T>> extends true
    ? [...WholeT]
    : Differ<Product<WholeS>, Product<WholeT>> extends true
      ? ShapeError<`reshape: ${Show<WholeS>} has ${Product<WholeS>} elements, ${Show<WholeT>} has ${Product<WholeT>}`>
      : [...WholeT];

/** Works out the length between `Before` and `After`, again without what the shapes share at the front and at the back. */
type FillIn<
  S extends Shape,
  T extends Shape,
  Before extends Shape,
  After extends Shape,
  RestS extends Shape,
  RestBefore extends Shape,
  RestAfter extends Shape,
> = [RestS, RestBefore] extends [
  readonly [infer FirstS, ...infer OthersS extends Shape],
  readonly [infer FirstT, ...infer OthersT extends Shape],
]
  ? IsZero<FirstT> extends true
    ? Divided<S, T, Before, After, RestS, [...RestBefore, ...RestAfter]>
    : Agree<FirstS, FirstT> extends true
      ? FillIn<S, T, Before, After, OthersS, OthersT, RestAfter>
      : Divided<S, T, Before, After, RestS, [...RestBefore, ...RestAfter]>
  : [RestS, RestAfter] extends [
        readonly [...infer OthersS extends Shape, infer LastS],
        readonly [...infer OthersT extends Shape, infer LastT],
      ]
    ? IsZero<LastT> extends true
      ? Divided<S, T, Before, After, RestS, [...RestBefore, ...RestAfter]>
      : Agree<LastS, LastT> extends true
        ? FillIn<S, T, Before, After, OthersS, RestBefore, OthersT>
        : Divided<S, T, Before, After, RestS, [...RestBefore, ...RestAfter]>
    : Divided<S, T, Before, After, RestS, [...RestBefore, ...RestAfter]>;

type Divided<
  S extends Shape,
  T extends Shape,
  Before extends Shape,
  After extends Shape,
  RestS extends Shape,
  RestT extends Shape,
> = [NoLength<RestT>] extends [never]
  ? Quotient<S, T, Before, After, RestS, RestT>
  : NotALength<T, NoLength<RestT>>;

type Quotient<
  S extends Shape,
  T extends Shape,
  Before extends Shape,
  After extends Shape,
  RestS extends Shape,
  RestT extends Shape,
> = [DivideWithRest<Product<RestS>, Product<RestT>>] extends [never]
  ? ShapeError<`reshape: ${Show<S>} to ${Show<T>}: -1 cannot be worked out beside a length of 0`>
  : DivideWithRest<Product<RestS>, Product<RestT>> extends [
        infer Length extends number,
        infer Left extends number,
      ]
    ? Differ<Left, 0> extends true
      ? ShapeError<`reshape: ${Show<S>} has ${Product<S>} elements, which do not divide by the ${Product<[...Before, ...After]>} of the other lengths of ${Show<T>}`>
      : [...Before, Length, ...After]
    : never;

/** Splits `T` at its -1. */
type Open<
  S extends Shape,
  T extends Shape,
  Whole extends Shape,
  Before extends Shape = [],
> = T extends readonly [infer First extends number, ...infer Rest extends Shape]
  ? IsSame<First, -1> extends true
    ? FillIn<S, Whole, Before, Rest, S, Before, Rest>
    : Open<S, Rest, Whole, [...Before, First]>
  : never;

/** The target of a shape of unknown rank. */
type Unchecked<T extends Shape> =
  Opened<T> extends [] | [1]
    ? { -readonly [Axis in keyof T]: T[Axis] extends -1 ? number : T[Axis] }
    : ManyOpen<T>;

/** The shape `T`, with at most one -1 worked out, when it has as many elements as `S`. */
export type Reshape<S extends Shape, T extends Shape> =
  HasRank<T> extends true ? (HasRank<S> extends true ? Fit<S, T, S, T> : Unchecked<T>) : Shape;

type Reverse<S extends Shape, Done extends Shape = []> = S extends readonly [
  infer First extends number,
  ...infer Rest extends Shape,
]
  ? Reverse<Rest, [First, ...Done]>
  : Done;

type Permute<
  S extends Shape,
  Perm extends Shape,
  Whole extends Shape,
  Seen extends string = never,
  Done extends Shape = [],
> = Perm extends readonly [infer Axis extends number, ...infer Rest extends Shape]
  ? IsLiteral<Axis> extends true
    ? `${Axis}` extends keyof S & string
      ? `${Axis}` extends Seen
        ? NotAnOrder<S, Whole>
        : Permute<S, Rest, Whole, Seen | `${Axis}`, [...Done, S[Axis]]>
      : NotAnOrder<S, Whole>
    : Unknowns<S>
  : Done;

type NotAnOrder<
  S extends Shape,
  Perm extends Shape,
> = ShapeError<`transpose: ${Show<Perm>} is not an order of the ${S['length']} axes of ${Show<S>}. Name each axis once, counting from 0`>;

/** Axis k of the result is axis `Perm[k]` of `S`; without `Perm` the axes are reversed. */
export type Transpose<S extends Shape, Perm extends readonly number[] | undefined = undefined> =
  HasRank<S> extends true
    ? [Perm] extends [undefined]
      ? Reverse<S>
      : [Perm] extends [Shape]
        ? HasRank<Perm> extends true
          ? IsSame<Perm['length'], S['length']> extends true
            ? Permute<S, Perm, Perm>
            : NotAnOrder<S, Perm>
          : Unknowns<S>
        : Unknowns<S>
    : Shape;

/** A new axis of length 1 at `Axis` of the result; negative axes count from the back of the result. */
export type ExpandDims<S extends Shape, Axis extends number> =
  HasRank<S> extends true
    ? IsLiteral<Axis> extends true
      ? [AxisKey<[...S, 1], Axis>] extends [never]
        ? OutsideResult<'expandDims', S, Axis>
        : InsertAt<S, AxisKey<[...S, 1], Axis>, 1>
      : Unknowns<[...S, 1]>
    : Shape;

/** `S` without `Axis`, whose length must be 1. */
export type Squeeze<S extends Shape, Axis extends number> =
  HasRank<S> extends true
    ? IsLiteral<Axis> extends true
      ? [AxisKey<S, Axis>] extends [never]
        ? OutsideError<'squeeze', S, Axis>
        : Differ<S[AxisKey<S, Axis>], 1> extends true
          ? ShapeError<`squeeze: axis ${Axis} of ${Show<S>} has length ${S[AxisKey<S, Axis>] & number}; only an axis of length 1 can go`>
          : SpliceAt<S, AxisKey<S, Axis>, []>
      : S extends readonly [number, ...infer Rest extends Shape]
        ? Unknowns<Rest>
        : ShapeError<'squeeze: a scalar has no axis to remove'>
    : Shape;

/** `S` and a new last axis of length `Depth`. */
export type OneHot<S extends Shape, Depth extends number> = HasRank<S> extends true ? [...S, Depth] : Shape;
