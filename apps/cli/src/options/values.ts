/**
 * Reading the values of flags. Each parser takes what was typed and gives a value of the right type, or refuses in one sentence that names the flag,
 * what stood there and what may stand there.
 */
import { UserError } from '../errors.js';
import { suggestion } from './nearest.js';

export type Parser<Value> = (typed: string) => Value;

/** Plain decimal notation only: `Number` would also take '', ' 3 ', '0x10' and 'Infinity'. */
const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

const numberOf = (typed: string): number => (decimal.test(typed) ? Number(typed) : NaN);

/** A whole number from `smallest` to `largest`. */
export const wholeNumber =
  (flag: string, smallest: number, largest: number, example: string): Parser<number> =>
  (typed) => {
    const value = numberOf(typed);
    if (Number.isInteger(value) && value >= smallest && value <= largest) return value;
    const range =
      largest === Number.MAX_SAFE_INTEGER ? `${smallest} or more` : `from ${smallest} to ${largest}`;
    throw new UserError(
      `${flag} wants a whole number, ${range}, not "${typed}", for example ${flag} ${example}.`,
    );
  };

/** Whole numbers from 1 on, with commas between them. */
export const listOfSizes =
  (flag: string, example: string): Parser<readonly number[]> =>
  (typed) =>
    typed.split(',').map((item) => wholeNumber(flag, 1, 65_536, example)(item.trim()));

/** A finite number above zero. */
export const positiveNumber =
  (flag: string, example: string): Parser<number> =>
  (typed) => {
    const value = numberOf(typed);
    if (Number.isFinite(value) && value > 0) return value;
    throw new UserError(`${flag} wants a number above 0, not "${typed}", for example ${flag} ${example}.`);
  };

/** One of the known names; another one gets the nearest of them proposed. */
export const oneOf =
  <Name extends string>(flag: string, what: string, known: readonly Name[]): Parser<Name> =>
  (typed) => {
    const found = known.find((name) => name === typed);
    if (found !== undefined) return found;
    throw new UserError(
      `${flag}: there is no ${what} "${typed}".${suggestion(typed, known)} Known: ${known.join(', ')}.`,
    );
  };

/** A path; the empty string (an unset shell variable, as a rule) is refused. */
export const path =
  (flag: string): Parser<string> =>
  (typed) => {
    if (typed.trim() !== '') return typed;
    throw new UserError(`${flag} wants a path, and got an empty string: is the variable behind it set?`);
  };

/** A flag that may be given several times: its paths, in their order. */
export const severalPaths =
  (flag: string) =>
  (typed: string, before: readonly string[] = []): readonly string[] => [...before, path(flag)(typed)];

/** A flag that may be given several times: folders of the web, each with `/` at its end. */
export const severalAddresses =
  (flag: string, example: string) =>
  (typed: string, before: readonly string[] = []): readonly string[] => {
    const address = URL.canParse(typed) ? new URL(typed) : undefined;
    if (address && /^https?:$/.test(address.protocol))
      return [...before, address.href.endsWith('/') ? address.href : `${address.href}/`];
    throw new UserError(
      `${flag} wants an address of the web, not "${typed}", for example ${flag} ${example}.`,
    );
  };

/** Height, width and channels of an image: `28x28x1`. */
export const imageShape =
  (flag: string): Parser<readonly [number, number, number]> =>
  (typed) => {
    const sides = typed.toLowerCase().split('x').map(numberOf);
    if (sides.length === 3 && sides.every((side) => Number.isInteger(side) && side >= 1 && side <= 4096))
      return sides as [number, number, number];
    throw new UserError(
      `${flag} wants height, width and channels of the images, not "${typed}", for example ${flag} 28x28x1.`,
    );
  };

/** Two names at least, with commas between them, none twice. */
export const names =
  (flag: string, example: string): Parser<readonly string[]> =>
  (typed) => {
    const list = typed.split(',').map((name) => name.trim());
    const twice = list.find((name, index) => list.indexOf(name) !== index);
    if (list.length >= 2 && !list.includes('') && twice === undefined) return list;
    const problem = twice === undefined ? `not "${typed}"` : `and "${twice}" stands there twice`;
    throw new UserError(
      `${flag} wants names with commas between them, ${problem}, for example ${flag} ${example}.`,
    );
  };
