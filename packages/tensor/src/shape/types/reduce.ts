/** Reductions over one axis, several, or all. */
import type { AxisKeys, DropFirst } from './axes.js';
import type { HasRank, IsLiteral, Shape, ShapeError, Unknowns } from './shape.js';

type Ones<S extends Shape> = { -readonly [Axis in keyof S]: 1 };

type KeepOthers<S extends Shape, Keys extends string> = {
  -readonly [Axis in keyof S]: Axis extends Keys ? 1 : S[Axis];
};

type DropKeys<
  S extends Shape,
  Keys extends string,
  Seen extends readonly unknown[] = [],
  Done extends Shape = [],
> = S extends readonly [infer First extends number, ...infer Rest extends Shape]
  ? DropKeys<Rest, Keys, [...Seen, First], `${Seen['length']}` extends Keys ? Done : [...Done, First]>
  : Done;

type ReduceAxes<S extends Shape, Axes extends readonly number[], KeepDims extends boolean> =
  AxisKeys<'reduce', S, Axes> extends infer Keys
    ? [Keys] extends [string]
      ? KeepDims extends true
        ? KeepOthers<S, Keys>
        : DropKeys<S, Keys>
      : [Keys] extends [ShapeError<string>]
        ? Keys
        : KeepDims extends true
          ? Unknowns<S>
          : DropMany<S, Axes>
    : never;

/** Unknown axes, but as many as `Axes` has. */
type DropMany<S extends Shape, Axes extends readonly number[]> = number extends Axes['length']
  ? Shape
  : Axes extends readonly [number, ...infer Rest extends readonly number[]]
    ? DropMany<DropFirst<S>, Rest>
    : Unknowns<S>;

/**
 * Shape after a reduction over `Axis`: one axis, several, or `null` for all; negative axes count from the back.
 * With `KeepDims` the reduced axes stay with length 1.
 */
export type Reduce<
  S extends Shape,
  Axis extends number | readonly number[] | null,
  KeepDims extends boolean = false,
> = boolean extends KeepDims
  ? Shape
  : [Axis] extends [null]
    ? KeepDims extends true
      ? HasRank<S> extends true
        ? Ones<S>
        : Shape
      : []
    : HasRank<S> extends true
      ? [Axis] extends [number]
        ? ReduceAxes<S, [Axis], KeepDims>
        : [Axis] extends [readonly number[]]
          ? IsLiteral<Axis['length']> extends true
            ? ReduceAxes<S, Axis, KeepDims>
            : KeepDims extends true
              ? Unknowns<S>
              : Shape
          : KeepDims extends true
            ? Unknowns<S>
            : Shape
      : Shape;
