/** NumPy's rule: align at the last axis; lengths agree or one of them is 1. */
import type { Differ, HasRank, IsSame, Known, Shape, ShapeError, Show } from './shape.js';

/** The length two aligned lengths stretch to. An unknown one follows a known one that is not 1. */
type Stretch<A extends number, B extends number> =
  IsSame<A, B> extends true ? A : IsSame<B, 1> extends true ? A : IsSame<A, 1> extends true ? B : Known<A, B>;

/** Are both known, different, and neither 1? */
type Clash<A extends number, B extends number> =
  IsSame<A, B> extends true ? false : 1 extends A | B ? false : Differ<A, B>;

/** Takes the last lengths off both shapes and puts what they stretch to before what is done. */
type StretchAll<
  Op extends string,
  A extends Shape,
  B extends Shape,
  WholeA extends Shape,
  WholeB extends Shape,
  Done extends Shape = [],
> = A extends readonly [...infer RestA extends Shape, infer LastA extends number]
  ? B extends readonly [...infer RestB extends Shape, infer LastB extends number]
    ? Clash<LastA, LastB> extends true
      ? ShapeError<`${Op}: ${Show<WholeA>} and ${Show<WholeB>} cannot be broadcast together: lengths ${LastA} and ${LastB} disagree and neither is 1`>
      : StretchAll<Op, RestA, RestB, WholeA, WholeB, [Stretch<LastA, LastB>, ...Done]>
    : [...A, ...Done]
  : [...B, ...Done];

/** `Broadcast` in the name of another operation; the whole operands are what the message shows. */
export type BroadcastFor<
  Op extends string,
  A extends Shape,
  B extends Shape,
  WholeA extends Shape = A,
  WholeB extends Shape = B,
> = [HasRank<A>, HasRank<B>] extends [true, true] ? StretchAll<Op, A, B, WholeA, WholeB> : Shape;

/** Shape of an element-wise operation on shapes `A` and `B` (NumPy's rule): `[8,1,6]` and `[7,1]` give `[8,7,6]`. */
export type Broadcast<A extends Shape, B extends Shape> = BroadcastFor<'broadcast', A, B>;

type StretchesTo<
  S extends Shape,
  T extends Shape,
  WholeS extends Shape,
  WholeT extends Shape,
> = S extends readonly [...infer RestS extends Shape, infer LastS extends number]
  ? T extends readonly [...infer RestT extends Shape, infer LastT extends number]
    ? IsSame<LastS, 1> extends true
      ? StretchesTo<RestS, RestT, WholeS, WholeT>
      : Differ<LastS, LastT> extends true
        ? ShapeError<`broadcastTo: ${Show<WholeS>} does not stretch to ${Show<WholeT>}: length ${LastS} cannot become ${LastT}, only axes of length 1 stretch`>
        : StretchesTo<RestS, RestT, WholeS, WholeT>
    : ShapeError<`broadcastTo: ${Show<WholeS>} has more axes than ${Show<WholeT>}`>
  : [...WholeT];

/** `T`, when `S` stretches to it. */
export type BroadcastTo<S extends Shape, T extends Shape> =
  HasRank<T> extends true ? (HasRank<S> extends true ? StretchesTo<S, T, S, T> : [...T]) : Shape;
