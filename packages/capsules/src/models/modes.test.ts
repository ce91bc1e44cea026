/** What the three modes of a model do, on a small one. */
import {
  createBackend,
  fill,
  oneHot,
  randomKey,
  randomNormal,
  randomUniform,
  setBackend,
  splitKey,
  tensor,
  type Tensor,
} from '@capsnet/tensor';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildModel } from './build.js';
import type { ModelDescription } from './description.js';

const small: ModelDescription = {
  kind: 'efficient-capsnet',
  input: [12, 12, 1],
  classNames: ['a', 'b', 'c'],
  dimensions: 4,
  decodings: 1,
  backbone: {
    convolutions: [
      { filters: 4, kernel: 3, stride: 2 },
      { filters: 8, kernel: 3, stride: 1 },
    ],
    activation: 'relu',
    normalization: { kind: 'batch' },
  },
  primary: { kernel: 3, stride: 1, capsules: 4, dimensions: 2 },
  decoder: { kind: 'dense', units: [10] },
};
const models: readonly (readonly [string, ModelDescription])[] = [
  ['efficient', small],
  ['base', { ...small, kind: 'base-capsnet', decodings: undefined } as never],
  [
    'original',
    {
      kind: 'original-capsnet',
      input: [12, 12, 1],
      classNames: ['a', 'b', 'c'],
      dimensions: 4,
      convolutions: [{ filters: 4, kernel: 3, stride: 1 }],
      primary: { kernel: 3, stride: 2, capsules: 2, dimensions: 3 },
      iterations: 3,
      decoder: { kind: 'dense', units: [10] },
    },
  ],
  [
    'cnn',
    {
      kind: 'cnn',
      input: [12, 12, 1],
      classNames: ['a', 'b', 'c'],
      backbone: (small as any).backbone,
      hidden: 6,
      decoder: { kind: 'dense', units: [10] },
    },
  ],
];
const [imageKey, modelKey, noiseKey] = splitKey(randomKey(3), 3);
const images: Tensor = randomUniform(imageKey!, [5, 12, 12, 1]);
const labels: Tensor = oneHot(tensor([0, 1, 2, 0, 1], { dtype: 'int32' }), 3);

beforeAll(async () => {
  await setBackend(await createBackend('reference'));
});
const read = (x: Tensor): number[] => Array.from(x.dataSync());

describe.each(
  models.map(([name, description]) => [name, buildModel(JSON.parse(JSON.stringify(description)))] as const),
)('%s', (name, model) => {
  const { parameters, state } = model.init(modelKey!);

  test('train uses the batch, test the gathered statistics', () => {
    const trained = model.apply(parameters, state, images, { mode: 'train', labels });
    const tested = model.apply(parameters, state, images, { mode: 'test' });
    expect(trained.reconstruction!.shape).toEqual([5, 12, 12, 1]);
    expect(tested.lengths.shape).toEqual([5, 3]);
    if (name === 'original') expect(read(trained.lengths)).toEqual(read(tested.lengths));
    else {
      expect(read(trained.lengths)).not.toEqual(read(tested.lengths));
      expect(read((trained.state['bn1'] as any).moving_mean)).not.toEqual(
        read((state['bn1'] as any).moving_mean),
      );
    }
    expect(tested.state).toBe(state);
  });

  test('play with zero noise is test, and noise moves one capsule of each sample and its picture', () => {
    const tested = model.apply(parameters, state, images, { mode: 'test' });
    const [, capsules, dimensions] = tested.capsules.shape as [number, number, number];
    const still = model.apply(parameters, state, images, { mode: 'play', noise: fill([5, dimensions], 0) });
    expect(read(still.reconstruction!)).toEqual(read(tested.reconstruction!));
    const moved = model.apply(parameters, state, images, {
      mode: 'play',
      noise: randomNormal(noiseKey!, [5, dimensions]),
    });
    const [before, after] = [read(tested.capsules), read(moved.capsules)];
    for (let b = 0; b < 5; b++) {
      const changed = Array.from({ length: capsules }, (_, k) => k).filter((k) =>
        before
          .slice((b * capsules + k) * dimensions, (b * capsules + k + 1) * dimensions)
          .some((x, d) => x !== after[(b * capsules + k) * dimensions + d]),
      );
      expect(changed).toHaveLength(1);
    }
    expect(read(moved.reconstruction!)).not.toEqual(read(tested.reconstruction!));
    expect(read(moved.lengths)).not.toEqual(read(tested.lengths));
  });

  test('bad operands are told', () => {
    expect(() => model.apply(parameters, state, fill([2, 12, 10, 1], 0), { mode: 'test' })).toThrow(
      /images \[2,12,10,1\]: this model takes \[batch,12,12,1\]/,
    );
    expect(() => model.apply(parameters, state, images, { mode: 'train', labels: fill([5, 4], 0) })).toThrow(
      /labels \[5,4\]: wanted \[5,3\]/,
    );
    expect(() => model.apply(parameters, state, images, { mode: 'play', noise: fill([5, 99], 0) })).toThrow(
      /noise \[5,99\] does not fit/,
    );
    expect(() => model.apply(parameters, state, images, { mode: 'test', noise: fill([5, 4], 0) })).toThrow(
      /noise is for mode play/,
    );
  });
});

test('play with labels decodes and moves the capsule of the label', () => {
  const model = buildModel(small);
  const { parameters, state } = model.init(modelKey!);
  const plain = read(model.apply(parameters, state, images, { mode: 'test' }).capsules);
  const moved = read(
    model.apply(parameters, state, images, { mode: 'play', labels, noise: fill([5, 4], 0.25) }).capsules,
  );
  [0, 1, 2, 0, 1].forEach((label, b) => {
    for (let k = 0; k < 3; k++)
      for (let d = 0; d < 4; d++) {
        const at = (b * 3 + k) * 4 + d;
        expect(moved[at]! - plain[at]!).toBeCloseTo(k === label ? 0.25 : 0, 5);
      }
  });
});

test('training without labels, or without the second ones, is told', () => {
  const model = buildModel(small);
  const { parameters, state } = model.init(modelKey!);
  expect(() => model.apply(parameters, state, images, { mode: 'train' })).toThrow(/needs one-hot labels/);
  const two = buildModel({ ...small, decodings: 2 });
  expect(() => two.apply(parameters, state, images, { mode: 'train', labels })).toThrow(/needs secondLabels/);
});
