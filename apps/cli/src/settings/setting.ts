/**
 * Kinds of settings. One setting is stated once, and is then a flag of the command line, a key of a configuration file, an entry of the published JSON
 * schema and a line of the help.
 */
import { sideLimits } from '@capsnet/datasets/choices';
import { UserError } from '../errors.js';
import { oneOf, path, wholeNumber, type Parser } from '../options/values.js';

export interface Setting<Value> {
  /** As commander takes it: `--batch-size <n>`. A switch has no value, and a `--no-` twin. */
  readonly flag: string;
  readonly help: string;
  /** Value when nobody says; `undefined` where it depends on other settings, or where there is none. */
  readonly fallback: Value | undefined;
  /** What the help says of the default where `fallback` does not. */
  readonly fallbackHelp?: string;
  /** The kind of value in a JSON file. */
  readonly json: 'number' | 'string' | 'boolean';
  /** The schema of the value, without description and default. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Reads what was typed. `label` names the place in errors: a flag, or a key and its file. */
  readonly parser: (label: string) => Parser<Value>;
  /**
   * Belongs to one sitting and one machine, not to what is learned: may change on `--resume`. What is `momentary` is not even recorded.
   */
  readonly sitting?: 'recorded' | 'momentary';
}

type Extras<Value> = Pick<Setting<Value>, 'fallbackHelp' | 'sitting'>;

const most = Number.MAX_SAFE_INTEGER;

export const integer = (
  flag: string,
  help: string,
  {
    from,
    to = most,
    example,
    fallback,
    ...extras
  }: { from: number; to?: number; example: string; fallback?: number } & Extras<number>,
): Setting<number> => ({
  flag,
  help,
  fallback,
  json: 'number',
  schema: { type: 'integer', minimum: from, ...(to === most ? {} : { maximum: to }) },
  parser: (label) => wholeNumber(label, from, to, example),
  ...extras,
});

/** A number within limits; `above` is left out itself, `from` is not. */
export const number = (
  flag: string,
  help: string,
  {
    above,
    from,
    below,
    example,
    fallback,
    ...extras
  }: { above?: number; from?: number; below?: number; example: string; fallback?: number } & Extras<number>,
): Setting<number> => ({
  flag,
  help,
  fallback,
  json: 'number',
  schema: {
    type: 'number',
    ...(above === undefined ? {} : { exclusiveMinimum: above }),
    ...(from === undefined ? {} : { minimum: from }),
    ...(below === undefined ? {} : { exclusiveMaximum: below }),
  },
  parser: (label) => (typed) => {
    const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(typed) ? Number(typed) : NaN;
    const fits =
      Number.isFinite(value) &&
      (above === undefined || value > above) &&
      (from === undefined || value >= from) &&
      (below === undefined || value < below);
    if (fits) return value;
    const limits = [
      ...(above === undefined ? [] : [`above ${above}`]),
      ...(from === undefined ? [] : [`from ${from} on`]),
      ...(below === undefined ? [] : [`below ${below}`]),
    ].join(' and ');
    throw new UserError(`${label} wants a number ${limits}, not "${typed}", for example ${example}.`);
  },
  ...extras,
});

export const choice = <const Name extends string>(
  flag: string,
  help: string,
  what: string,
  names: readonly Name[],
  { fallback, ...extras }: { fallback?: NoInfer<Name> } & NoInfer<Extras<Name>> = {},
): Setting<Name> => ({
  flag,
  help,
  fallback,
  json: 'string',
  schema: { enum: names },
  parser: (label) => oneOf(label, what, names),
  ...extras,
});

export const location = (flag: string, help: string, extras: Extras<string> = {}): Setting<string> => ({
  flag,
  help,
  fallback: undefined,
  json: 'string',
  schema: { type: 'string', minLength: 1 },
  parser: path,
  ...extras,
});

/** On or off. */
export const onOff = (flag: string, help: string, extras: Extras<boolean> = {}): Setting<boolean> => ({
  flag,
  help,
  fallback: undefined,
  json: 'boolean',
  schema: { type: 'boolean' },
  parser: () => (typed) => typed === 'true',
  ...extras,
});

/** A side, or height x width, of images that models take. */
export const imageSize = (flag: string, help: string, extras: Extras<string> = {}): Setting<string> => ({
  flag,
  help,
  fallback: undefined,
  json: 'string',
  schema: { type: 'string', pattern: '^[0-9]+(x[0-9]+)?$' },
  parser: (label) => (typed) => {
    const sides = /^(\d+)(?:x(\d+))?$/.exec(typed.trim());
    const [smallest, largest] = sideLimits;
    const fits = sides?.slice(1).every((side?: string) => {
      return side === undefined || (Number(side) >= smallest && Number(side) <= largest);
    });
    if (fits) return typed.trim();
    throw new UserError(
      `${label} wants a side from ${smallest} to ${largest} pixels, or height x width, not "${typed}", for example 64 or 64x48.`,
    );
  },
  ...extras,
});

/** Height and width of what `imageSize` has let pass. */
export function sidesOf(size: string): readonly [height: number, width: number] {
  const [height, width = height] = size.split('x').map(Number) as [number, number?];
  return [height, width];
}
