import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { byConfidence, judge, rightShare, type Evaluation, type Verdict } from './evaluate.js';
import { pictureOf } from './display.js';
import { chooseImages } from './picture.js';
import { scoresOf } from './scores.js';
import { outcomeOf } from './words.js';

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

/** An evaluation of verdicts alone. */
function evaluationOf(verdicts: readonly Verdict[]): Evaluation {
  const right = verdicts.reduce((sum, verdict) => sum + rightShare(verdict), 0);
  return {
    ...{ count: verdicts.length, loss: 0, seconds: 1, verdicts },
    accuracy: right / verdicts.length,
    error: 1 - right / verdicts.length,
    misclassified: verdicts.filter((verdict) => rightShare(verdict) < 1),
  };
}
const verdict = (label: number, predicted: number, second = (predicted + 1) % 3, length = 0.9): Verdict => ({
  ...{ index: 0, label, predicted, length, second, secondLength: 0.1 },
});

describe('scoresOf', () => {
  it('counts precision, recall and F1 of every class, as in the textbook', () => {
    const { confusion, classes, macro, bothRight } = scoresOf(
      evaluationOf([verdict(0, 0), verdict(0, 0), verdict(0, 1), verdict(1, 1)]),
      ['a', 'b', 'c'],
    );
    expect(confusion).toEqual([
      [2, 1, 0],
      [0, 1, 0],
      [0, 0, 0],
    ]);
    expect(classes[0]).toEqual({
      ...{ name: 'a', images: 3, predicted: 2, right: 2 },
      ...{ precision: 1, recall: 2 / 3, f1: 4 / 5 },
    });
    expect(classes[1]).toMatchObject({ precision: 1 / 2, recall: 1, f1: 2 / 3 });
    expect(classes[2]).toMatchObject({ images: 0, precision: undefined, recall: undefined, f1: undefined });
    // Over the two classes that there are.
    expect(macro.f1).toBeCloseTo((4 / 5 + 2 / 3) / 2, 12);
    expect(bothRight).toBeUndefined();
  });

  const pair = (labels: readonly [number, number], taken: readonly [number, number]): Verdict => ({
    ...verdict(labels[0], taken[0], taken[1]),
    secondLabel: labels[1],
  });

  it('of pairs, shares a missed digit out among the wrong ones', () => {
    const evaluation = evaluationOf([pair([0, 1], [1, 0]), pair([0, 1], [0, 2]), pair([0, 1], [3, 2])]);
    const { confusion, classes, bothRight } = scoresOf(evaluation, ['a', 'b', 'c', 'd']);
    expect(confusion.slice(0, 2)).toEqual([
      [2, 0, 0.5, 0.5],
      [0, 1, 1.5, 0.5],
    ]);
    expect(classes[0]).toMatchObject({ images: 3, predicted: 2, precision: 1, recall: 2 / 3 });
    expect(bothRight).toBeCloseTo(1 / 3, 12);
    expect(outcomeOf({ decodings: 2 }, evaluation)).toBe(
      '50.00 % of the digits in 3 test pairs right, 2 pairs with a wrong one',
    );
  });

  const digit = fc.nat(9);
  const distinct = fc.tuple(digit, digit).filter(([a, b]) => a !== b);
  test.prop([fc.array(fc.tuple(distinct, distinct), { minLength: 1, maxLength: 40 })])(
    'rows add up to the digits that there are, the diagonal to those that are right',
    (pairs) => {
      const evaluation = evaluationOf(pairs.map(([labels, taken]) => pair(labels, taken)));
      const { confusion } = scoresOf(
        evaluation,
        Array.from({ length: 10 }, (_, k) => String(k)),
      );
      const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
      confusion.forEach((row, label) =>
        expect(sum(row)).toBeCloseTo(pairs.filter(([labels]) => labels.includes(label)).length, 9),
      );
      expect(sum(confusion.map((row, k) => row[k]!)) / (2 * pairs.length)).toBeCloseTo(
        evaluation.accuracy,
        9,
      );
    },
  );
});

describe('byConfidence', () => {
  it('puts wholly wrong answers before half wrong ones, then the longer capsule', () => {
    const half: Verdict = { ...verdict(0, 0, 2, 0.99), secondLabel: 1, index: 1 };
    const weak = { ...verdict(0, 1, 2, 0.4), index: 2 };
    const strong = { ...verdict(0, 1, 2, 0.8), index: 3 };
    expect(byConfidence([half, weak, strong]).map(({ index }) => index)).toEqual([3, 2, 1]);
  });
});

describe('pictureOf', () => {
  it('shows what a person recognises: standardised images in their own brightness, colours, the left of two eyes', () => {
    const statistics = { mean: [100, 50], deviation: [50, 10] };
    const norb = { kind: 'norb', statistics, scale: 2, patch: 1, augment: false, target: 'unit' } as const;
    const stereo = { shape: [1, 2, 2], recipe: norb } as const;
    const batch = [9, 9, 9, 9, 0, 7, 1, 7];
    expect(pictureOf(stereo, batch, 1, 'input')).toEqual({
      ...{ width: 2, height: 1, channels: 1 },
      bytes: Uint8Array.of(100, 150),
    });
    expect([...pictureOf(stereo, [0, 0, 1, 1], 0, 'reconstruction').bytes]).toEqual([0, 255]);
    const literal = { ...stereo, recipe: { ...norb, target: 'standardised' } as const };
    expect([...pictureOf(literal, [0, 0, 1, 1], 0, 'reconstruction').bytes]).toEqual([100, 150]);
    const colour = { shape: [1, 1, 3], recipe: { kind: 'images', divisor: 255 } } as const;
    expect(pictureOf(colour, [0, 0.5, 2], 0, 'input')).toMatchObject({
      channels: 3,
      bytes: Uint8Array.of(0, 128, 255),
    });
  });
});
