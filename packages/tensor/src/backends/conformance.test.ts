/** Every backend against the reference in double precision, on the samples of every operation. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  apply,
  compile,
  createBackend,
  fromHost,
  ops,
  randomKey,
  sizeOf,
  uniformNumbers,
  type Backend,
  type OpDefinition,
  type OpName,
  type OpSample,
  type Tensor,
} from '../index.js';

const configurations = [
  { name: 'reference float32', make: () => createBackend('reference') },
  { name: 'wasm, 1 thread', make: () => createBackend('wasm', { threads: 1 }) },
  { name: 'wasm, 2 threads', make: () => createBackend('wasm', { threads: 2 }) },
  { name: 'wasm, 2 threads, plain SIMD', make: () => createBackend('wasm', { threads: 2, relaxed: false }) },
  { name: 'gpu:cpu', make: () => createBackend('gpu:cpu') },
  { name: 'gpu:webasm', make: () => createBackend('gpu:webasm') },
];

const cases = (Object.keys(ops) as OpName[]).flatMap((name) =>
  (ops[name] as unknown as OpDefinition).samples.map((sample, index) => ({
    name,
    index,
    sample: sample,
  })),
);

function operandsOf(sample: OpSample<unknown>, seed: number): Tensor[] {
  return sample.shapes.map((shape, k) => {
    const key = randomKey(seed * 100 + k);
    if (sample.dtypes?.[k] === 'int32') {
      const top = sample.range?.[1] ?? 3;
      return fromHost(
        Int32Array.from(uniformNumbers(key, sizeOf(shape)).map((u) => Math.floor(u * top))),
        shape,
        'int32',
      );
    }
    const [low, high] = sample.range ?? [-2, 2];
    return fromHost(
      Float32Array.from(uniformNumbers(key, sizeOf(shape)).map((u) => low + (high - low) * u)),
      shape,
      'float32',
    );
  });
}

// Titles by %s: those of $name stand in quotes, and `-t 'wasm, 1 thread floor 0'` would not find them.
describe.each(configurations.map(({ name, make }) => [name, make] as const))('%s', (_, make) => {
  let backend: Backend;
  let oracle: Backend;
  beforeAll(async () => {
    backend = await make();
    oracle = await createBackend('reference', { precision: 'float64' });
  });
  afterAll(() => backend.dispose());

  it.each(cases.map((each) => [`${each.name} ${each.index}`, each] as const))('%s', async (_, each) => {
    const { name, index, sample } = each;
    const operands = operandsOf(sample, index + 1);
    const f = (...inputs: Tensor[]): Tensor => apply(name, inputs, sample.attributes as never);
    const expected = await (await compile(f, { backend: oracle })(...operands)).data();
    const actual = await (await compile(f, { backend })(...operands)).data();
    const largest = Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
    actual.forEach((value, k) => {
      const apart = Math.abs(value - expected[k]!);
      expect(apart, `element ${k} is ${value}, wanted ${expected[k]}`).toBeLessThanOrEqual(1e-5 * largest);
    });
  });
});
