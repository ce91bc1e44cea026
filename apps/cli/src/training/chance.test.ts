import { expect, it } from 'vitest';
import { fc, test } from '@fast-check/vitest';
import { chanceWarning, isAtChance } from './chance.js';

const options = { chance: 0.5, lr: 5e-4, batchSize: 16 };
const after = (epoch: number, accuracy: number, images = 320) => ({
  ...{ epoch, step: 20 * epoch },
  training: { accuracy, images },
  chosen: { accuracy, images: images / 4 },
});

it('says so after three epochs at chance, with the usual causes; not before, and not of one that learns', () => {
  expect(chanceWarning(after(2, 0.5), options)).toBeUndefined();
  expect(chanceWarning(after(3, 0.8), options)).toBeUndefined();
  expect(chanceWarning(after(3, 0.52), options)).toMatch(
    /after 3 epochs \(60 steps\) the answers are no better than guessing.*Usual causes: labels.*learning rate.*augmentation/,
  );
  // Many steps in one epoch are as good as three epochs.
  expect(chanceWarning({ ...after(1, 0.1, 60_000), step: 3750 }, { ...options, chance: 0.1 })).toMatch(
    /guessing/,
  );
});

test.prop([fc.double({ min: 0.01, max: 0.9, noNaN: true }), fc.integer({ min: 10, max: 100_000 })])(
  'guessing itself is at chance, and certainty is not among enough images',
  (chance, images) => {
    expect(isAtChance(chance, images, chance)).toBe(true);
    fc.pre(images * (1 - chance) > 10);
    expect(isAtChance(1, images, chance)).toBe(false);
  },
);
