import { digits, examplesOf, toys, channelStatistics, type Recipe } from '@capsnet/datasets';
import type { DecodedImage } from '@capsnet/datasets/images';
import { describe, expect, it } from 'vitest';
import { edgeBrightness, modelInput } from './input.js';

/** An image of a data set as a file of `scale` times its size would have it. */
function enlarged(bytes: ArrayLike<number>, side: number, scale: number): DecodedImage {
  const size = side * scale;
  const data = Float32Array.from({ length: size * size }, (_, at) => {
    const [y, x] = [Math.floor(at / size / scale), Math.floor((at % size) / scale)];
    return bytes[y * side + x]! / 255;
  });
  return { width: size, height: size, channels: 1, data };
}
const plain = { invert: false, resize: 'fit' } as const;

describe('modelInput', () => {
  it('gives a model what it saw of the same image in training: scaled by the recipe, at any size', () => {
    const set = digits({ split: 'test', count: 3 });
    const recipe: Recipe = { kind: 'images', divisor: 256 };
    const [wanted, labels] = [new Float32Array(784), new Int32Array(1)];
    examplesOf(set, recipe).make(2, [0, 0], wanted, labels, new Float32Array(0));
    for (const scale of [1, 2, 5]) {
      const picture = enlarged(set.images.subarray(2 * 784, 3 * 784), 28, scale);
      const seen = modelInput(picture, [28, 28, 1], recipe, plain);
      // Triangles reach over the edges of the squares: the same up to a soft blur.
      const difference = seen.reduce((sum, value, at) => sum + Math.abs(value - wanted[at]!), 0) / 784;
      expect(difference, `scale ${scale}`).toBeLessThan(scale === 1 ? 1e-6 : 0.02);
      const paper = { ...picture, data: picture.data.map((value) => 1 - value) };
      const inverted = modelInput(paper, [28, 28, 1], recipe, { ...plain, invert: true });
      inverted.forEach((value, at) => expect(Math.abs(value - seen[at]!)).toBeLessThan(1e-5));
      expect(edgeBrightness(paper)).toBeGreaterThan(0.9);
      expect(edgeBrightness(picture)).toBeLessThan(0.1);
    }
  });

  it('standardises and crops for smallNORB, and shows both eyes the same', () => {
    const set = toys({ split: 'test', count: 2 });
    const statistics = channelStatistics(set.images, 2);
    const same = { mean: [statistics.mean[0]!, statistics.mean[0]!], deviation: [40, 40] };
    const recipe = {
      kind: 'norb',
      statistics: same,
      scale: 64,
      patch: 48,
      augment: false,
      target: 'unit',
    } as const;
    const sizes = [48 * 48 * 2, 48 * 48 * 2] as const;
    const wanted = new Float32Array(sizes[0]);
    examplesOf(set, recipe).make(0, [0, 0], wanted, new Int32Array(1), new Float32Array(sizes[1]));
    const left = Uint8Array.from({ length: 96 * 96 }, (_, pixel) => set.images[2 * pixel]!);
    const seen = modelInput(enlarged(left, 96, 1), [48, 48, 2], recipe, plain);
    let difference = 0;
    for (let pixel = 0; pixel < 48 * 48; pixel++) {
      expect(seen[2 * pixel]).toBe(seen[2 * pixel + 1]);
      difference += Math.abs(seen[2 * pixel]! - wanted[2 * pixel]!) / (48 * 48);
    }
    // Two ways of scaling 96 to 64, in units of the deviation.
    expect(difference).toBeLessThan(0.15);
  });
});
