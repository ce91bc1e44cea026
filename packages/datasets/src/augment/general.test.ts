import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { randomKey } from '../random.js';
import { imageSize, type ImageShape } from '../values/dataset.js';
import { drawGeneralAugmentation, generalAugmenter, type GeneralAugmentation } from './general.js';

const seeds = fc.nat();
const share = fc.double({ min: 0, max: 0.4, noNaN: true });
const options: fc.Arbitrary<GeneralAugmentation> = fc.record(
  {
    flip: fc.boolean(),
    rotate: fc.double({ min: 0, max: 180, noNaN: true }),
    shift: share,
    scale: share,
    erase: share,
    colour: share,
  },
  { requiredKeys: [] },
);
const shapes: fc.Arbitrary<ImageShape> = fc.tuple(
  fc.integer({ min: 2, max: 12 }),
  fc.integer({ min: 2, max: 12 }),
  fc.constantFrom(1, 3),
);
const picture = (shape: ImageShape, seed: number): Float32Array =>
  Float32Array.from({ length: imageSize(shape) }, (_, at) => (((at + 1) * (seed + 7919)) % 101) / 100);

describe('general augmentation', () => {
  test.prop([shapes, options, seeds])(
    'keeps shape and range, and is a function of image and key',
    (shape, what, seed) => {
      const image = picture(shape, seed);
      const before = image.slice();
      const run = () => {
        const out = new Float32Array(image.length).fill(NaN);
        generalAugmenter(shape)(image, drawGeneralAugmentation(randomKey(seed), what), out);
        return out;
      };
      const out = run();
      expect(image).toEqual(before);
      for (const value of out) expect(value >= 0 && value <= 1).toBe(true);
      expect(run()).toEqual(out);
    },
  );

  test.prop([shapes, seeds])('without options nothing changes', (shape, seed) => {
    const image = picture(shape, seed);
    const out = new Float32Array(image.length);
    generalAugmenter(shape)(image, drawGeneralAugmentation(randomKey(seed), {}), out);
    expect(out).toEqual(image);
  });

  test.prop([options, seeds])(
    'draws stay within their limits; an option leaves the draws of the others as they were',
    (what, seed) => {
      const drawn = drawGeneralAugmentation(randomKey(seed), what);
      const { rotate = 0, shift = 0, scale = 0, colour = 0 } = what;
      expect(Math.abs(drawn.angle)).toBeLessThanOrEqual(rotate);
      for (const part of drawn.shift) expect(Math.abs(part)).toBeLessThanOrEqual(shift);
      expect(drawn.scale).toBeGreaterThanOrEqual(1 / (1 + scale) - 1e-12);
      expect(drawn.scale).toBeLessThanOrEqual(1 + scale + 1e-12);
      expect(Math.abs(drawn.brightness)).toBeLessThanOrEqual(colour);
      const { erase: _none, ...others } = what;
      expect({ ...drawGeneralAugmentation(randomKey(seed), others), erase: 0 }).toEqual({
        ...drawn,
        erase: 0,
      });
    },
  );

  test.prop([shapes, fc.double({ min: 0, max: 1, noNaN: true }), options, seeds])(
    'what moves in has the colour of the edge: a flat image stays flat',
    (shape, level, what, seed) => {
      const { erase: _none, colour: _nor, ...moves } = what;
      const image = new Float32Array(imageSize(shape)).fill(level);
      const out = new Float32Array(image.length);
      generalAugmenter(shape)(image, drawGeneralAugmentation(randomKey(seed), moves), out);
      for (const value of out) expect(value).toBeCloseTo(level, 5);
    },
  );

  it('a mirror alone is exact, and twice the image', () => {
    const shape: ImageShape = [4, 5, 3];
    const image = picture(shape, 3);
    const flip = { ...drawGeneralAugmentation(randomKey(1), {}), flip: true };
    const once = new Float32Array(image.length);
    generalAugmenter(shape)(image, flip, once);
    for (let y = 0; y < 4; y++)
      for (let x = 0; x < 5; x++)
        for (let c = 0; c < 3; c++)
          expect(once[(y * 5 + x) * 3 + c]).toBeCloseTo(image[(y * 5 + 4 - x) * 3 + c]!, 6);
    const twice = new Float32Array(image.length);
    generalAugmenter(shape)(once, flip, twice);
    image.forEach((value, at) => expect(twice[at]).toBeCloseTo(value, 6));
  });
});
