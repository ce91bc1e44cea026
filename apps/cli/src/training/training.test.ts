import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { ProgressReport } from '../output/progress.js';
import { trainingProgress } from './progress.js';
import { learningRateOf } from './recipe.js';

describe('recipe', () => {
  it('is that of the reference', () => {
    expect(learningRateOf(5e-4, 0)).toBe(5e-4);
    expect(learningRateOf(5e-4, 1)).toBeCloseTo(4.85e-4, 12);
    expect(learningRateOf(5e-4, 150)).toBe(5e-5);
  });

  test.prop([fc.double({ min: 1e-9, max: 1, noNaN: true }), fc.nat(500)])(
    'the rate never rises',
    (initial, epoch) => {
      expect(learningRateOf(initial, epoch + 1)).toBeLessThanOrEqual(learningRateOf(initial, epoch));
      expect(learningRateOf(initial, 0)).toBe(initial);
    },
  );
});

describe('trainingProgress', () => {
  it('tells the rate, and the time left of the whole run, tests included', () => {
    const reports: ProgressReport[] = [];
    let clock = 0;
    const progress = trainingProgress(
      { report: (report) => void reports.push(report), clear: () => undefined },
      { epochs: 2, trainImages: 100, testImages: 50 },
      () => clock,
    );
    for (let epoch = 1; epoch <= 2; epoch++) {
      progress.startEpoch(epoch);
      // 10 images a second when training, 50 when testing.
      for (let done = 10; done <= 100; done += 10) {
        clock += 1;
        progress.step(done, 0.5, 0.5);
      }
      for (let done = 10; done <= 50; done += 10) {
        clock += 0.2;
        progress.test(done, done);
      }
    }
    expect(reports).toHaveLength(30);
    expect(reports[0]).toMatchObject({ label: 'epoch 1/2', done: 10, total: 100 });
    expect(reports[0]!.imagesPerSecond).toBeCloseTo(10);
    // The first test ends: one epoch of training (10 s) and one test (1 s) are left.
    expect(reports[14]).toMatchObject({ label: 'test 1/2', done: 50, accuracy: 1 });
    expect(reports[14]!.secondsLeft).toBeCloseTo(11);
    expect(reports[29]!.secondsLeft).toBeCloseTo(0);
  });
});
