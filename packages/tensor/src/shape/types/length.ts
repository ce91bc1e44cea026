/** Arithmetic on lengths: literal in, literal out; `number` as soon as one operand is not known. */
import type { AddDigits, DivideDigits, MultiplyDigits, Reversed, Spelled, SubtractDigits } from './digits.js';
import type { IsLength, IsSame, Shape } from './shape.js';

type Both<A, B> = [IsLength<A>, IsLength<B>] extends [true, true] ? true : false;

/** A + B */
export type Add<A extends number, B extends number> =
  IsSame<B, 0> extends true
    ? A
    : IsSame<A, 0> extends true
      ? B
      : Both<A, B> extends true
        ? Spelled<Reversed<AddDigits<Reversed<`${A}`>, Reversed<`${B}`>>>>
        : number;

/** A - B; `never` when B is larger. */
export type Subtract<A extends number, B extends number> =
  Both<A, B> extends true
    ? SubtractDigits<Reversed<`${A}`>, Reversed<`${B}`>> extends infer Difference extends string
      ? [Difference] extends [never]
        ? never
        : Spelled<Reversed<Difference>>
      : never
    : number;

/** A * B */
export type Multiply<A extends number, B extends number> =
  IsSame<B, 1> extends true
    ? A
    : IsSame<A, 1> extends true
      ? B
      : Both<A, B> extends true
        ? A extends 0
          ? 0
          : Spelled<Reversed<MultiplyDigits<Reversed<`${A}`>, `${B}`>>>
        : number;

/** `[floor(A / B), remainder]`; `never` when B is 0. */
export type DivideWithRest<A extends number, B extends number> =
  IsSame<B, 1> extends true
    ? [A, 0]
    : Both<A, B> extends true
      ? B extends 0
        ? never
        : DivideDigits<`${A}`, Reversed<`${B}`>> extends [
              infer Quotient extends string,
              infer Rest extends string,
            ]
          ? [Spelled<Quotient>, Spelled<Reversed<Rest>>]
          : never
      : [number, number];

/** floor(A / B) */
export type FloorDivide<A extends number, B extends number> = DivideWithRest<A, B>[0];

/** Number of elements of a shape; `number` when a length is not known. */
export type Product<S extends Shape, Done extends number = 1> = S extends readonly [
  infer First extends number,
  ...infer Rest extends Shape,
]
  ? Product<Rest, Multiply<Done, First>>
  : S extends readonly []
    ? Done
    : number;
