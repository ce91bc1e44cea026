import { fill, randomKey, type Tensor } from '@capsnet/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildModel } from './build.js';
import { adaptEfficientCapsNet } from './adapt.js';
import { describeModel, modelNames, type ModelName } from './catalogue.js';
import { checkDescription } from './checkDescription.js';
import { summarize } from './summary.js';

describe('sizes of the published models', () => {
  // parameters without decoder; the papers say 161 k, 154 k, 151 k, 6.8 M, 173 k, 183 k
  test.each([
    ['efficient-capsnet', 161_824, 161e3],
    ['efficient-capsnet-multimnist', 154_656, 154e3],
    ['efficient-capsnet-smallnorb', 151_664, 151e3],
    ['original-capsnet', 6_804_384, 6.8e6],
    ['base-capsnet', 181_528, 183e3],
    ['cnn', 172_398, 173e3],
  ] as const)('%s has %i parameters', (name, exact, published) => {
    const { parametersWithoutDecoder } = summarize(buildModel(describeModel(name)));
    expect(parametersWithoutDecoder).toBe(exact);
    expect(Math.abs(parametersWithoutDecoder / published - 1)).toBeLessThan(0.05);
  });

  test('with decoder', () => {
    const total = (name: ModelName): number => summarize(buildModel(describeModel(name))).parameters;
    // 8.2 M as published; 381,234 numbers in the published smallNORB weights
    expect(total('original-capsnet')).toBe(6_804_384 + 1_411_344);
    expect(total('efficient-capsnet-smallnorb')).toBe(381_234);
    expect(total('efficient-capsnet')).toBe(161_824 + 1_411_344);
    expect(total('efficient-capsnet-multimnist')).toBe(2_090_800);
    expect(total('base-capsnet')).toBe(181_528 + 1_411_344);
    expect(total('cnn')).toBe(1_655_422);
  });
});

test('a summary names every layer once, with the shape of its output', () => {
  const { layers, parameters } = summarize(buildModel(describeModel('efficient-capsnet')));
  expect(layers.map(({ layer, output }) => `${layer} ${output.join('x')}`)).toEqual([
    'conv1 24x24x32',
    'bn1 24x24x32',
    'conv2 22x22x64',
    'bn2 22x22x64',
    'conv3 20x20x64',
    'bn3 20x20x64',
    'conv4 9x9x128',
    'bn4 9x9x128',
    'primary 16x8',
    'digit 10x16',
    'length 10',
    'dec1 512',
    'dec2 1024',
    'dec3 784',
  ]);
  expect(layers.reduce((total, layer) => total + layer.parameters, 0)).toBe(parameters);
});

test('models adapt to any image from 28 to 224 pixels, any channels and classes', () => {
  const side = fc.integer({ min: 28, max: 224 });
  fc.assert(
    fc.property(
      fc.constantFrom(
        'efficient-capsnet',
        'efficient-capsnet-multimnist',
        'base-capsnet',
        'cnn',
        'efficient-capsnet-smallnorb',
      ),
      side,
      side,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 2, max: 200 }),
      (name, height, width, channels, classes) => {
        fc.pre(name !== 'efficient-capsnet-smallnorb' || Math.min(height, width) >= 32);
        const classNames = Array.from({ length: classes }, (_, k) => `class ${k}`);
        const model = buildModel(describeModel(name, { input: [height, width, channels], classNames }));
        const specs = summarize(model);
        expect(
          specs.layers.find(({ layer }) => layer === (name === 'cnn' ? 'scores' : 'length'))!.output,
        ).toEqual([classes]);
        // Nothing is computed: the shapes of the lazy graph say it.
        const placeholders = (tree: any): any =>
          Object.fromEntries(
            Object.entries(tree).map(([key, spec]: [string, any]) => [
              key,
              spec.shape ? fill(spec.shape, 0) : placeholders(spec),
            ]),
          );
        const { reconstruction } = model.apply(
          placeholders(model.parameterSpecs),
          placeholders(model.stateSpecs),
          fill([2, height, width, channels], 0),
          { mode: 'test' },
        );
        expect(reconstruction!.shape).toEqual([2, height, width, channels]);
      },
    ),
    { numRuns: 60 },
  );
});

test('descriptions survive JSON, and every name has one', () => {
  for (const name of modelNames) {
    const description = describeModel(name);
    expect(checkDescription(JSON.parse(JSON.stringify(description)))).toEqual(description);
  }
});

test('bad descriptions are told field by field', () => {
  const good = describeModel('efficient-capsnet');
  const bad =
    (change: object): (() => unknown) =>
    () =>
      buildModel({ ...good, ...change });
  expect(bad({ kind: 'resnet' })).toThrow(/model\.kind is "resnet", wanted "efficient-capsnet" or/);
  expect(bad({ classNames: ['a', 'a'] })).toThrow(/has "a" twice/);
  expect(bad({ dimensions: 0 })).toThrow(/model\.dimensions is 0, wanted an integer from 1/);
  expect(bad({ dimension: 16 })).toThrow(/unknown field "dimension"/);
  expect(bad({ decoder: { kind: 'dense', units: [512, -1] } })).toThrow(/model\.decoder\.units\[1\] is -1/);
  expect(bad({ primary: { kernel: 5, stride: 1, capsules: 16, dimensions: 8 } })).toThrow(
    /primary filter 5x5 .* leaves 25 place/,
  );
  expect(bad({ input: [12, 12] })).toThrow(/model\.input is \[12,12\], wanted a list of 3/);
  expect(() => buildModel(describeModel('original-capsnet', { input: [12, 12, 1] }))).toThrow(
    /too small: convolution 2/,
  );
  expect(() => describeModel('efficient-capsnet', { input: [400, 400, 3] })).toThrow(/too large/);
});

test('the same key gives the same weights, another key others', async () => {
  const model = buildModel(describeModel('efficient-capsnet', { decoder: false }));
  const kernel = async (seed: number): Promise<readonly number[]> =>
    Array.from(await (model.init(randomKey(seed)).parameters['conv1'] as any).kernel.data());
  expect(await kernel(1)).toEqual(await kernel(1));
  expect(await kernel(1)).not.toEqual(await kernel(2));
});

test('the adapted network is that of the paper at its size; short epochs get quick statistics, large images a light decoder', () => {
  const classNames = describeModel('efficient-capsnet').classNames;
  const adapt = (side: number, channels: number, stepsPerEpoch?: number) =>
    adaptEfficientCapsNet({
      height: side,
      width: side,
      channels,
      classNames,
      ...(stepsPerEpoch ? { stepsPerEpoch } : {}),
    });
  expect(adapt(28, 1)).toEqual(describeModel('efficient-capsnet'));
  expect(adapt(64, 3, 20).backbone.normalization).toEqual({ kind: 'batch', momentum: 0.9 });
  for (const side of [28, 64, 96, 160, 224]) {
    const description = adapt(side, 3);
    expect(description.primary.kernel).toBeLessThanOrEqual(13);
    // With the dense decoder a picture of 96x96x3 would take 28 million numbers.
    expect(summarize(buildModel(description)).parameters).toBeLessThan(6e6);
  }
});
