/** docs/kernels.md shows the kernels of three calls: they are what the gpu backend makes, and they compute what the reference backend does. */
import { readFileSync } from 'node:fs';
import {
  add,
  compile,
  conv2d,
  createBackend,
  leaves,
  matmul,
  randomKey,
  randomNormal,
  relu,
  type Backend,
  type Shape,
  type Tensor,
} from '@capsnet/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { selfAttentionRouting } from './selfAttentionRouting.js';

const guide = readFileSync(new URL('../../../../docs/kernels.md', import.meta.url), 'utf8');
/** The kernels that the guide shows under its headings "Example 1", "Example 2", ... */
const shown = (example: number): string[] => {
  const section = guide.split(/^## /m).find((part) => part.startsWith(`Example ${example}:`))!;
  return [...section.matchAll(/```js\n(function [\s\S]*?)\n```/g)].map(([, text]) => text!);
};

const examples: readonly {
  readonly example: number;
  readonly kernels: number;
  readonly shapes: readonly Shape[];
  readonly f: (...inputs: Tensor[]) => unknown;
}[] = [
  {
    example: 1,
    kernels: 1,
    shapes: [
      [5, 3],
      [3, 4],
    ],
    f: (a, b) => matmul(a, b),
  },
  {
    example: 2,
    kernels: 1,
    shapes: [[2, 6, 6, 3], [3, 3, 3, 8], [8]],
    f: (x, w, bias) => relu(add(conv2d(x, w), bias)),
  },
  {
    example: 3,
    kernels: 14,
    shapes: [
      [2, 16, 8],
      [10, 16, 8, 16],
      [10, 16, 1],
    ],
    f: (u, weights, bias) => selfAttentionRouting(u, weights, bias),
  },
];

describe.each(examples)('example $example', ({ example, kernels, shapes, f }) => {
  let backend: Backend;
  let reference: Backend;
  beforeAll(async () => {
    backend = await createBackend('gpu:cpu');
    reference = await createBackend('reference', { precision: 'float64' });
  });
  afterAll(() => backend.dispose());
  const inputs = shapes.map((shape, k) => randomNormal(randomKey(k), shape));

  it('shows kernels that the backend makes, word for word', async () => {
    const listing = await compile(f, { backend }).inspect(...inputs);
    const made = [...listing.matchAll(/^function [\s\S]*?^\}/gm)].map(([text]) => text);
    expect(made.length).toBe(kernels);
    expect(shown(example).length).toBeGreaterThan(0);
    for (const kernel of shown(example)) expect(made).toContain(kernel);
  });

  it('computes what the reference backend does', async () => {
    const numbers = async (on: Backend): Promise<number[]> => {
      const results = leaves<unknown>(await compile(f, { backend: on })(...inputs)) as Tensor[];
      return (await Promise.all(results.map((result) => result.data()))).flatMap((data) => Array.from(data));
    };
    const [actual, expected] = [await numbers(backend), await numbers(reference)];
    expect(actual.length).toBe(expected.length);
    const largest = Math.max(...expected.map(Math.abs));
    actual.forEach((value, k) => expect(Math.abs(value - expected[k]!)).toBeLessThan(1e-5 * largest));
  });
});
