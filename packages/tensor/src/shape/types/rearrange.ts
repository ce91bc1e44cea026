/** The same elements under another shape or in another order of axes. */
import type { AxisKey, InsertAt, OutsideError, SpliceAt } from './axes.js';
import type { DivideWithRest, Product } from './length.js';
import type { HasRank, IsLength, IsLiteral, IsSame, Shape, ShapeError, Show, Unknowns } from './shape.js';

/** Checks element counts once the lengths that both shapes begin with are set aside (which a type parameter may be). */
type Fit<S extends Shape, T extends Shape, WholeS extends Shape, WholeT extends Shape> =
  T extends readonly [infer FirstT extends number, ...infer RestT extends Shape]
    ? S extends readonly [infer FirstS extends number, ...infer RestS extends Shape]
      ? FirstT extends 0 ? Counted<S, T, WholeS, WholeT>
        : IsSame<FirstS, FirstT> extends true
          ? number extends FirstS ? [...WholeT] : Fit<RestS, RestT, WholeS, WholeT>
          : Counted<S, T, WholeS, WholeT>
      : Counted<S, T, WholeS, WholeT>
    : Counted<S, T, WholeS, WholeT>;

type Counted<S extends Shape, T extends Shape, WholeS extends Shape, WholeT extends Shape> =
  [Product<S>, Product<T>] extends [infer Have extends number, infer Want extends number]
    ? IsSame<Have, Want> extends true ? [...WholeT]
      : [IsLength<Have>, IsLength<Want>] extends [true, true]
        ? ShapeError<`reshape: ${Show<WholeS>} has ${Product<WholeS>} elements, ${Show<WholeT>} has ${Product<WholeT>}`>
        : [...WholeT]
    : never;

type FillIn<S extends Shape, T extends Shape, Before extends Shape, After extends Shape> =
  [Product<S>, Product<[...Before, ...After]>] extends [infer Have extends number, infer Rest extends number]
    ? DivideWithRest<Have, Rest> extends [infer Length extends number, infer Left extends number]
      ? [DivideWithRest<Have, Rest>] extends [never]
        ? ShapeError<`reshape: ${Show<S>} to ${Show<T>}: -1 cannot be worked out beside a length of 0`>
        : number extends Left ? [...Before, Length, ...After]
        : Left extends 0 ? [...Before, Length, ...After]
        : ShapeError<`reshape: the ${Have} elements of ${Show<S>} do not divide by the ${Rest} of the known lengths of ${Show<T>}`>
      : never
    : never;

/** Splits T at its first -1. */
type Open<S extends Shape, T extends Shape, Whole extends Shape, Before extends Shape = []> =
  T extends readonly [infer First extends number, ...infer Rest extends Shape]
    ? First extends -1
      ? HasMinusOne<Rest> extends true
        ? ShapeError<`reshape: ${Show<Whole>} leaves more than one length open; one -1 at most`>
        : FillIn<S, Whole, Before, Rest>
      : Open<S, Rest, Whole, [...Before, First]>
    : never;

/** The shape `T`, with -1 worked out, when it has as many elements as `S`. */
export type Reshape<S extends Shape, T extends Shape> =
  HasRank<T> extends true
    ? HasMinusOne<T> extends true
      ? HasRank<S> extends true ? Open<S, T, T> : { -readonly [Axis in keyof T]: T[Axis] extends -1 ? number : T[Axis] }
      : HasRank<S> extends true ? Fit<S, T, S, T> : [...T]
    : Shape;

type HasMinusOne<T extends Shape> = T extends readonly [infer First, ...infer Rest extends Shape]
  ? First extends -1 ? true : HasMinusOne<Rest>
  : false;

type Reverse<S extends Shape, Done extends Shape = []> = S extends readonly [infer First extends number, ...infer Rest extends Shape]
  ? Reverse<Rest, [First, ...Done]>
  : Done;

type Permute<S extends Shape, Perm extends Shape, Whole extends Shape, Seen extends string = never, Done extends Shape = []> =
  Perm extends readonly [infer Axis extends number, ...infer Rest extends Shape]
    ? IsLiteral<Axis> extends true
      ? `${Axis}` extends keyof S & string
        ? `${Axis}` extends Seen
          ? NotAnOrder<S, Whole>
          : Permute<S, Rest, Whole, Seen | `${Axis}`, [...Done, S[Axis]]>
        : NotAnOrder<S, Whole>
      : Unknowns<S>
    : Done;

type NotAnOrder<S extends Shape, Perm extends Shape> =
  ShapeError<`transpose: ${Show<Perm>} is not an order of the ${S['length']} axes of ${Show<S>}. Name each axis once, counting from 0`>;

/** Axis k of the result is axis `Perm[k]` of `S`; without `Perm` the axes are reversed. */
export type Transpose<S extends Shape, Perm extends readonly number[] | undefined = undefined> =
  HasRank<S> extends true
    ? [Perm] extends [undefined] ? Reverse<S>
      : [Perm] extends [Shape]
        ? HasRank<Perm> extends true
          ? IsSame<Perm['length'], S['length']> extends true ? Permute<S, Perm, Perm> : NotAnOrder<S, Perm>
          : Unknowns<S>
        : Unknowns<S>
    : Shape;

/** A new axis of length 1 at `Axis` of the result; negative axes count from the back of the result. */
export type ExpandDims<S extends Shape, Axis extends number> =
  HasRank<S> extends true
    ? IsLiteral<Axis> extends true
      ? [AxisKey<[...S, 1], Axis>] extends [never] ? OutsideError<'expandDims', [...S, 1], Axis> : InsertAt<S, AxisKey<[...S, 1], Axis>, 1>
      : Unknowns<[...S, 1]>
    : Shape;

/** `S` without `Axis`, whose length must be 1. */
export type Squeeze<S extends Shape, Axis extends number> =
  HasRank<S> extends true
    ? IsLiteral<Axis> extends true
      ? [AxisKey<S, Axis>] extends [never] ? OutsideError<'squeeze', S, Axis>
        : S[AxisKey<S, Axis>] extends infer Length extends number
          ? Length extends 1 ? SpliceAt<S, AxisKey<S, Axis>, []>
            : IsLength<Length> extends true
              ? ShapeError<`squeeze: axis ${Axis} of ${Show<S>} has length ${Length}; only an axis of length 1 can go`>
              : SpliceAt<S, AxisKey<S, Axis>, []>
          : never
      : S extends readonly [number, ...infer Rest extends Shape] ? Unknowns<Rest> : OutsideError<'squeeze', S, Axis>
    : Shape;

/** `S` and a new last axis of length `Depth`. */
export type OneHot<S extends Shape, Depth extends number> = HasRank<S> extends true ? [...S, Depth] : Shape;
