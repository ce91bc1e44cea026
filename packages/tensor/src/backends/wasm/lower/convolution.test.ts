/** The direct convolutions against the plain algorithm in double precision: shapes that take every way through `assembly/convolution.ts`. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  apply,
  compile,
  createBackend,
  fromHost,
  randomKey,
  sizeOf,
  uniformNumbers,
  type Backend,
  type Tensor,
} from '../../../index.js';

interface Case {
  readonly x: [number, number, number, number];
  readonly filter: [number, number, number, number];
  readonly strides?: [number, number];
  readonly groups?: number;
}

const cases: Record<string, Case> = {
  'one channel, dense results, several blocks of pixels': { x: [3, 28, 28, 1], filter: [5, 5, 1, 32] },
  'runs of less than four': { x: [2, 12, 12, 1], filter: [3, 3, 1, 16] },
  'runs of a whole number of vectors': { x: [2, 10, 11, 4], filter: [5, 3, 4, 8] },
  'deeper than what is gathered at once': { x: [2, 9, 10, 24], filter: [5, 5, 24, 16] },
  'filters that fill no panel': { x: [2, 11, 9, 3], filter: [5, 5, 3, 12] },
  'pixels of dy that lie far apart': { x: [2, 12, 12, 2], filter: [5, 5, 2, 72] },
  groups: { x: [2, 9, 9, 8], filter: [5, 5, 4, 16], groups: 2 },
  strides: { x: [2, 17, 15, 2], filter: [5, 4, 2, 16], strides: [2, 3] },
};

const hashed = (shape: readonly number[], seed: number): Tensor =>
  fromHost(
    Float32Array.from(uniformNumbers(randomKey(seed), sizeOf(shape)).map((u) => 2 * u - 1)),
    [...shape],
    'float32',
  );

let backends: Backend[];
let oracle: Backend;
beforeAll(async () => {
  oracle = await createBackend('reference', { precision: 'float64' });
  const threads = [1, 2, 3].map((count) => createBackend('wasm', { threads: count }));
  backends = await Promise.all([...threads, createBackend('wasm', { threads: 2, relaxed: false })]);
});
afterAll(async () => {
  for (const backend of [...backends, oracle]) await backend.dispose();
});

function expectNear(actual: Float32Array, expected: Float32Array): void {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const error = expected.reduce((most, value, k) => Math.max(most, Math.abs(actual[k]! - value)), 0);
  expect(actual).toHaveLength(expected.length);
  expect(error).toBeLessThan(2e-6 * largest);
}

describe.each(Object.entries(cases))('%s', (_, { x, filter, strides = [1, 1], groups = 1 }) => {
  const attributes = {
    strides,
    groups,
    padding: [
      [0, 0],
      [0, 0],
    ],
  } as const;
  const [images, weights, bias] = [hashed(x, 1), hashed(filter, 2), hashed([filter[3]], 3)];
  const dy = hashed(apply('conv2d', [images, weights], attributes).shape, 4);
  type Function = (a: Tensor, b: Tensor, c: Tensor) => Tensor;
  const passes: Record<string, [Function, Tensor, Tensor, kernel: string]> = {
    forward: [(a, b) => apply('conv2d', [a, b], attributes), images, weights, 'correlate'],
    'forward with bias and relu': [
      (a, b, c) => apply('relu', [apply('add', [apply('conv2d', [a, b], attributes), c], {})], {}),
      images,
      weights,
      'correlate',
    ],
    'input gradient': [
      (a, b) => apply('conv2dInputGradient', [a, b], { ...attributes, inputShape: x }),
      dy,
      weights,
      'correlate',
    ],
    'filter gradient': [
      (a, b) => apply('conv2dFilterGradient', [a, b], { ...attributes, filterShape: filter }),
      images,
      dy,
      'filterGradient',
    ],
  };
  test.each(Object.entries(passes))('%s', async (_name, [f, a, b, kernel]) => {
    const on = async (backend: Backend): Promise<Float32Array> =>
      (await (await compile(f, { backend })(a, b, bias)).data()) as Float32Array;
    const expected = await on(oracle);
    const [one, two, three, plain] = await Promise.all(backends.map(on));
    for (const result of [one!, plain!]) expectNear(result, expected);
    expect(two).toEqual(one);
    expect(three).toEqual(one);
    expect(await compile(f, { backend: backends[0]! }).inspect(a, b, bias)).toContain(`: ${kernel} `);
  });
});
