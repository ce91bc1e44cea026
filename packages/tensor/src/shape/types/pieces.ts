/** Joining tensors and taking parts of them. */
import type {
  AxisKey,
  DropFirst,
  InsertAt,
  OutsideError,
  OutsideResult,
  ReplaceAt,
  SpliceAt,
} from './axes.js';
import type { Add, Subtract } from './length.js';
import type {
  Differ,
  HasRank,
  IsLiteral,
  IsSame,
  Known,
  Shape,
  ShapeError,
  Show,
  Unknowns,
} from './shape.js';

/** Do all the shapes have a known rank? */
type HaveRanks<Shapes extends readonly Shape[]> = Shapes extends readonly [
  infer First extends Shape,
  ...infer Rest extends readonly Shape[],
]
  ? HasRank<First> extends true
    ? HaveRanks<Rest>
    : false
  : Shapes extends readonly []
    ? true
    : false;

/** Merges two shapes that agree; the lengths at `Key` are added instead (a `Key` of `never` adds none). */
type Merge<
  Op extends string,
  Key extends string,
  A extends Shape,
  B extends Shape,
  RestA extends Shape = A,
  RestB extends Shape = B,
  Done extends Shape = [],
> = RestA extends readonly [infer FirstA extends number, ...infer OthersA extends Shape]
  ? RestB extends readonly [infer FirstB extends number, ...infer OthersB extends Shape]
    ? `${Done['length']}` extends Key
      ? Merge<Op, Key, A, B, OthersA, OthersB, [...Done, Add<FirstA, FirstB>]>
      : Differ<FirstA, FirstB> extends true
        ? ShapeError<`${Op}: ${Show<A>} and ${Show<B>} disagree on axis ${Done['length']} (${FirstA} and ${FirstB})`>
        : Merge<Op, Key, A, B, OthersA, OthersB, [...Done, Known<FirstA, FirstB>]>
    : RanksDiffer<Op, A, B>
  : RestB extends readonly []
    ? Done
    : RanksDiffer<Op, A, B>;

type RanksDiffer<
  Op extends string,
  A extends Shape,
  B extends Shape,
> = ShapeError<`${Op}: ${Show<A>} and ${Show<B>} have different numbers of axes`>;

type MergeAll<
  Op extends string,
  Key extends string,
  Done extends Shape,
  Rest extends readonly Shape[],
> = Rest extends readonly [infer Next extends Shape, ...infer Others extends readonly Shape[]]
  ? Merge<Op, Key, Done, Next> extends infer Merged extends Shape
    ? MergeAll<Op, Key, Merged, Others>
    : Merge<Op, Key, Done, Next>
  : Done;

type Nothing<Op extends string> = ShapeError<`${Op}: needs at least one tensor`>;

/** Shapes joined along an existing axis: its lengths add up, the others agree. */
export type Concat<Shapes extends readonly Shape[], Axis extends number> = number extends Shapes['length']
  ? HasRank<Shapes[number]> extends true
    ? IsLiteral<Axis> extends true
      ? ConcatMany<Shapes[number], Axis>
      : Unknowns<Shapes[number]>
    : Shape
  : Shapes extends readonly [infer First extends Shape, ...infer Rest extends readonly Shape[]]
    ? HaveRanks<Shapes> extends true
      ? IsLiteral<Axis> extends true
        ? [AxisKey<First, Axis>] extends [never]
          ? OutsideError<'concat', First, Axis>
          : MergeAll<'concat', AxisKey<First, Axis>, [...First], Rest>
        : Unknowns<First>
      : Shape
    : Shapes extends readonly []
      ? Nothing<'concat'>
      : Shape;

/** A list of unknown length of pieces of one shape. */
type ConcatMany<S extends Shape, Axis extends number> = [AxisKey<S, Axis>] extends [never]
  ? OutsideError<'concat', S, Axis>
  : ReplaceAt<S, AxisKey<S, Axis>, number>;

type StackAt<S extends Shape, Axis extends number, Count extends number> =
  IsLiteral<Axis> extends true
    ? [AxisKey<[...S, 1], Axis>] extends [never]
      ? OutsideResult<'stack', S, Axis>
      : InsertAt<S, AxisKey<[...S, 1], Axis>, Count>
    : Unknowns<[...S, 1]>;

/** Shapes that agree, joined along a new axis. */
export type Stack<Shapes extends readonly Shape[], Axis extends number> = number extends Shapes['length']
  ? HasRank<Shapes[number]> extends true
    ? StackAt<Shapes[number], Axis, number>
    : Shape
  : Shapes extends readonly [infer First extends Shape, ...infer Rest extends readonly Shape[]]
    ? HaveRanks<Shapes> extends true
      ? MergeAll<'stack', never, First, Rest> extends infer Merged extends Shape
        ? StackAt<Merged, Axis, Shapes['length']>
        : MergeAll<'stack', never, First, Rest>
      : Shape
    : Shapes extends readonly []
      ? Nothing<'stack'>
      : Shape;

