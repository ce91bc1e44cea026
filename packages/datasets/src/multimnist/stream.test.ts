import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { examplesOf } from '../batches/examples.js';
import type { MultiMnistRecipe } from '../batches/recipe.js';
import { digits } from '../digits/digits.js';
import { randomKey } from '../random.js';
import { imageSize } from '../values/dataset.js';
import { overlayBorder, overlayMaximumShift } from './merge.js';
import { drawOverlay, overlayField } from './stream.js';

const dataset = digits({ split: 'train', count: 60 });
const recipe: MultiMnistRecipe = {
  ...{ kind: 'multimnist', divisor: 255, passes: 3, sameClass: false },
  maximumShift: overlayMaximumShift,
};
const bases = fc.nat(dataset.count - 1);

test.prop([fc.nat(), bases, fc.integer({ min: 0, max: 8 }), fc.boolean()])(
  'pairs never share a class unless they may, nor an image; shifts stay in range',
  (seed, base, maximumShift, sameClass) => {
    const { top, baseShift, topShift } = drawOverlay(randomKey(seed), dataset, base, {
      maximumShift,
      sameClass,
    });
    expect(top).not.toBe(base);
    if (!sameClass) expect(dataset.labels[top]).not.toBe(dataset.labels[base]);
    for (const step of [...baseShift, ...topShift]) {
      expect(Number.isInteger(step)).toBe(true);
      expect(Math.abs(step)).toBeLessThanOrEqual(maximumShift);
    }
  },
);

test.prop([fc.nat(), fc.nat(3 * dataset.count - 1)], { numRuns: 40 })(
  'labels match the images: each target is a shifted digit of its label',
  (seed, index) => {
    const examples = examplesOf(dataset, recipe);
    const size = imageSize(examples.shape);
    const [image, labels, targets] = [new Float32Array(size), new Int32Array(2), new Float32Array(2 * size)];
    const key = randomKey(seed);
    examples.make(index, key, image, labels, targets);
    const base = index % dataset.count;
    const { top, baseShift, topShift } = drawOverlay(key, dataset, base, recipe);
    expect([...labels]).toEqual([dataset.labels[base], dataset.labels[top]]);
    // The ink of each target is that of its digit, as far as the field holds it.
    const { place } = overlayField(dataset, 255);
    const alone = new Float32Array(size);
    for (const [which, digit, move] of [
      [0, base, baseShift],
      [1, top, topShift],
    ] as const) {
      place(digit, move, alone);
      expect(targets.subarray(which * size, (which + 1) * size)).toEqual(alone);
      const pixels = dataset.images.subarray(digit * 784, (digit + 1) * 784);
      const kept = alone.reduce((sum, value) => sum + value, 0);
      const all = Array.from(pixels).reduce((sum, value) => sum + value, 0) / 255;
      expect(kept).toBeLessThanOrEqual(all + 1e-3);
      if (Math.max(...move.map(Math.abs)) <= overlayBorder) expect(kept).toBeCloseTo(all, 2);
    }
    image.forEach((value, at) =>
      expect(value).toBeCloseTo(Math.min(1, targets[at]! + targets[size + at]!), 6),
    );
  },
);
