import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { digits } from '../digits/digits.js';
import { foldIn, randomKey } from '../random.js';
import type { ImageShape } from '../values/dataset.js';
import { rotate, shift } from './geometry.js';
import {
  augmentMnist,
  augmentMnistBatch,
  drawMnistAugmentation,
  erase,
  shiftAmounts,
  shiftMargins,
  squish,
} from './mnist.js';
import { scaleImages } from './preprocess.js';

const shape: ImageShape = [28, 28, 1];
const pictures = scaleImages(digits({ split: 'train', count: 40 }).images, 256);
const picture = (index: number) => pictures.slice(index * 784, (index + 1) * 784);
const seeds = fc.nat({ max: 2 ** 32 });
const indices = fc.integer({ min: 0, max: 39 });

describe('augmentMnist', () => {
  test.prop([seeds, indices])('keeps shape and range and is a function of image and key', (seed, index) => {
    const image = picture(index);
    const before = image.slice();
    const augmented = augmentMnist(image, shape, randomKey(seed));
    expect(image).toEqual(before);
    expect(augmented).toEqual(augmentMnist(image, shape, randomKey(seed)));
    expect(augmented.length).toBe(784);
    // Lanczos may ring: by no more than its overshoot for a step.
    for (const value of augmented) expect(value > -0.25 && value < 1.25).toBe(true);
  });
  test.prop([seeds])('a batch is its images one by one', (seed) => {
    const key = randomKey(seed);
    const batch = augmentMnistBatch(pictures.slice(0, 4 * 784), shape, key);
    for (let index = 0; index < 4; index++) {
      expect(batch.slice(index * 784, (index + 1) * 784)).toEqual(
        augmentMnist(picture(index), shape, foldIn(key, index)),
      );
    }
  });
  it('in place gives the same', () => {
    const image = picture(3);
    const apart = augmentMnist(image, shape, randomKey(1));
    expect(augmentMnist(image, shape, randomKey(1), image)).toEqual(apart);
  });
  it('takes colour images of any size', () => {
    const image = Float32Array.from({ length: 20 * 24 * 3 }, (_, at) => (at % 7) / 7);
    expect(augmentMnist(image, [20, 24, 3], randomKey(4)).length).toBe(20 * 24 * 3);
  });
});

describe('drawn parameters', () => {
  const drawn = Array.from({ length: 20_000 }, (_, index) =>
    drawMnistAugmentation(foldIn(randomKey(9), index), shape),
  );
  it('stay in the ranges of the reference', () => {
    for (const one of drawn) {
      expect(Number.isInteger(one.angle) && Math.abs(one.angle) <= 29).toBe(true);
      expect(one.shiftMagnitudes.every((magnitude) => magnitude >= 0 && magnitude <= 0.9999)).toBe(true);
      expect(one.shiftDirections.every((direction) => direction === 0 || direction === 1)).toBe(true);
      expect(one.widthModulation >= 1 && one.widthModulation <= 7).toBe(true);
      expect([0, 1]).toContain(one.offsetModulation);
      for (const corner of [one.eraseRow, one.eraseColumn]) expect(corner >= 4 && corner <= 22).toBe(true);
    }
  });
  it('reach the ends of the ranges', () => {
    expect(Math.max(...drawn.map((one) => one.angle))).toBe(29);
    expect(Math.min(...drawn.map((one) => one.angle))).toBe(-29);
    expect(new Set(drawn.map((one) => one.widthModulation)).size).toBe(7);
    expect(new Set(drawn.map((one) => one.eraseRow)).size).toBe(19);
  });
  it('have the distribution of the reference', () => {
    const share = (rule: (one: (typeof drawn)[number]) => boolean) =>
      drawn.filter(rule).length / drawn.length;
    // P(angle = 0) = 1/2 + 1/2 P(|N(0, 0.33)| < 1/30); P(|N| < 0.0333 / 0.33) = 0.0805.
    expect(Math.abs(share((one) => one.angle === 0) - (0.5 + 0.0805 / 2))).toBeLessThan(0.015);
    // floor(7 a + 1) = 1 for a < 1/7: P(|N(0, 1)| < 0.4329) = 0.3349.
    expect(Math.abs(share((one) => one.widthModulation === 1) - 0.3349)).toBeLessThan(0.015);
    expect(Math.abs(share((one) => one.shiftDirections[0] === 0) - 0.5)).toBeLessThan(0.015);
  });
});

describe('steps', () => {
  test.prop([indices, seeds])('a shift within the margins loses nothing', (index, seed) => {
    const image = picture(index);
    const margins = shiftMargins(image, shape);
    const { shiftMagnitudes, shiftDirections } = drawMnistAugmentation(randomKey(seed), shape);
    const [dx, dy] = shiftAmounts(margins, shiftMagnitudes, shiftDirections);
    expect(dx >= -margins[0] && dx <= margins[1] && dy >= -margins[2] && dy <= margins[3]).toBe(true);
    expect(shift(shift(image, shape, dx, dy), shape, -dx, -dy)).toEqual(image);
  });
  test.prop([indices])('a rotation by 0 is the image, by 180 and 180 nearly', (index) => {
    const image = picture(index);
    expect(rotate(image, shape, 0)).toEqual(image);
    const margins = shiftMargins(image, shape);
    // Row and column 0 turn out of the image about (14, 14); the digit must not touch them.
    if (margins[0] === 0 || margins[2] === 0) return;
    const twice = rotate(rotate(image, shape, 180), shape, 180);
    twice.forEach((value, at) => expect(Math.abs(value - image[at]!)).toBeLessThan(1e-4));
  });
  test.prop([fc.integer({ min: 1, max: 7 }), fc.integer({ min: 0, max: 1 })])(
    'squishing a constant keeps it where it lies (weights sum to one)',
    (width, offset) => {
      const squished = squish(new Float32Array(784).fill(0.5), shape, width, offset);
      const first = Math.floor(width / 2) + offset;
      for (let x = 0; x < 28; x++) {
        expect(squished[28 * 5 + x]!).toBeCloseTo(x >= first && x < first + 28 - width ? 0.5 : 0, 6);
      }
    },
  );
  it('erase clears its square and no more', () => {
    const erased = erase(new Float32Array(784).fill(1), shape, 22, 5, 4);
    expect(erased.reduce((sum, value) => sum + value, 0)).toBe(784 - 16);
    expect([erased[22 * 28 + 5], erased[25 * 28 + 8], erased[26 * 28 + 5], erased[22 * 28 + 9]]).toEqual([
      0, 0, 1, 1,
    ]);
  });
  it('a blank image stays blank', () => {
    expect(augmentMnist(new Float32Array(784), shape, randomKey(2)).every((value) => value === 0)).toBe(true);
  });
});

it('60,000 images take well under 25 s', () => {
  const many = new Float32Array(6000 * 784);
  for (let at = 0; at < many.length; at += pictures.length) many.set(pictures, at);
  // Of the processor, which a busy machine does not lengthen much.
  const start = process.cpuUsage();
  augmentMnistBatch(many, shape, randomKey(1), many);
  expect((process.cpuUsage(start).user / 1000) * 10).toBeLessThan(25_000);
});
