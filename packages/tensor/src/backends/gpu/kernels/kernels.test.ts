/** The text of kernels: closed, with literal loops, within the limits of devices; exact positions up to the largest tensor. */
import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import {
  add,
  apply,
  compile,
  concat,
  fromHost,
  matmul,
  mul,
  ops,
  sizeOf,
  sum,
  tanh,
  zeros,
  type Backend,
  type OpDefinition,
  type OpName,
  type Tensor,
} from '../../../index.js';
import { mostInputs, type Call } from '../lower/call.js';
import { programOf, type Program } from '../lower/program.js';
import { freeNames, problemsOf } from './closed.js';
import { coordinates, functionText, largestTensor } from './text.js';

/** What a function becomes, without a device. */
async function lowered(
  f: (...inputs: Tensor[]) => Tensor | readonly Tensor[],
  inputs: readonly Tensor[],
): Promise<Program> {
  let program: Program | undefined;
  const backend: Backend = {
    name: 'gpu',
    description: 'lowering only',
    precision: 'float32',
    prepare(plan) {
      program = programOf(plan);
      return {
        run: () => [],
        steps: () => [],
        inspect: () => '',
        memory: { total: 0, arena: 0 },
        release() {},
      };
    },
    dispose() {},
  };
  await compile(f, { backend }).inspect(...inputs);
  return program!;
}

const operand = (shape: readonly number[], dtype: 'float32' | 'int32' = 'float32'): Tensor =>
  fromHost(dtype === 'int32' ? new Int32Array(sizeOf(shape)) : new Float32Array(sizeOf(shape)), shape, dtype);

/** Every sample of every operation, in the order of the table. */
const samples = (Object.keys(ops) as OpName[]).flatMap((name) =>
  (ops[name] as unknown as OpDefinition).samples.map((sample, index) => ({ name, index, sample })),
);

/** The kernels of a sample. */
async function callsOf({ name, sample }: (typeof samples)[number]): Promise<readonly Call[]> {
  const inputs = sample.shapes.map((shape, k) => operand(shape, sample.dtypes?.[k]));
  return (await lowered((...given) => apply(name, given, sample.attributes as never), inputs)).calls;
}

describe('closedness', () => {
  it.each(samples)('$name $index', async (sample) => {
    for (const { kernel, inputs } of await callsOf(sample)) {
      expect(problemsOf(kernel.source, mostInputs), kernel.source).toEqual([]);
      expect(inputs.length).toBeLessThanOrEqual(mostInputs);
    }
  });

  it('is seen when it is broken: a name, a loop, too many arrays', async () => {
    const [{ kernel }] = (await callsOf(samples.find(({ name }) => name === 'matmul')!)) as [Call];
    const broken = (from: RegExp | string, to: string): string[] =>
      problemsOf(kernel.source.replace(from, to), mostInputs);
    expect(broken('', '')).toEqual([]);
    expect(broken('return sum', 'return sum * scale')).toEqual(['"scale" is used and is not its own']);
    expect(broken(/; k < \d+/, '; k < a[0]')[0]).toContain('it has the loop (let k = 0; k < a[0]; k++)');
    expect(broken('return sum', 'return sum + Infinity')).toHaveLength(2);
    expect(broken('(a, b)', '(a, b, c, d, e, f, g, h)')).toEqual(['it reads 8 arrays, 7 at most']);
  });

  it('tells free names from others', () => {
    expect(freeNames('function (x) { return x[this.thread.x] * scale; }')).toEqual(['scale']);
    expect(freeNames('function (x) { return _vi_import_0.literal(x[0]); }')).toEqual(['_vi_import_0']);
    expect(freeNames('function (x) { const y = x[0] * 1e-7; return Math.abs(y); }')).toEqual([]);
  });
});

describe('limits of devices', () => {
  it('cuts a group that reads more arrays than a kernel may', async () => {
    const inputs = Array.from({ length: 20 }, () => operand([3, 4]));
    const { calls } = await lowered(
      (...given) => given.reduce((left, right) => tanh(add(left, mul(right, right)))),
      inputs,
    );
    expect(calls.length).toBeGreaterThan(1);
    for (const call of calls) expect(call.inputs.length).toBeLessThanOrEqual(mostInputs);
  });

  it('joins many pieces a few at a time', async () => {
    const pieces = Array.from({ length: 60 }, (_, k) => operand([2, k % 3]));
    const { calls } = await lowered((...given) => concat(given, 1) as Tensor, pieces);
    for (const call of calls) expect(call.inputs.length).toBeLessThanOrEqual(mostInputs);
    expect(calls.at(-1)!.output.size).toBe(2 * 60);
  });

  it('deals long sums out to many threads', async () => {
    const { calls } = await lowered((x) => sum(x) as Tensor, [operand([1000, 1000])]);
    expect(calls.length).toBeGreaterThan(1);
    expect(calls.at(-1)!.kernel.size).toBe(1);
    const product = await lowered((a, b) => matmul(a, b) as Tensor, [operand([4, 5000]), operand([5000, 4])]);
    expect(product.calls[0]!.kernel.name).toContain('parts');
  });

  it('refuses a tensor whose positions floats cannot count', async () => {
    await expect(
      lowered((a, b) => add(a, b) as Tensor, [zeros([5000, 1]), zeros([1, 5000])] as Tensor[]),
    ).rejects.toThrow(/more than 16777216 elements.*smaller batches/);
  });
});

describe('coordinates', () => {
  property.prop([
    fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 4 }),
    fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    // GPUs divide with errors up to 2.5 units in the last place.
    fc.integer({ min: -3, max: 3 }),
  ])('are exact although division is not', (lengths, where, error) => {
    const space = sizeOf(lengths);
    fc.pre(space <= largestTensor);
    const position = Math.floor(where * space);
    const axes = lengths.map((length, k) => ({ name: `i${k}`, length }));
    const inexact = functionText(
      ['t'],
      coordinates('t', space, axes).map((line) =>
        line.replace(/Math\.floor\((.+) \/ (\d+)\)/, 'Math.floor(divide($1, $2))'),
      ),
      `[${axes.map(({ name }) => name).join(', ')}]`,
    );
    const divide = (a: number, b: number): number =>
      Math.fround(Math.fround(Math.fround(a) / b) * (1 + error * 2 ** -23));
    // eslint-disable-next-line @typescript-eslint/no-implied-eval
    const got = new Function('divide', `return ${inexact}`)(divide)(position) as number[];
    const expected = lengths.map((length, k) => Math.floor(position / sizeOf(lengths.slice(k + 1))) % length);
    expect(got).toEqual(expected);
  });
});
