import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { ProgressReport } from '../output/progress.js';
import { trainingProgress } from './progress.js';
import { isBetter } from './loop.js';
import { configGoingOn, configTested, protocolOf } from './config.js';
import { orderOf } from './fitting.js';
import { learningRateOf } from './recipe.js';

const settings = (changed: Partial<Parameters<typeof learningRateOf>[0]> = {}) => ({
  lr: 5e-4,
  lrMin: 5e-5,
  lrDecay: 0.97,
  schedule: 'exponential' as const,
  warmup: 0,
  epochs: 10,
  ...changed,
});

describe('learning rate', () => {
  it('is that of the reference', () => {
    const rate = learningRateOf(settings(), 100);
    expect(rate(0, 0)).toBe(5e-4);
    expect(rate(1, 100)).toBeCloseTo(4.85e-4, 12);
    expect(rate(1, 199)).toBe(rate(1, 100));
    expect(rate(150, 15_000)).toBe(5e-5);
  });

  it('falls along half a cosine to the minimum at the last step, after a rise from 0', () => {
    const rate = learningRateOf(settings({ schedule: 'cosine', lrMin: 1e-5, warmup: 0.5 }), 10);
    expect([0, 1, 2, 3, 4].map((step) => rate(0, step) / 5e-4)).toEqual(
      [1, 2, 3, 4, 5].map((step) => expect.closeTo(step / 6, 12)),
    );
    expect(rate(0, 5)).toBe(5e-4);
    expect(rate(9, 99)).toBeCloseTo(1e-5, 12);
    expect(rate(5, 52)).toBeCloseTo((5e-4 + 1e-5) / 2, 12);
  });

  test.prop([
    fc.double({ min: 1e-9, max: 1, noNaN: true }),
    fc.constantFrom('exponential' as const, 'cosine' as const, 'constant' as const),
    fc.nat(98),
  ])('never rises after the warm-up, and never falls below the minimum', (lr, schedule, step) => {
    const rate = learningRateOf(settings({ lr, schedule }), 10);
    const at = (n: number): number => rate(Math.floor(n / 10), n);
    expect(at(step + 1)).toBeLessThanOrEqual(at(step));
    expect(at(step)).toBeGreaterThanOrEqual(Math.min(lr, 5e-5) * (1 - 1e-12));
    expect(at(0)).toBe(lr);
  });
});

describe('isBetter', () => {
  it('counts right answers, then the loss', () => {
    expect(isBetter({ accuracy: 0, loss: 9 }, undefined)).toBe(true);
    expect(isBetter({ accuracy: 0.9, loss: 9 }, { accuracy: 0.8, loss: 1 })).toBe(true);
    expect(isBetter({ accuracy: 0.8, loss: 0.5 }, { accuracy: 0.8, loss: 1 })).toBe(true);
    expect(isBetter({ accuracy: 0.8, loss: 1 }, { accuracy: 0.8, loss: 1 })).toBe(false);
  });
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

describe('refine', () => {
  const undistortedFrom = (epochs: number, refine: number) =>
    orderOf({
      settings: { epochs, refine, batchSize: 16, seed: 1 } as Parameters<typeof orderOf>[0]['settings'],
    }).undistortedFrom;

  it.each([
    [20, 0, 20],
    [20, 0.2, 16],
    [100, 0.29, 71],
  ])('%i epochs, a share of %d: undistorted from epoch %i on', (epochs, refine, from) => {
    expect(undistortedFrom(epochs, refine)).toBe(from);
  });
});

describe('the record of a run that goes on', () => {
  const recorded = { epochs: 20, seed: 3, run: { capsnet: '0.1.0' } };
  const end = (epochs: number, refine = 0) => ({ epochs, refine });
  const at = (done: number, step = 100 * done) => ({ done, step });

  it('stays as it is when its end does', () => {
    const whole = { ...recorded, refine: 0 };
    expect(configGoingOn(whole, end(20), at(7))).toEqual(whole);
    const further = configGoingOn(whole, end(24), at(7));
    expect(configGoingOn(further, end(24), at(9))).toEqual(further);
  });
  it('has the new end, with more epochs or fewer, and what was trained for the ones before', () => {
    const refined = configGoingOn(recorded, end(24, 0.2), at(20));
    const first = { ...end(20), ...at(20) };
    expect(refined).toEqual({
      ...{ epochs: 24, refine: 0.2, seed: 3 },
      run: { capsnet: '0.1.0', before: [first] },
    });
    // The rate falls sooner, and other epochs are refined.
    expect(configGoingOn(refined, end(23, 0.2), at(21, 2144))).toMatchObject({
      ...end(23, 0.2),
      run: { before: [first, { ...end(24, 0.2), ...at(21, 2144) }] },
    });
  });
  it('passes over an end that nothing was trained for', () => {
    const before = [{ ...end(20), ...at(20) }];
    const twice = configGoingOn(configGoingOn(recorded, end(24), at(20)), end(30), at(20));
    expect(twice).toMatchObject({ epochs: 30, run: { before } });
    const back = configGoingOn(configGoingOn(recorded, end(24), at(7)), end(20), at(7));
    expect(back).toEqual({ ...recorded, refine: 0 });
    expect(configGoingOn(recorded, end(24), at(0))).toEqual({ ...recorded, epochs: 24, refine: 0 });
  });
  it('forgets what was lost with a checkpoint', () => {
    const shortened = configGoingOn(recorded, end(8), at(5));
    expect(configGoingOn(shortened, end(30), at(4, 432))).toMatchObject({
      epochs: 30,
      run: { before: [{ ...end(20), ...at(4, 432) }] },
    });
  });
  it('reads those that have no steps', () => {
    const before = [{ ...end(20), done: 20 }];
    const old = { ...recorded, ...end(24), run: { before } };
    expect(configGoingOn(old, end(30), at(22))).toMatchObject({
      run: { before: [...before, { ...end(24), ...at(22) }] },
    });
  });
});

describe('how often the test split was read', () => {
  const validation = { count: 1000, decodings: 1 } as Parameters<typeof configTested>[1];
  const told = (config: Parameters<typeof protocolOf>[1]) => protocolOf(validation, config).split('; ')[1];

  it('is once, also when the same weights are tested again', () => {
    const once = configTested({ run: { tested: [] } }, validation, 20);
    expect(once.run).toEqual({
      protocol: 'best epoch on 1000 held-out training images; the test split is read once',
      tested: [20],
    });
    expect(configTested(once, validation, 20)).toEqual(once);
  });
  it('is once more for each time that training went on to another test', () => {
    const once = configTested({ run: { tested: [] } }, validation, 20);
    const twice = configTested(once, validation, 24);
    expect(twice.run.tested).toEqual([20, 24]);
    expect(told(twice)).toBe('the test split was read 2 times');
  });
  it('follows, for a run that did not note it, from the ends that it reached', () => {
    const before = [
      { epochs: 32, refine: 0, done: 32 },
      { epochs: 40, refine: 0, done: 35 },
    ];
    expect(configTested({ run: { before } }, validation, 44).run.tested).toEqual([32, 44]);
    expect(told({})).toBe('the test split is read once');
  });
});
