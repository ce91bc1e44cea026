import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { editDistance, nearest, suggestion } from './nearest.js';

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 7 });

describe('editDistance', () => {
  it('counts insertions, deletions, replacements and swaps', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('tran', 'train')).toBe(1);
    expect(editDistance('tset', 'test')).toBe(1);
    expect(editDistance('', 'abc')).toBe(3);
  });

  test.prop([word, word])(
    'is symmetric, zero for equal words only, and bounded by the longer word',
    (a, b) => {
      const distance = editDistance(a, b);
      expect(distance).toBe(editDistance(b, a));
      expect(distance === 0).toBe(a === b);
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
    },
  );
});

describe('nearest', () => {
  const datasets = ['digits', 'mnist', 'fashion-mnist'];

  it('finds the name that was meant', () => {
    expect(nearest('minst', datasets)).toBe('mnist');
    expect(nearest('MNIST', datasets)).toBe('mnist');
    expect(nearest('digit', datasets)).toBe('digits');
    expect(nearest('fashion', datasets)).toBe('fashion-mnist');
  });

  it('proposes nothing for a word unlike all of them', () => {
    expect(nearest('cifar100', datasets)).toBeUndefined();
    expect(suggestion('cifar100', datasets)).toBe('');
    expect(nearest('x', [])).toBeUndefined();
  });
});
