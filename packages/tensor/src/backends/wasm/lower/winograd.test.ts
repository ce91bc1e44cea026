/**
 * Winograd's convolutions against the plain algorithm in double precision, and that they are the ones which run. Error bounds are relative to the largest
 * result; what is measured on the layers of Efficient-CapsNet stands in docs/performance.md.
 */
import { fc, test as property } from '@fast-check/vitest';
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
  readonly filters: number;
  readonly stride: 1 | 2;
  readonly taps: 3 | 9;
  readonly padding: [[number, number], [number, number]];
}

const none: Case['padding'] = [
  [0, 0],
  [0, 0],
];
const printing = process.env['CAPSNET_PRINT_ERRORS'] !== undefined;

/** The 3 x 3 layers of Efficient-CapsNet, and the primary capsules of the original (a quarter of their channels, except when errors are printed). */
const layers: Record<string, Case & { readonly bound: number }> = {
  conv2: { x: [2, 24, 24, 32], filters: 64, stride: 1, taps: 3, padding: none, bound: 1e-5 },
  conv3: { x: [2, 22, 22, 64], filters: 64, stride: 1, taps: 3, padding: none, bound: 1e-5 },
  conv4: { x: [2, 20, 20, 64], filters: 128, stride: 2, taps: 3, padding: none, bound: 2e-6 },
  primary: {
    x: [3, 20, 20, printing ? 256 : 64],
    filters: printing ? 256 : 72,
    stride: 2,
    taps: 9,
    padding: none,
    bound: 1.5e-5,
  },
};

const hashed = (shape: number[], seed: number): Tensor =>
  fromHost(
    Float32Array.from(uniformNumbers(randomKey(seed), sizeOf(shape)).map((u) => 2 * u - 1)),
    shape,
    'float32',
  );

type Pass = readonly [name: string, operands: readonly Tensor[], f: (a: Tensor, b: Tensor) => Tensor];

/** The three passes of one convolution: their operands and the operation. */
function passes({ x, filters, stride, taps, padding }: Case): Pass[] {
  const attributes = { strides: [stride, stride] as const, padding, groups: 1 };
  const filterShape = [taps, taps, x[3], filters];
  const [images, weights] = [hashed(x, 1), hashed(filterShape, 2)];
  const dy = hashed([...apply('conv2d', [images, weights], attributes).shape], 3);
  return [
    ['conv2d', [images, weights], (a, b) => apply('conv2d', [a, b], attributes)],
    [
      'conv2dInputGradient',
      [dy, weights],
      (a, b) => apply('conv2dInputGradient', [a, b], { ...attributes, inputShape: x }),
    ],
    [
      'conv2dFilterGradient',
      [images, dy],
      (a, b) => apply('conv2dFilterGradient', [a, b], { ...attributes, filterShape }),
    ],
  ];
}

const run = async (backend: Backend, [, operands, f]: Pass): Promise<Float32Array> =>
  (await (await compile(f, { backend })(operands[0]!, operands[1]!)).data()) as Float32Array;

function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [largest, error] = [0, 0];
  for (let k = 0; k < expected.length; k++) {
    largest = Math.max(largest, Math.abs(expected[k]!));
    error = Math.max(error, Math.abs(actual[k]! - expected[k]!));
  }
  return error / largest;
}

let backends: Backend[];
let plain: Backend;
let oracle: Backend;
beforeAll(async () => {
  oracle = await createBackend('reference', { precision: 'float64' });
  backends = await Promise.all([1, 2, 3].map((threads) => createBackend('wasm', { threads })));
  plain = await createBackend('wasm', { threads: 2, relaxed: false });
});
afterAll(async () => {
  for (const backend of [...backends, plain, oracle]) await backend.dispose();
});

const size = (least: number, most: number): fc.Arbitrary<number> => fc.integer({ min: least, max: most });
const pad = fc.tuple(size(0, 2), size(0, 2));

property.prop(
  [
    fc.record({
      x: fc.tuple(size(2, 4), size(11, 17), size(11, 17), fc.constantFrom(8, 16)),
      filters: fc.constantFrom(8, 24, 72),
      kind: fc.constantFrom(
        { stride: 1 as const, taps: 3 as const },
        { stride: 2 as const, taps: 3 as const },
        { stride: 2 as const, taps: 9 as const },
      ),
      padding: fc.tuple(pad, pad),
    }),
  ],
  { numRuns: 8 },
)(
  'odd sizes and padding: near the plain algorithm, the same bits on 1, 2 and 3 threads',
  async ({ kind, ...drawn }) => {
    for (const pass of passes({ ...drawn, ...kind })) {
      const expected = await run(oracle, pass);
      const [one, ...others] = await Promise.all(backends.map((backend) => run(backend, pass)));
      expect(relativeError(one!, expected)).toBeLessThan(2e-5);
      for (const other of others) expect(other).toEqual(one);
      expect(relativeError(await run(plain, pass), expected)).toBeLessThan(2e-5);
    }
  },
  120_000,
);

