import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { randomKey } from '../random.js';
import { noiseDataset } from '../testing/samples.js';
import { contentHashes } from '../values/hash.js';
import { classCounts, imageDataset } from '../values/dataset.js';
import { batchCount, batchRanges, epochOrder, limit, shardOf, splitOff, stratifiedSample } from './order.js';

const seeds = fc.nat();

test.prop([seeds, fc.nat({ max: 50 }), fc.integer({ min: 1, max: 200 })])(
  'an epoch is a permutation, each its own',
  (seed, epoch, count) => {
    const key = randomKey(seed);
    const order = epochOrder(key, epoch, count);
    expect([...order].sort((a, b) => a - b)).toEqual([...epochOrder(key, epoch, count, false)]);
    expect(epochOrder(key, epoch, count)).toEqual(order);
    if (count > 30) expect(epochOrder(key, epoch + 1, count)).not.toEqual(order);
  },
);

test.prop([fc.nat({ max: 300 }), fc.integer({ min: 1, max: 40 }), fc.boolean()])(
  'ranges cover each position once',
  (count, size, dropLast) => {
    const ranges = batchRanges(count, size, dropLast);
    expect(ranges.length).toBe(batchCount(count, size, dropLast));
    let next = 0;
    for (const { start, end } of ranges) {
      expect(start).toBe(next);
      expect(end - start > 0 && end - start <= size).toBe(true);
      if (dropLast) expect(end - start).toBe(size);
      next = end;
    }
    expect(next).toBe(dropLast ? count - (count % size) : count);
  },
);

test.prop([fc.nat({ max: 100 }), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 50 })])(
  'the parts of several processes are the batch, and as large as each other',
  (start, whole, size) => {
    const parts = Array.from({ length: size }, (_, rank) =>
      shardOf({ start, end: start + whole }, { rank, size }),
    );
    const counted = parts.filter((part) => part.counted);
    expect(
      counted.flatMap((part) => Array.from({ length: part.end - part.start }, (_, k) => part.start + k)),
    ).toEqual(Array.from({ length: whole }, (_, k) => start + k));
    for (const part of parts) {
      expect(part.whole).toBe(whole);
      expect(Math.abs(part.end - part.start - whole / size)).toBeLessThanOrEqual(1);
      if (!part.counted) expect([part.start, part.end]).toEqual([start, start + 1]);
    }
  },
);

it.each([
  [2, 2],
  [-1, 2],
  [0, 1.5],
])('there is no process %d of %d', (rank, size) => {
  expect(() => shardOf({ start: 0, end: 4 }, { rank, size })).toThrow(
    `there is no process ${rank} of ${size}`,
  );
});

describe('splitting', () => {
  // 40, 30, 20, 10 of the four classes, sorted by class.
  const sorted = imageDataset({
    name: 'sorted',
    split: 'train',
    shape: [1, 1, 1],
    count: 100,
    images: Uint8Array.from({ length: 100 }, (_, index) => index),
    labels: Uint8Array.from({ length: 100 }, (_, index) =>
      index < 40 ? 0 : index < 70 ? 1 : index < 90 ? 2 : 3,
    ),
    classNames: ['a', 'b', 'c', 'd'],
  });
  test.prop([seeds, fc.integer({ min: 1, max: 99 })])(
    'holds every image once, classes in proportion',
    (seed, held) => {
      const parts = splitOff(sorted, held, randomKey(seed));
      expect([...parts.kept.images, ...parts.held.images].sort((a, b) => a - b)).toEqual([...sorted.images]);
      expect(parts.held.count).toBe(held);
      classCounts(parts.held).forEach((count, label) =>
        expect(Math.abs(count - (held * classCounts(sorted)[label]!) / 100)).toBeLessThan(1),
      );
    },
  );
  it('a share below 1 is a share, the key decides', () => {
    expect([...classCounts(splitOff(sorted, 0.1, randomKey(1)).held)]).toEqual([4, 3, 2, 1]);
    expect(splitOff(sorted, 20, randomKey(1)).held.images).not.toEqual(
      splitOff(sorted, 20, randomKey(2)).held.images,
    );
  });
  test.prop([seeds, fc.integer({ min: 1, max: 99 })])('at random: every image once, too', (seed, held) => {
    const parts = splitOff(sorted, held, randomKey(seed), { stratified: false });
    expect(parts.held.count).toBe(held);
    expect([...parts.kept.images, ...parts.held.images].sort((a, b) => a - b)).toEqual([...sorted.images]);
  });
  test.prop([seeds, fc.integer({ min: 1, max: 8 }), fc.boolean()])(
    'no held-out image is left in the kept part, not even as a copy',
    (seed, held, stratified) => {
      // Images 10..19 are copies of 0..9, under other labels.
      const copies = imageDataset({
        ...sorted,
        count: 20,
        images: Uint8Array.from({ length: 20 }, (_, index) => index % 10),
        labels: Uint8Array.from({ length: 20 }, (_, index) => index % 4),
      });
      const parts = splitOff(copies, held, randomKey(seed), { stratified });
      const heldHashes = new Set(contentHashes(parts.held));
      expect(parts.held.count).toBe(held);
      expect(contentHashes(parts.kept).some((hash) => heldHashes.has(hash))).toBe(false);
      // Nothing else is lost.
      expect(parts.kept.count).toBe(20 - 2 * heldHashes.size);
    },
  );
  it.each([0, 100, -3, 1000, NaN, 2.5])('%d images cannot be held out of 100', (held) => {
    expect(() => splitOff(sorted, held, randomKey(1))).toThrow(RangeError);
  });
  it('limits to the first, or to a stratified sample', () => {
    expect([...limit(sorted, 3).images]).toEqual([0, 1, 2]);
    expect([...classCounts(limit(sorted, 10, randomKey(1)))]).toEqual([4, 3, 2, 1]);
    expect(limit(sorted, undefined)).toBe(sorted);
    expect(limit(sorted, 500)).toBe(sorted);
    expect(() => limit(sorted, 0)).toThrow(RangeError);
    expect(() => stratifiedSample(sorted, 101, randomKey(0))).toThrow(RangeError);
  });
  it('labels and factors travel with their images', () => {
    const base = noiseDataset(12);
    const withFactors = {
      ...base,
      factors: { azimuth: Int32Array.from({ length: 12 }, (_, index) => index * 10) },
    };
    const { held } = splitOff(withFactors, 6, randomKey(3));
    for (let index = 0; index < 6; index++) {
      const origin = held.factors!.azimuth![index]! / 10;
      expect(held.labels[index]).toBe(base.labels[origin]);
      expect([...held.images.subarray(index * 30, index * 30 + 30)]).toEqual([
        ...base.images.subarray(origin * 30, origin * 30 + 30),
      ]);
    }
  });
});
