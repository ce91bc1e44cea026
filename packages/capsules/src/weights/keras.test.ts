import { createBackend, leavesWithPaths, randomKey, setBackend, sizeOf, type Tensor } from '@capsnet/tensor';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildModel } from '../models/build.js';
import { describeModel, modelNames } from '../models/catalogue.js';
import type { Parameters } from '../layers/parameters.js';
import { defaultLayout, fromKeras, kerasMismatch, layoutOf, toKeras, type KerasFile } from './keras.js';

beforeAll(async () => {
  await setBackend(await createBackend('reference'));
});

/** The layout of the published smallNORB weights: groups, names and shapes as they stand in the file. */
const published = {
  backend: 'tensorflow',
  version: '2.4.0',
  groups: [
    { name: 'input_2', weights: [] },
    {
      name: 'CapsNet',
      weights: (
        [
          ['conv2d_4', 'kernel', [7, 7, 2, 32]],
          ['conv2d_4', 'bias', [32]],
          ['instance_normalization', 'gamma', [32]],
          ['instance_normalization', 'beta', [32]],
          ['conv2d_5', 'kernel', [3, 3, 32, 64]],
          ['conv2d_5', 'bias', [64]],
          ['instance_normalization_1', 'gamma', [64]],
          ['instance_normalization_1', 'beta', [64]],
          ['conv2d_6', 'kernel', [3, 3, 64, 64]],
          ['conv2d_6', 'bias', [64]],
          ['instance_normalization_2', 'gamma', [64]],
          ['instance_normalization_2', 'beta', [64]],
          ['conv2d_7', 'kernel', [3, 3, 64, 128]],
          ['conv2d_7', 'bias', [128]],
          ['instance_normalization_3', 'gamma', [128]],
          ['instance_normalization_3', 'beta', [128]],
          ['conv2d_8', 'kernel', [8, 8, 1, 128]],
          ['conv2d_8', 'bias', [128]],
          ['digit_caps', 'W', [5, 16, 8, 16]],
          ['digit_caps', 'b', [5, 16, 1]],
        ] as const
      ).map(([layer, weight, shape]) => ({ name: `${layer}/${weight}:0`, shape })),
    },
    { name: 'input_3', weights: [] },
    { name: 'mask', weights: [] },
    {
      name: 'Generator',
      weights: (
        [
          ['dense', [80, 64]],
          ['conv2d', [3, 3, 1, 64]],
          ['conv2d_1', [3, 3, 64, 128]],
          ['conv2d_2', [3, 3, 128, 128]],
          ['conv2d_3', [3, 3, 128, 2]],
        ] as const
      ).flatMap(([layer, shape]) => [
        { name: `${layer}/kernel:0`, shape },
        { name: `${layer}/bias:0`, shape: [shape.at(-1)!] },
      ]),
    },
  ],
};

/** The same tensors under the same paths, to the bit. */
async function expectSame(actual: Parameters, expected: Parameters): Promise<void> {
  const [left, right] = [leavesWithPaths(actual), leavesWithPaths(expected)];
  expect(left.map(({ path }) => path)).toEqual(right.map(({ path }) => path));
  for (const [k, { path, leaf }] of left.entries()) {
    const [a, b] = [await (leaf as Tensor).data(), await (right[k]!.leaf as Tensor).data()];
    const same = a.length === b.length && a.every((value, at) => value === b[at]);
    expect(same, path).toBe(true);
  }
}

test('the published smallNORB layout fits the smallNORB model, and no other', () => {
  const fitting = modelNames.filter(
    (name) => kerasMismatch(buildModel(describeModel(name)), published) === undefined,
  );
  expect(fitting).toEqual(['efficient-capsnet-smallnorb']);
});

describe.each(modelNames)('%s', (name) => {
  const model = buildModel(describeModel(name, { decoder: name !== 'original-capsnet' }));
  const { parameters, state } = model.init(randomKey(5));

  test('survives the way to Keras and back', async () => {
    const file = await toKeras(model, parameters, state);
    expect(layoutOf(file)).toEqual(defaultLayout(model));
    const names = file.groups.flatMap((group) =>
      group.weights.map((weight) => `${group.name}/${weight.name}`),
    );
    expect(new Set(names).size).toBe(names.length);
    for (const { shape, data } of file.groups.flatMap(({ weights }) => weights))
      expect(data).toHaveLength(sizeOf(shape));
    const back = fromKeras(model, file);
    await expectSame(back.parameters, parameters);
    await expectSame(back.state, state);
  });

  test('moving statistics may stand behind each layer or behind all', async () => {
    const file = await toKeras(model, parameters, state);
    const inline: KerasFile = {
      ...file,
      groups: file.groups.map(({ name: group, weights }) => {
        const layerOf = (weight: string): string => weight.split('/')[0]!;
        const layers = [...new Set(weights.map((weight) => layerOf(weight.name)))];
        return {
          name: group,
          weights: layers.flatMap((layer) => weights.filter((weight) => layerOf(weight.name) === layer)),
        };
      }),
    };
    const back = fromKeras(model, inline);
    await expectSame(back.state, state);
    await expectSame(back.parameters, parameters);
  });
});

test('axes of length 1 may stand elsewhere: a depthwise kernel as Keras keeps it', async () => {
  const model = buildModel(describeModel('efficient-capsnet', { decoder: false }));
  const { parameters, state } = model.init(randomKey(1));
  const file = await toKeras(model, parameters, state);
  const moved: KerasFile = {
    ...file,
    groups: file.groups.map((group) => ({
      ...group,
      weights: group.weights.map((weight) =>
        weight.shape[2] === 1 && weight.shape[3] === 128 ? { ...weight, shape: [9, 9, 128, 1] } : weight,
      ),
    })),
  };
  const back = fromKeras(model, moved);
  expect((back.parameters['primary'] as { kernel: Tensor }).kernel.shape).toEqual([9, 9, 1, 128]);
  // And they are written back as they came.
  const again = await toKeras(model, back.parameters, back.state, layoutOf(moved));
  expect(layoutOf(again)).toEqual(layoutOf(moved));
});

test('a file of another model is refused, and the array is named', async () => {
  const model = buildModel(describeModel('efficient-capsnet'));
  const { parameters, state } = model.init(randomKey(1));
  const file = await toKeras(model, parameters, state);
  const norb = buildModel(describeModel('efficient-capsnet-smallnorb'));
  expect(() => fromKeras(norb, file, 'mnist.h5')).toThrow(
    'mnist.h5: these are not weights of efficient-capsnet: array 1, conv2d/kernel:0 [5,5,1,32], stands where conv1/kernel [7,7,2,32] belongs.',
  );
  const cut = { ...file, groups: file.groups.slice(0, 2) };
  expect(() => fromKeras(model, cut)).toThrow(
    /nothing is there for dec1\/kernel \[160,512\] \(20 arrays, 26 wanted\)/,
  );
  const noStatistics = {
    ...file,
    groups: file.groups.map((group) => ({
      ...group,
      weights: group.weights.filter(({ name }) => !name.includes('moving')),
    })),
  };
  expect(() => fromKeras(model, noStatistics)).toThrow(
    /nothing is there for bn1\/moving_mean \[32\] \(0 arrays, 8 wanted\)/,
  );
  await expect(toKeras(norb, parameters, state, layoutOf(file))).rejects.toThrow(/the layout is not that of/);
});
