/** What a shape is, what an error is, and what the compiler can know about either. */

/** Lengths of the axes of a tensor, outermost first; `number` where a length is not known before the program runs. */
export type Shape = readonly number[];

/** A shape whose tuple is not readonly, as all results are: `readonly [2, 3]`, which `const` parameters infer, as `[2, 3]`. */
export type Writable<S extends Shape> = [...S];

/** The result of a rule that its operands break. The message appears in the compiler's error. */
export interface ShapeError<Message extends string> {
  readonly shapeError: Message;
}

/**
 * Beside a parameter's type, refuses operands that break a rule: `b: Tensor<B> & Valid<MatMul<A, B>>`.
 * A good result asks for nothing more (`unknown`); an error asks for a property that no operand has and whose type says what is wrong.
 */
export type Valid<Result> = [Result] extends [ShapeError<infer Message>] ? ShapeError<Message> : unknown;

/** The shape in a rule's result; `Shape` where the rule was broken or cannot tell. Always assignable to `Shape`. */
export type Resolve<Result> = Result extends infer S extends Shape ? S : Shape;

type IsUnion<T, Whole = T> = T extends T ? ([Whole] extends [T] ? false : true) : never;

/** One number that the compiler knows: not `number`, not a union of several. */
export type IsLiteral<N> = number extends N
  ? false
  : false extends IsUnion<N>
    ? N extends number
      ? true
      : false
    : false;

/** A known length: one literal integer >= 0. */
export type IsLength<N> = number extends N
  ? false
  : [N] extends [number]
    ? `${N}` extends `-${string}`
      ? false
      : `${N}` extends `${bigint}`
        ? false extends IsUnion<N>
          ? true
          : false
        : false
    : false;

/** Is this one shape (not a choice of several) with a known number of axes? */
export type HasRank<S extends Shape> =
  false extends IsUnion<S>
    ? number extends S['length']
      ? false
      : false extends IsUnion<S['length']>
        ? true
        : false
    : false;

/**
 * The same type, be it literal, `number` or a type parameter. Two generic functions are alike only if the types in them
 * are identical; so, unlike with `A extends B`, a type parameter is seen at once to be the same as itself, whatever its
 * value will be. (Compared with anything else it has to wait for its value.)
 */
export type IsSame<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Two lengths that are known to be equal: the same literal, or the same type parameter. */
export type Agree<A, B> = IsSame<A, B> extends true ? (IsSame<A, number> extends true ? false : true) : false;

/** Two lengths that are known to differ. */
export type Differ<A, B> =
  IsSame<A, B> extends true ? false : [IsLength<A>, IsLength<B>] extends [true, true] ? true : false;

/** Of two lengths that agree, the known one. */
export type Known<A extends number, B extends number> =
  IsSame<A, B> extends true ? A : IsLength<A> extends true ? A : B;

/** A shape of the same rank of which no length is known. */
export type Unknowns<S extends Shape> = { -readonly [Axis in keyof S]: number };

type ShowLength<N extends number> = number extends N ? '?' : `${N}`;

type ShowLengths<S extends Shape> = S extends readonly [
  infer First extends number,
  ...infer Rest extends Shape,
]
  ? Rest extends readonly []
    ? ShowLength<First>
    : `${ShowLength<First>},${ShowLengths<Rest>}`
  : '';

/** `[32,784]`, as shapes stand in messages; `?` for a length that is not known. */
export type Show<S extends Shape> = number extends S['length'] ? '[...]' : `[${ShowLengths<S>}]`;
