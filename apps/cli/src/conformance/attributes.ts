/**
 * The `attrs` of a case, read by name. What is missing or has another form is an error that names the case and the attribute: a
 * folder with a wrong case must not pass because a default was taken in its place.
 */

/** A case that cannot be run as it stands: the folder is wrong, not the engine. */
export class CaseError extends Error {
  override readonly name = 'CaseError';
}

const isNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'number');

export class Attributes {
  constructor(
    private readonly values: Readonly<Record<string, unknown>>,
    /** Whose attributes: the name of the case, or of the attribute that holds these. */
    private readonly owner: string,
  ) {}

  has(name: string): boolean {
    return Object.hasOwn(this.values, name) && this.values[name] !== undefined;
  }

  number(name: string, otherwise?: number): number {
    return this.read(name, 'a number', otherwise, (value): value is number => typeof value === 'number');
  }

  text(name: string, otherwise?: string): string {
    return this.read(name, 'a text', otherwise, (value): value is string => typeof value === 'string');
  }

  flag(name: string, otherwise?: boolean): boolean {
    return this.read(
      name,
      'true or false',
      otherwise,
      (value): value is boolean => typeof value === 'boolean',
    );
  }

  numbers(name: string, otherwise?: readonly number[]): readonly number[] {
    return this.read(name, 'a list of numbers', otherwise, isNumbers);
  }

  /** A list of lists of numbers, each of `width`. */
  rows(name: string, width: number): readonly (readonly number[])[] {
    const isRows = (value: unknown): value is readonly (readonly number[])[] =>
      Array.isArray(value) && value.every((row) => isNumbers(row) && row.length === width);
    return this.read(name, `a list of lists of ${width} numbers`, undefined, isRows);
  }

  /** One number, several, or `null` for all: the axes of a reduction. */
  axes(name: string): number | readonly number[] | null {
    const isAxes = (value: unknown): value is number | readonly number[] | null =>
      value === null || typeof value === 'number' || isNumbers(value);
    return this.read(name, 'an axis, a list of axes or null', undefined, isAxes);
  }

  /** One number, or one for each of `count` steps. */
  series(name: string, count: number): readonly number[] {
    const value = this.values[name];
    if (typeof value === 'number') return new Array<number>(count).fill(value);
    const list = this.numbers(name);
    if (list.length !== count) throw this.wrong(name, `${count} numbers, one a step`);
    return list;
  }

  /** Height and width: two numbers, or one for both. */
  pair(name: string, otherwise?: number): readonly [number, number] {
    const value = this.values[name] ?? otherwise;
    if (typeof value === 'number') return [value, value];
    if (!isNumbers(value) || value.length !== 2) throw this.wrong(name, 'a number or [height, width]');
    return [value[0]!, value[1]!];
  }

  /** A record within. */
  record(name: string): Attributes {
    const isRecord = (value: unknown): value is Record<string, unknown> =>
      typeof value === 'object' && value !== null && !Array.isArray(value);
    return new Attributes(this.read(name, 'a record', undefined, isRecord), `${this.owner}: ${name}`);
  }

  wrong(name: string, wanted: string): CaseError {
    const found = this.has(name) ? JSON.stringify(this.values[name]) : 'missing';
    return new CaseError(`${this.owner}: attribute "${name}" is ${found}, wanted ${wanted}.`);
  }

  private read<Value>(
    name: string,
    wanted: string,
    otherwise: Value | undefined,
    fits: (value: unknown) => value is Value,
  ): Value {
    const value = this.has(name) ? this.values[name] : otherwise;
    if (!fits(value)) throw this.wrong(name, wanted);
    return value;
  }
}
