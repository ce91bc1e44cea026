/** Descriptions that come from files: every field is looked at before a model is built from it. */
import { DescriptionError, type ModelDescription } from './description.js';

type Json = Readonly<Record<string, unknown>>;
type Check = (value: unknown, at: string) => void;

const fail = (at: string, wanted: string, value: unknown): never => {
  throw new DescriptionError(
    `model description: ${at} is ${JSON.stringify(value) ?? 'missing'}, wanted ${wanted}.`,
  );
};
const integer =
  (low: number, high = 1e6): Check =>
  (value, at) => {
    if (!Number.isInteger(value) || (value as number) < low || (value as number) > high)
      fail(at, `an integer from ${low} to ${high}`, value);
  };
const number =
  (low: number, high: number): Check =>
  (value, at) => {
    if (typeof value !== 'number' || !(value >= low && value <= high))
      fail(at, `a number from ${low} to ${high}`, value);
  };
const oneOf =
  (...allowed: readonly unknown[]): Check =>
  (value, at) => {
    if (!allowed.includes(value)) fail(at, allowed.map((item) => JSON.stringify(item)).join(' or '), value);
  };
const text: Check = (value, at) => {
  if (typeof value !== 'string' || value.length === 0) fail(at, 'a text that is not empty', value);
};
const list =
  (item: Check, low: number, high = 10_000): Check =>
  (value, at) => {
    if (!Array.isArray(value) || value.length < low || value.length > high)
      return fail(at, low === high ? `a list of ${low}` : `a list of at least ${low}`, value);
    value.forEach((element, index) => item(element, `${at}[${index}]`));
  };
const either =
  (wanted: string, ...checks: readonly Check[]): Check =>
  (value, at) => {
    const fits = checks.some((check) => {
      try {
        check(value, at);
        return true;
      } catch {
        return false;
      }
    });
    if (!fits) fail(at, wanted, value);
  };
/** A record with exactly these fields; those of `optional` may be absent. */
const record =
  (fields: Readonly<Record<string, Check>>, optional: Readonly<Record<string, Check>> = {}): Check =>
  (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return fail(at, 'a record', value);
    const known = { ...fields, ...optional };
    for (const key of Object.keys(value))
      if (!Object.hasOwn(known, key))
        throw new DescriptionError(
          `model description: ${at} has an unknown field "${key}". Known: ${Object.keys(known).join(', ')}.`,
        );
    for (const [key, check] of Object.entries(fields)) check((value as Json)[key], `${at}.${key}`);
    for (const [key, check] of Object.entries(optional))
      if ((value as Json)[key] !== undefined) check((value as Json)[key], `${at}.${key}`);
  };
const byKind =
  (kinds: Readonly<Record<string, Check>>): Check =>
  (value, at) => {
    const kind = typeof value === 'object' && value !== null ? (value as Json)['kind'] : undefined;
    const check = typeof kind === 'string' && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
    if (!check)
      return fail(
        `${at}.kind`,
        Object.keys(kinds)
          .map((name) => `"${name}"`)
          .join(' or '),
        kind,
      );
    check(value, at);
  };

const size = integer(1);
const epsilon = number(0, 1);
const convolution = record({
  filters: size,
  kernel: integer(1, 255),
  stride: either('a step or [down, across]', integer(1, 64), list(integer(1, 64), 2, 2)),
});
const kernel = either('a side or [height, width]', integer(1, 255), list(integer(1, 255), 2, 2));
const backbone = record({
  convolutions: list(convolution, 1),
  activation: either('"relu" or {"leakyRelu": slope}', oneOf('relu'), record({ leakyRelu: number(0, 1) })),
  normalization: byKind({
    batch: record(
      { kind: oneOf('batch') },
      { epsilon, momentum: number(0, 1), movingVariance: oneOf('unbiased', 'biased') },
    ),
    instance: record({ kind: oneOf('instance') }, { epsilon }),
  }),
});
const decoder: Check = (value, at) => {
  if (value === null) return;
  byKind({
    dense: record({ kind: oneOf('dense'), units: list(size, 0) }),
    upsampling: record({
      kind: oneOf('upsampling'),
      start: list(size, 2, 2),
      filters: list(size, 0),
      upsampleBefore: list(size, 0),
    }),
  })(value, at);
};
const primary = record({ kernel, stride: integer(1, 64), capsules: size, dimensions: size });
const common = { input: list(size, 3, 3), classNames: list(text, 2), decoder };

const description = byKind({
  'efficient-capsnet': record({
    kind: text,
    ...common,
    backbone,
    primary,
    dimensions: size,
    decodings: oneOf(1, 2),
  }),
  'base-capsnet': record({ kind: text, ...common, backbone, primary, dimensions: size }),
  'original-capsnet': record({
    kind: text,
    ...common,
    convolutions: list(convolution, 0),
    dimensions: size,
    iterations: integer(0, 100),
    primary: record(
      { kernel: integer(1, 255), stride: integer(1, 64), capsules: size, dimensions: size },
      { divisor: number(1e-6, 1e6) },
    ),
  }),
  cnn: record({ kind: text, ...common, backbone, hidden: size }),
});

/**
 * The value as a description.
 *
 * @throws DescriptionError naming the field, what it is and what was wanted
 */
export function checkDescription(value: unknown): ModelDescription {
  description(value, 'model');
  const { classNames } = value as ModelDescription;
  const twice = classNames.find((name, index) => classNames.indexOf(name) !== index);
  if (twice !== undefined)
    throw new DescriptionError(`model description: model.classNames has "${twice}" twice.`);
  return value as ModelDescription;
}
