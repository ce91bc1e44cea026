import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { judge, type Evaluation, type Verdict } from './evaluate.js';
import { chooseImages } from './picture.js';

describe('judge', () => {
  it('names the two longest capsules', () => {
    expect(judge([0.1, 0.9, 0.3], 5, 2)).toEqual({
      index: 5,
      label: 2,
      predicted: 1,
      length: 0.9,
      second: 2,
      secondLength: 0.3,
    });
  });

  test.prop([fc.array(fc.constantFrom(0, 0.25, 0.5, 1), { minLength: 2, maxLength: 10 })])(
    'takes the first of equally long capsules, and never one twice',
    (lengths) => {
      const { predicted, second, length, secondLength } = judge(lengths, 0, 0);
      const sorted = [...lengths].sort((a, b) => b - a);
      expect([length, secondLength]).toEqual(sorted.slice(0, 2));
      expect(predicted).toBe(lengths.indexOf(sorted[0]!));
      expect(second).toBe(lengths.findIndex((value, index) => value === sorted[1] && index !== predicted));
    },
  );
});

describe('chooseImages', () => {
  const evaluation = (count: number, wrong: readonly number[]): Evaluation => {
    const verdicts = Array.from({ length: count }, (_, index): Verdict => {
      const predicted = wrong.includes(index) ? 1 : 0;
      return { index, label: 0, predicted, length: 1, second: 2, secondLength: 0 };
    });
    const misclassified = verdicts.filter(({ predicted }) => predicted === 1);
    return { count, loss: 0, accuracy: 1, error: 0, verdicts, misclassified, seconds: 0 };
  };

  test.prop([fc.integer({ min: 1, max: 60 }), fc.uniqueArray(fc.nat(59), { maxLength: 60 })])(
    'shows each image once, as many as there are up to 24, wrong ones last',
    (count, wrong) => {
      const chosen = chooseImages(evaluation(count, wrong));
      expect(new Set(chosen.map(({ index }) => index)).size).toBe(chosen.length);
      expect(chosen.length).toBeLessThanOrEqual(24);
      if (wrong.filter((index) => index < count).length <= 8)
        expect(chosen).toHaveLength(Math.min(24, count));
      if (wrong.some((index) => index < count)) expect(chosen.at(-1)!.predicted).toBe(1);
    },
  );
});
