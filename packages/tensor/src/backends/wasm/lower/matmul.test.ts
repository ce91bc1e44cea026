/** Matrix products with few rows against the reference in double precision, and that the kernel for them is the one which runs. */
import { fc, test as property } from '@fast-check/vitest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  add,
  apply,
  compile,
  createBackend,
  fromHost,
  randomKey,
  relu,
  sizeOf,
  uniformNumbers,
  type Backend,
  type Tensor,
} from '../../../index.js';

const hashed = (shape: number[], seed: number): Tensor =>
  fromHost(
    Float32Array.from(uniformNumbers(randomKey(seed), sizeOf(shape)).map((u) => 2 * u - 1)),
    shape,
    'float32',
  );

let backends: Backend[];
let oracle: Backend;
beforeAll(async () => {
  oracle = await createBackend('reference', { precision: 'float64' });
  backends = await Promise.all([
    createBackend('wasm', { threads: 1 }),
    createBackend('wasm', { threads: 3 }),
    createBackend('wasm', { threads: 2, relaxed: false }),
  ]);
});
afterAll(async () => {
  for (const backend of [...backends, oracle]) await backend.dispose();
});

type Operands = [a: Tensor, b: Tensor, bias: Tensor];
const product =
  (transposeB: boolean) =>
  (...[a, b, bias]: Operands): Tensor =>
    relu(add(apply('matmul', [a, b], { transposeA: false, transposeB }), bias));
const run = async (backend: Backend, transposeB: boolean, operands: Operands): Promise<Float32Array> =>
  (await (await compile(product(transposeB), { backend })(...operands)).data()) as Float32Array;

property.prop(
  [
    fc.record({
      rows: fc.integer({ min: 1, max: 24 }),
      columns: fc.integer({ min: 60, max: 90 }),
      depth: fc.integer({ min: 280, max: 530 }),
      transposeB: fc.boolean(),
    }),
  ],
  { numRuns: 8 },
)(
  'few rows and a large right operand: near the reference, the same bits on 1 and 3 threads',
  async ({ rows, columns, depth, transposeB }) => {
    const operands: Operands = [
      hashed([rows, depth], 1),
      hashed(transposeB ? [columns, depth] : [depth, columns], 2),
      hashed([columns], 3),
    ];
    const expected = await run(oracle, transposeB, operands);
    const [one, three, plain] = await Promise.all(
      backends.map((backend) => run(backend, transposeB, operands)),
    );
    expect(three).toEqual(one);
    for (const actual of [one!, plain!])
      expected.forEach((value, k) => expect(Math.abs(actual[k]! - value)).toBeLessThan(1e-4));
  },
  120_000,
);

test.each([
  [1, 'matmulFew'],
  [16, 'matmulFew'],
  [25, 'matmul'],
])('%i rows go through %s', async (rows, kernel) => {
  const operands: Operands = [hashed([rows, 512], 1), hashed([512, 64], 2), hashed([64], 3)];
  const text = await compile(product(false), { backend: backends[0]! }).inspect(...operands);
  expect(text).toContain(`: ${kernel} `);
  expect(text).toContain('matmul bias relu');
});
