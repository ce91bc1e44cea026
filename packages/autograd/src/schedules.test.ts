import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { referenceCases, referenceTensors } from './optimizers/fixtures/read.js';
import { constantSchedule, cosineDecay, exponentialDecay, piecewiseConstant, warmup } from './schedules.js';

test('exponentialDecay is the schedule of the reference', async () => {
  const { attrs } = referenceCases.find(({ op }) => op === 'lr_schedule')!;
  const { epoch, lr } = referenceTensors('lr_schedule');
  const schedule = exponentialDecay(attrs.lr as number, attrs.lr_dec, attrs.min_lr);
  const [epochs, rates] = [await epoch!.data(), await lr!.data()];
  expect(epochs.length).toBeGreaterThan(50);
  epochs.forEach((time, k) => expect(Math.abs(schedule(time) / rates[k]! - 1)).toBeLessThan(1e-6));
});

describe('every schedule stays between its ends', () => {
  const time = fc.double({ min: 0, max: 1000, noNaN: true });
  const schedules = {
    constant: constantSchedule(1),
    exponential: exponentialDecay(1, 0.9, 0.1),
    cosine: cosineDecay(1, 100, 0.1),
    piecewise: piecewiseConstant([10, 20], [1, 0.5, 0.1]),
    warm: warmup(5, cosineDecay(1, 50, 0.1)),
  };
  test.each(Object.entries(schedules))('%s', (_, schedule) => {
    fc.assert(
      fc.property(time, time, (a, b) => {
        expect(schedule(a)).toBeLessThanOrEqual(1);
        expect(schedule(a)).toBeGreaterThanOrEqual(0.1);
        // After the rise, later never means more.
        if (a >= 5 && b >= a) expect(schedule(b)).toBeLessThanOrEqual(schedule(a));
      }),
    );
  });
});

test('cosineDecay: ends, middle, and what is outside', () => {
  const schedule = cosineDecay(2, 10, 1);
  expect([0, 5, 10, 11, -3].map((time) => schedule(time))).toEqual([2, 1.5, 1, 1, 2]);
});

test('piecewiseConstant changes at its boundaries', () => {
  const schedule = piecewiseConstant([2, 4], [3, 2, 1]);
  expect([0, 1.9, 2, 3, 4, 99].map((time) => schedule(time))).toEqual([3, 3, 2, 2, 1, 1]);
});

test('warmup rises in equal parts and never starts at 0', () => {
  const schedule = warmup(4, constantSchedule(10));
  expect([0, 1, 2, 3, 4, 5].map((time) => schedule(time))).toEqual([2, 4, 6, 8, 10, 10]);
  expect(warmup(2, exponentialDecay(1, 0.5))(3)).toBe(0.5);
});

test('settings out of range are told', () => {
  expect(() => cosineDecay(1, 0)).toThrow('cosineDecay: the duration is 0, wanted a number above 0.');
  expect(() => warmup(-1, constantSchedule(1))).toThrow('warmup: the duration is -1');
  expect(() => piecewiseConstant([1], [1])).toThrow('1 boundaries need 2 rates, found 1');
  expect(() => piecewiseConstant([2, 2], [1, 2, 3])).toThrow('the boundaries 2, 2 do not increase');
});
