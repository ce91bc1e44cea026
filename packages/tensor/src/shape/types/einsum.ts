/** Einstein summation: a letter names an axis; equal letters have equal lengths. */
import type { Differ, HasRank, IsSame, Known, Shape, ShapeError, Show } from './shape.js';

type Spaceless<Text extends string> = Text extends `${infer Before} ${infer After}`
  ? Spaceless<`${Before}${After}`>
  : Text;

type Split<
  Text extends string,
  Done extends readonly string[] = [],
> = Text extends `${infer Term},${infer Rest}` ? Split<Rest, [...Done, Term]> : [...Done, Text];

type Letters<
  Text extends string,
  Done extends readonly string[] = [],
> = Text extends `${infer First}${infer Rest}` ? Letters<Rest, [...Done, First]> : Done;

type Fail<Spec extends string, Problem extends string> = ShapeError<`einsum: "${Spec}": ${Problem}`>;

/** Notes the lengths of one operand by letter: gives the larger record, or an error. */
type Note<
  Spec extends string,
  Term extends string,
  S extends Shape,
  Noted,
  Names extends readonly string[],
  Rest extends Shape,
  Seen extends string = never,
> = Names extends readonly [infer Letter extends string, ...infer Others extends readonly string[]]
  ? Rest extends readonly [infer Length extends number, ...infer Lengths extends Shape]
    ? Lowercase<Letter> extends Uppercase<Letter>
      ? Fail<Spec, `"${Letter}" is not a letter`>
      : Letter extends Seen
        ? Fail<Spec, `"${Term}" repeats "${Letter}"; diagonals are not supported`>
        : Letter extends keyof Noted
          ? Differ<Noted[Letter], Length> extends true
            ? Fail<Spec, `"${Letter}" has length ${Noted[Letter] & number} and, in ${Show<S>}, ${Length}`>
            : Note<Spec, Term, S, Sharpened<Noted, Letter, Length>, Others, Lengths, Seen | Letter>
          : Note<Spec, Term, S, Noted & { [Name in Letter]: Length }, Others, Lengths, Seen | Letter>
    : WrongRank<Spec, Term, S>
  : Rest extends readonly []
    ? Noted
    : WrongRank<Spec, Term, S>;

/** The record with the better known of two lengths that agree. */
type Sharpened<Noted, Letter extends keyof Noted, Length extends number> =
  IsSame<Noted[Letter], Length> extends true
    ? Noted
    : { [Name in keyof Noted]: Name extends Letter ? Known<Noted[Letter] & number, Length> : Noted[Name] };

type WrongRank<Spec extends string, Term extends string, S extends Shape> = Fail<
  Spec,
  `"${Term}" names ${Letters<Term>['length']} axes, ${Show<S>} has ${S['length']}`
>;

/** An operand of unknown rank: a length `number` for each of its letters. */
type Open<Names extends readonly string[]> = { [Index in keyof Names]: number };

type NoteAll<
  Spec extends string,
  Terms extends readonly string[],
  Shapes extends readonly Shape[],
  Noted = object,
> = Terms extends readonly [infer Term extends string, ...infer OtherTerms extends readonly string[]]
  ? Shapes extends readonly [infer S extends Shape, ...infer OtherShapes extends readonly Shape[]]
    ? Note<
        Spec,
        Term,
        S,
        Noted,
        Letters<Term>,
        HasRank<S> extends true ? S : Open<Letters<Term>>
      > extends infer Larger
      ? Larger extends ShapeError<string>
        ? Larger
        : NoteAll<Spec, OtherTerms, OtherShapes, Larger>
      : never
    : never
  : Noted;

type Read<
  Spec extends string,
  Names extends readonly string[],
  Noted,
  Seen extends string = never,
  Done extends Shape = [],
> = Names extends readonly [infer Letter extends string, ...infer Rest extends readonly string[]]
  ? Letter extends Seen
    ? Fail<Spec, `the result repeats "${Letter}"`>
    : Letter extends keyof Noted
      ? Read<Spec, Rest, Noted, Seen | Letter, [...Done, Noted[Letter] & number]>
      : Fail<Spec, `"${Letter}" of the result is in no operand`>
  : Done;

type Sum<
  Spec extends string,
  Terms extends readonly string[],
  Result extends string,
  Shapes extends readonly Shape[],
> = number extends Shapes['length']
  ? Shape
  : Terms['length'] extends Shapes['length']
    ? NoteAll<Spec, Terms, Shapes> extends infer Noted
      ? Noted extends ShapeError<string>
        ? Noted
        : Read<Spec, Letters<Result>, Noted>
      : never
    : Fail<Spec, `${Terms['length']} groups of letters, ${Shapes['length']} operands`>;

/** Result of `Spec`, such as `bji,kjiz->bkjz`: a letter for each axis of each operand, and the axes of the result. */
export type Einsum<Spec extends string, Shapes extends readonly Shape[]> = string extends Spec
  ? Shape
  : Spaceless<Spec> extends `${infer Operands}->${infer Result}`
    ? Sum<Spec, Split<Operands>, Result, Shapes>
    : Fail<
        Spec,
        'write letters for the axes of each operand, then "->" and those of the result, like "ij,jk->ik"'
      >;
