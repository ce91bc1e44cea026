/**
 * Arithmetic on strings of decimal digits, as on paper. The compiler cannot add numbers, but it can take a string apart
 * from the left; so numbers are written with the *lowest* digit first ("487" is 784) and the carry moves along with the
 * reading. Costs grow with the number of digits, not with the number: 36,864 is five steps, not a tuple of 36,864.
 */

export type Digit = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9';

/** Column `n` of row `a`: a + n as the digit to write and the carry. A carry into the column makes n one larger. */
interface Sums {
  '0': ['00', '10', '20', '30', '40', '50', '60', '70', '80', '90', '01'];
  '1': ['10', '20', '30', '40', '50', '60', '70', '80', '90', '01', '11'];
  '2': ['20', '30', '40', '50', '60', '70', '80', '90', '01', '11', '21'];
  '3': ['30', '40', '50', '60', '70', '80', '90', '01', '11', '21', '31'];
  '4': ['40', '50', '60', '70', '80', '90', '01', '11', '21', '31', '41'];
  '5': ['50', '60', '70', '80', '90', '01', '11', '21', '31', '41', '51'];
  '6': ['60', '70', '80', '90', '01', '11', '21', '31', '41', '51', '61'];
  '7': ['70', '80', '90', '01', '11', '21', '31', '41', '51', '61', '71'];
  '8': ['80', '90', '01', '11', '21', '31', '41', '51', '61', '71', '81'];
  '9': ['90', '01', '11', '21', '31', '41', '51', '61', '71', '81', '91'];
}

interface Next {
  '0': '1';
  '1': '2';
  '2': '3';
  '3': '4';
  '4': '5';
  '5': '6';
  '6': '7';
  '7': '8';
  '8': '9';
  '9': '10';
}

/** 9 - digit: subtracting is adding the complement and one. */
interface Complement {
  '0': '9';
  '1': '8';
  '2': '7';
  '3': '6';
  '4': '5';
  '5': '4';
  '6': '3';
  '7': '2';
  '8': '1';
  '9': '0';
}

type Column<A extends Digit, B extends Digit, Carry> = Sums[A][Carry extends '1' ? Next[B] : B];

/** The string read from the other end. */
export type Reversed<
  Text extends string,
  Done extends string = '',
> = Text extends `${infer First}${infer Rest}` ? Reversed<Rest, `${First}${Done}`> : Done;

/** A + B, lowest digit first. */
export type AddDigits<
  A extends string,
  B extends string,
  Carry = '0',
  Done extends string = '',
> = A extends `${infer DigitA extends Digit}${infer RestA}`
  ? B extends `${infer DigitB extends Digit}${infer RestB}`
    ? Column<DigitA, DigitB, Carry> extends `${infer Written}${infer Carried}`
      ? AddDigits<RestA, RestB, Carried, `${Done}${Written}`>
      : never
    : Carry extends '1'
      ? AddDigits<A, '0', Carry, Done>
      : `${Done}${A}`
  : Carry extends '1'
    ? AddDigits<'0', B extends '' ? '0' : B, Carry, Done>
    : `${Done}${B}`;

/** A - B, lowest digit first, possibly with zeros at its (high) end; `never` when A < B. */
export type SubtractDigits<
  A extends string,
  B extends string,
  Carry = '1',
  Done extends string = '',
> = A extends `${infer DigitA extends Digit}${infer RestA}`
  ? B extends `${infer DigitB extends Digit}${infer RestB}`
    ? Column<DigitA, Complement[DigitB], Carry> extends `${infer Written}${infer Carried}`
      ? SubtractDigits<RestA, RestB, Carried, `${Done}${Written}`>
      : never
    : SubtractDigits<A, '0', Carry, Done>
  : B extends ''
    ? Carry extends '1'
      ? Done
      : never
    : never;

type Twice<A extends string> = AddDigits<A, A>;

/** A times one digit, by doubling. */
type TimesDigit<A extends string, D> = D extends '0'
  ? '0'
  : D extends '1'
    ? A
    : D extends '2'
      ? Twice<A>
      : D extends '3'
        ? AddDigits<A, Twice<A>>
        : D extends '4'
          ? Twice<Twice<A>>
          : D extends '5'
            ? AddDigits<A, TimesDigit<A, '4'>>
            : D extends '6'
              ? Twice<TimesDigit<A, '3'>>
              : D extends '7'
                ? AddDigits<A, TimesDigit<A, '6'>>
                : D extends '8'
                  ? Twice<TimesDigit<A, '4'>>
                  : AddDigits<A, TimesDigit<A, '8'>>;

/** A (lowest digit first) times B (highest first): ten times what is done, plus A times the next digit of B. */
export type MultiplyDigits<
  A extends string,
  B extends string,
  Done extends string = '',
> = B extends `${infer First}${infer Rest}`
  ? MultiplyDigits<A, Rest, AddDigits<`0${Done}`, TimesDigit<A, First>>>
  : Done;

/** How often B goes into `Rest` (both lowest digit first; fewer than ten times), and what remains. */
type TakeAway<Rest extends string, B extends string, Count extends Digit = '0'> =
  SubtractDigits<Rest, B> extends infer Less extends string
    ? [Less] extends [never]
      ? [Count, Rest]
      : TakeAway<Less, B, Next[Count] & Digit>
    : never;

/** Long division of A (highest digit first) by B (lowest first): `[quotient (highest first), remainder (lowest first)]`. */
export type DivideDigits<
  A extends string,
  B extends string,
  Quotient extends string = '',
  Rest extends string = '',
> = A extends `${infer First}${infer Others}`
  ? TakeAway<`${First}${Rest}`, B> extends [infer Count extends string, infer Left extends string]
    ? DivideDigits<Others, B, `${Quotient}${Count}`, Left>
    : never
  : [Quotient, Rest];

/** The number that digits (highest first) spell; zeros in front do not count. */
export type Spelled<Text extends string> = Text extends `0${infer Rest}`
  ? Rest extends ''
    ? 0
    : Spelled<Rest>
  : Text extends `${infer Value extends number}`
    ? Value
    : number;