describe.each(Object.entries(layers))('%s', (_, layer) => {
  const kernels = [
    ['winogradForward'],
    ['winogradInputGradient'],
    ['winogradTransforms', 'winogradFilterProducts'],
  ];
  const kernelsOfNine = [
    ['winogradFilterNine', 'winogradProducts', 'winogradOutputs'],
    ['winogradFilterNine', 'winogradProducts', 'winogradInputAdjoints'],
    ['winogradFilterProducts', 'winogradFilterAdjointNine'],
  ];
  test.each([0, 1, 2])(
    'pass %i takes the fast path, with a small error',
    { timeout: 60_000 },
    async (index) => {
      const pass = passes(layer)[index]!;
      const text = await compile(pass[2], { backend: backends[0]! }).inspect(pass[1][0]!, pass[1][1]!);
      for (const kernel of (layer.taps === 9 ? kernelsOfNine : kernels)[index]!)
        expect(text).toContain(`: ${kernel} `);
      const error = relativeError(await run(backends[0]!, pass), await run(oracle, pass));
      expect(error).toBeLessThan(layer.bound);
      if (printing) console.log(pass[0], layer.x.join(), error.toExponential(1));
    },
  );
});

test('a convolution whose channels are no multiples of 8 goes the direct way', async () => {
  const [pass] = passes({ x: [2, 16, 16, 12], filters: 8, stride: 1, taps: 3, padding: none });
  const text = await compile(pass![2], { backend: backends[0]! }).inspect(pass![1][0]!, pass![1][1]!);
  expect(text).toContain(': correlate ');
  expect(text).not.toContain('winograd');
});

describe('many images go through in chunks, with the same results', () => {
  const many: Record<string, Case> = {
    '9 x 9': { x: [34, 13, 13, 8], filters: 8, stride: 2, taps: 9, padding: none },
    // Filter gradients in chunks of unequal size, channels in several panels, the last of V not full.
    '3 x 3': { x: [23, 24, 24, 16], filters: 24, stride: 1, taps: 3, padding: none },
    '3 x 3, stride 2': { x: [51, 20, 20, 16], filters: 24, stride: 2, taps: 3, padding: none },
  };
  test.each(Object.entries(many))('%s', { timeout: 120_000 }, async (name, layer) => {
    for (const pass of passes(layer)) {
      const [one, ...others] = await Promise.all(backends.map((backend) => run(backend, pass)));
      expect(relativeError(one!, await run(oracle, pass))).toBeLessThan(2e-5);
      for (const other of others) expect(other).toEqual(one);
      expect(relativeError(await run(plain, pass), one!)).toBeLessThan(2e-5);
    }
    if (name === '9 x 9') return;
    const pass = passes(layer)[2]!;
    const text = await compile(pass[2], { backend: backends[0]! }).inspect(pass[1][0]!, pass[1][1]!);
    expect(text.match(/: winogradFilterProducts /g)!.length).toBeGreaterThan(1);
  });
});

describe('bias and activation in the transform of the results', () => {
  const shapes: Record<string, Case> = {
    'whole tiles and edges': { x: [2, 13, 14, 8], filters: 16, stride: 1, taps: 3, padding: none },
    'stride 2': { x: [3, 19, 23, 8], filters: 16, stride: 2, taps: 3, padding: none },
    '9 x 9': { x: [4, 15, 17, 8], filters: 16, stride: 2, taps: 9, padding: none },
  };
  const activations = {
    none: (y: Tensor) => y,
    relu: (y: Tensor) => apply('relu', [y], {}),
    'leaky relu': (y: Tensor) => apply('leakyRelu', [y], { alpha: 0.2 }),
    tanh: (y: Tensor) => apply('tanh', [y], {}),
  };
  const cases = Object.entries(shapes).flatMap(([name, layer]) =>
    Object.entries(activations).flatMap(([activation, f]) =>
      [true, false].map((biased) => [name, activation, biased ? 'bias' : 'no bias', layer, f] as const),
    ),
  );
  test.each(cases)('%s, %s, %s', async (_, name, biased, layer, activation) => {
    const [[, operands, convolve]] = passes(layer) as [Pass];
    const bias = hashed([layer.filters], 4);
    const f = (x: Tensor, w: Tensor, b: Tensor): Tensor =>
      activation(biased === 'bias' ? apply('add', [convolve(x, w), b], {}) : convolve(x, w));
    const [x, w] = operands as [Tensor, Tensor];
    const on = async (backend: Backend) =>
      (await (await compile(f, { backend })(x, w, bias)).data()) as Float32Array;
    // Relative to 1 and no longer to the largest sum.
    const bound = name === 'tanh' ? 1e-4 : 2e-5;
    const expected = await on(oracle);
    expect(relativeError(await on(backends[1]!), expected)).toBeLessThan(bound);
    expect(relativeError(await on(plain), expected)).toBeLessThan(bound);
    const text = await compile(f, { backend: backends[0]! }).inspect(x, w, bias);
    expect(text).toContain(layer.taps === 9 ? ': winogradOutputs ' : ': winogradForward ');
  });
});
