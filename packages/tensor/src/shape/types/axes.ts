/** Axes by number: negative ones count from the back. */
import type { Subtract } from './length.js';
import type { IsLiteral, Shape, ShapeError, Show } from './shape.js';

/** Position of `Axis` in `S` as a key ('0', '1', ...), or `never` when it is outside. */
export type AxisKey<S extends Shape, Axis extends number> = `${Axis}` extends `-${infer Back extends number}`
  ? `${Subtract<S['length'], Back>}` & keyof S
  : `${Axis}` & keyof S;

/** What an operation says of an axis outside its operand. */
export type OutsideError<
  Op extends string,
  S extends Shape,
  Axis extends number,
> = ShapeError<`${Op}: axis ${Axis} is outside ${Show<S>}, which has ${S['length']} axes`>;

/** The same of an axis of the result, which has one axis more than `S`. */
export type OutsideResult<
  Op extends string,
  S extends Shape,
  Axis extends number,
> = ShapeError<`${Op}: axis ${Axis} is outside the result of ${Show<S>}, which has ${[...S, 1]['length']} axes`>;

/** Keys of a list of axes as a union; a `ShapeError` when one is outside or named twice; `number` when one is not known. */
export type AxisKeys<
  Op extends string,
  S extends Shape,
  Axes extends readonly number[],
  Whole extends readonly number[] = Axes,
  Done extends string = never,
> = Axes extends readonly [infer Axis extends number, ...infer Rest extends readonly number[]]
  ? IsLiteral<Axis> extends true
    ? [AxisKey<S, Axis>] extends [never]
      ? OutsideError<Op, S, Axis>
      : [AxisKey<S, Axis>] extends [Done]
        ? ShapeError<`${Op}: axes ${Show<Whole>} of ${Show<S>} name axis ${Axis} twice`>
        : AxisKeys<Op, S, Rest, Whole, Done | AxisKey<S, Axis>>
    : number
  : Axes extends readonly []
    ? Done
    : number;

/** `S` with the length at `Key` replaced. */
export type ReplaceAt<S extends Shape, Key extends string, Length extends number> = {
  -readonly [Axis in keyof S]: Axis extends Key ? Length : S[Axis];
};

/** `S` without its axis at `Key`, with the lengths `Middle` in its place. */
export type SpliceAt<
  S extends Shape,
  Key extends string,
  Middle extends Shape,
  Before extends readonly number[] = [],
> = S extends readonly [infer First extends number, ...infer Rest extends Shape]
  ? `${Before['length']}` extends Key
    ? [...Before, ...Middle, ...Rest]
    : SpliceAt<Rest, Key, Middle, [...Before, First]>
  : Before;

/** `S` with `Length` as a new axis at `Key`. */
export type InsertAt<
  S extends Shape,
  Key extends string,
  Length extends number,
  Before extends readonly number[] = [],
> = `${Before['length']}` extends Key
  ? [...Before, Length, ...S]
  : S extends readonly [infer First extends number, ...infer Rest extends Shape]
    ? InsertAt<Rest, Key, Length, [...Before, First]>
    : Before;

/** A shape of one rank less, of which only the rank matters. */
export type DropFirst<S extends Shape> = S extends readonly [number, ...infer Rest extends Shape] ? Rest : [];
