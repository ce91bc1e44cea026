import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { UserError } from '../errors.js';
import { oneOf, path, positiveNumber, wholeNumber } from './values.js';

describe('wholeNumber', () => {
  const threads = wholeNumber('--threads', 1, 256, '2');

  test.prop([fc.integer({ min: 1, max: 256 })])('takes every number of its range', (value) => {
    expect(threads(String(value))).toBe(value);
  });

  it.each(['0', '-1', '257', '1.5', '', ' ', '2x', '0x10', 'Infinity', 'NaN', 'two', '1e400'])(
    'refuses %j',
    (typed) => {
      expect(() => threads(typed)).toThrow(UserError);
      expect(() => threads(typed)).toThrow(
        '--threads wants a whole number, from 1 to 256, not "' + typed + '"',
      );
    },
  );

  it('names an open range', () => {
    expect(() => wholeNumber('--limit-test', 1, Number.MAX_SAFE_INTEGER, '100')('0')).toThrow('1 or more');
  });
});

describe('positiveNumber', () => {
  const rate = positiveNumber('--lr', '0.0005');

  it('takes decimals and exponents', () => {
    expect(rate('5e-4')).toBe(5e-4);
    expect(rate('.25')).toBe(0.25);
    expect(rate('2.')).toBe(2);
  });

  it.each(['0', '-1', 'abc', '', '1e-400', 'Infinity'])('refuses %j', (typed) => {
    expect(() => rate(typed)).toThrow(UserError);
  });
});

describe('oneOf', () => {
  it('proposes the nearest name and lists all', () => {
    const backend = oneOf('--backend', 'backend', ['auto', 'wasm', 'reference']);
    expect(backend('wasm')).toBe('wasm');
    expect(() => backend('wsam')).toThrow(
      'there is no backend "wsam". Did you mean "wasm"? Known: auto, wasm, reference.',
    );
  });
});

describe('path', () => {
  it('refuses the empty string of an unset variable', () => {
    expect(path('--out')('runs/a')).toBe('runs/a');
    expect(() => path('--out')('')).toThrow(UserError);
  });
});