/** Length of the part of an axis. */
type Part<Length extends number, Begin extends number, Size extends number> =
  IsSame<Size, -1> extends true ? Remaining<Length, Begin> : Size;

type Remaining<Length extends number, Begin extends number> =
  IsSame<Begin, 0> extends true ? Length : Subtract<Length, Begin>;

/** Does the part lie outside its axis, as far as is known? */
type Outside<Length extends number, Begin extends number, Size extends number> =
  IsSame<Begin, 0> extends true
    ? IsSame<Size, -1> extends true
      ? false
      : OutsideBy<Length, Size, Size>
    : `${Begin}` extends `-${string}`
      ? true
      : IsSame<Size, -1> extends true
        ? IsNever<Subtract<Length, Begin>>
        : OutsideBy<Length, Add<Begin, Size>, Size>;

type OutsideBy<Length extends number, End extends number, Size extends number> =
  IsSame<Length, End> extends true
    ? false
    : `${Size}` extends `-${string}`
      ? true
      : IsNever<Subtract<Length, End>>;

type IsNever<N> = [N] extends [never] ? true : false;

type Parts<
  S extends Shape,
  Begin extends Shape,
  Size extends Shape,
  WholeS extends Shape,
  WholeBegin extends Shape,
  WholeSize extends Shape,
  Done extends Shape = [],
> = [S, Begin, Size] extends [
  readonly [infer Length extends number, ...infer RestS extends Shape],
  readonly [infer From extends number, ...infer RestBegin extends Shape],
  readonly [infer Count extends number, ...infer RestSize extends Shape],
]
  ? Outside<Length, From, Count> extends true
    ? ShapeError<`slice: begin ${Show<WholeBegin>}, size ${Show<WholeSize>} reaches outside ${Show<WholeS>} on axis ${Done['length']}`>
    : Parts<RestS, RestBegin, RestSize, WholeS, WholeBegin, WholeSize, [...Done, Part<Length, From, Count>]>
  : Done;

/** The block that starts at `Begin` and has `Size` elements an axis (-1: to the end). */
export type Slice<S extends Shape, Begin extends readonly number[], Size extends readonly number[]> =
  HasRank<S> extends true
    ? [HasRank<Begin>, HasRank<Size>] extends [true, true]
      ? [IsSame<Begin['length'], S['length']>, IsSame<Size['length'], S['length']>] extends [true, true]
        ? Parts<S, Begin, Size, S, Begin, Size>
        : ShapeError<`slice: begin ${Show<Begin>} and size ${Show<Size>} must have one number for each of the ${S['length']} axes of ${Show<S>}`>
      : Unknowns<S>
    : Shape;

type Pads = readonly (readonly [number, number])[];

type PadAll<S extends Shape, Paddings extends Pads, Done extends Shape = []> = [S, Paddings] extends [
  readonly [infer Length extends number, ...infer RestS extends Shape],
  readonly [readonly [infer Before extends number, infer After extends number], ...infer Rest extends Pads],
]
  ? `${Before}` extends `-${string}`
    ? NegativePad<Before, After>
    : `${After}` extends `-${string}`
      ? NegativePad<Before, After>
      : PadAll<RestS, Rest, [...Done, Add<Length, Add<Before, After>>]>
  : Done;

type NegativePad<
  Before extends number,
  After extends number,
> = ShapeError<`pad: [${Before},${After}] must not be negative. Use slice to take a part`>;

/** Each axis longer by its `[before, after]`. */
export type Pad<S extends Shape, Paddings extends readonly (readonly [number, number])[]> =
  HasRank<S> extends true
    ? number extends Paddings['length']
      ? Unknowns<S>
      : IsSame<Paddings['length'], S['length']> extends true
        ? PadAll<S, Paddings>
        : ShapeError<`pad: ${Show<S>} needs ${S['length']} pairs [before, after], got ${Paddings['length']}`>
    : Shape;

/** Slices of `S` along `Axis` at indices of shape `IndexShape`, whose axes take the place of `Axis`. */
export type Gather<S extends Shape, IndexShape extends Shape, Axis extends number = 0> = [
  HasRank<S>,
  HasRank<IndexShape>,
] extends [true, true]
  ? IsLiteral<Axis> extends true
    ? [AxisKey<S, Axis>] extends [never]
      ? OutsideError<'gather', S, Axis>
      : SpliceAt<S, AxisKey<S, Axis>, IndexShape>
    : Unknowns<[...DropFirst<S>, ...IndexShape]>
  : Shape;
