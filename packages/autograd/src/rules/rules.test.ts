/** The derivative of every operation against finite differences, on the samples that the operation itself brings. */
import {
  apply,
  cast,
  customOp,
  fromHost,
  greater,
  ops,
  randomKey,
  setBackend,
  sizeOf,
  sum,
  tensor,
  uniformNumbers,
  type OpDefinition,
  type OpName,
  type OpSample,
  type Tensor,
} from '@capsnet/tensor';
import { beforeAll, describe, expect, test } from 'vitest';
import { checkGrads } from '../checkGrads.js';
import { customVjp } from '../customVjp.js';
import { grad } from '../grad.js';

beforeAll(async () => {
  await setBackend('reference');
});

/**
 * How an operation is checked:
 * - `differences`: gradient (and gradient of the gradient) equal finite differences on its samples. Also the operations that are constant
 *   almost everywhere: their differences are 0 there.
 * - `integers`: no operand is a real number, so there is no cotangent to give.
 * - `source`: no operands at all.
 * - a function: a check of its own.
 */
type Check = 'differences' | 'integers' | 'source' | (() => Promise<void>);

/** Total over `OpName`: an operation without a check does not compile. */
const checks: { readonly [Name in OpName]: Check } = {
  data: 'source',
  input: 'source',
  fill: 'source',
  add: 'differences',
  sub: 'differences',
  mul: 'differences',
  div: 'differences',
  maximum: 'differences',
  minimum: 'differences',
  pow: 'differences',
  less: 'differences',
  lessEqual: 'differences',
  greater: 'differences',
  greaterEqual: 'differences',
  equal: 'differences',
  notEqual: 'differences',
  neg: 'differences',
  abs: 'differences',
  sign: 'differences',
  floor: 'differences',
  square: 'differences',
  reciprocal: 'differences',
  sqrt: 'differences',
  rsqrt: 'differences',
  exp: 'differences',
  expm1: 'differences',
  log: 'differences',
  log1p: 'differences',
  tanh: 'differences',
  sigmoid: 'differences',
  relu: 'differences',
  leakyRelu: 'differences',
  powConst: 'differences',
  where: 'differences',
  cast: 'differences',
  identity: 'differences',
  async stopGradient() {
    const x = tensor([1, 2]);
    const slope = grad((t: Tensor) => sum(apply('stopGradient', [t], {})));
    expect(await slope(x).toArray()).toEqual([0, 0]);
  },
  sum: 'differences',
  max: 'differences',
  argmax: 'differences',
  softmax: 'differences',
  squash: 'differences',
  squashGradient: 'differences',
  matmul: 'differences',
  conv2d: 'differences',
  conv2dInputGradient: 'differences',
  conv2dFilterGradient: 'differences',
  reshape: 'differences',
  transpose: 'differences',
  broadcastTo: 'differences',
  concat: 'differences',
  slice: 'differences',
  pad: 'differences',
  gather: 'differences',
  scatterAdd: 'differences',
  oneHot: 'integers',
  async customGradient() {
    const triple = customVjp(
      (x: Tensor) => x,
      (dy) => [apply('mul', [dy, tensor([3, 3])], {})],
    );
    expect(await grad((t: Tensor) => sum(triple(t)))(tensor([5, 7])).toArray()).toEqual([3, 3]);
  },
  async custom() {
    const double = customOp({
      name: 'double',
      shape: (x) => x,
      reference: ([x], output) => x!.data.forEach((value, k) => (output.data[k] = 2 * value)),
      host: ([x], output) => x!.forEach((value, k) => (output[k] = 2 * value)),
    });
    const x = tensor([5, 7]);
    expect(() => grad((t: Tensor) => sum(double(t)))(x)).toThrow(
      'double: it has no derivative. Give it one: customVjp(customOp({ ... }), (dy, x) => [...]).',
    );
    const known = customVjp<[Tensor], Tensor>(double, (dy) => [double(dy)]);
    expect(await grad((t: Tensor) => sum(known(t)))(x).toArray()).toEqual([2, 2]);
    await checkGrads((t: Tensor) => sum(known(t)), [x]);
  },
};

const samplesOf = (name: OpName): readonly OpSample<unknown>[] =>
  (ops[name] as unknown as OpDefinition<OpName>).samples;

function operandsOf(name: OpName, { shapes, dtypes, range }: OpSample<unknown>, seed: number): Tensor[] {
  return shapes.map((shape, k) => {
    const uniform = uniformNumbers(randomKey(100 * seed + k), sizeOf(shape));
    if (dtypes?.[k] === 'int32') {
      const top = range?.[1] ?? 3;
      return fromHost(
        Int32Array.from(uniform, (u) => Math.floor(u * top)),
        shape,
        'int32',
      );
    }
    const [low, high] = range ?? [-2, 2];
    const drawn = tensor(
      uniform.map((u) => low + (high - low) * u),
      shape,
    );
    return name === 'where' && k === 0 ? greater(drawn, 0) : drawn;
  });
}

const isFloat = (name: OpName, operand: Tensor, k: number): boolean =>
  operand.dtype === 'float32' && !(name === 'where' && k === 0);

describe.each(Object.entries(checks) as [OpName, Check][])('%s', (name, check) => {
  if (typeof check === 'function') return test('by a check of its own', check);
  if (check === 'source') {
    return test('has no operands', () => {
      for (const sample of samplesOf(name)) expect(sample.shapes).toEqual([]);
    });
  }
  const samples = samplesOf(name);
  if (check === 'integers') {
    return test('has no real operands', () => {
      expect(samples.length).toBeGreaterThan(0);
      for (const { shapes, dtypes } of samples)
        expect(shapes.every((_, k) => dtypes?.[k] === 'int32')).toBe(true);
    });
  }
  test('has samples with real operands', () => {
    expect(samples.some((sample, k) => operandsOf(name, sample, k).some((x, n) => isFloat(name, x, n)))).toBe(
      true,
    );
  });
  test.each(samples.map((sample, index) => ({ sample, index })))('sample %#', async ({ sample, index }) => {
    const operands = operandsOf(name, sample, index + 1);
    const places = operands.flatMap((operand, k) => (isFloat(name, operand, k) ? [k] : []));
    if (places.length === 0) return;
    // Indices and conditions are captured, the rest is varied.
    const f = (...varied: Tensor[]): Tensor => {
      const all = operands.map((operand, k) => (places.includes(k) ? varied[places.indexOf(k)]! : operand));
      return cast(apply(name, all, sample.attributes as never), 'float32');
    };
    const args = places.map((k) => operands[k]!);
    await checkGrads(f, args, { elements: 8 });
    // The rule is made of operations with rules: the gradient of a function of the gradient.
    const slopes = (...varied: Tensor[]): Tensor[] =>
      grad((all: Tensor[]) => {
        const y = f(...all);
        return sum(apply('mul', [y, y], {}));
      })(varied);
    await checkGrads(slopes, args, { elements: 4, tolerance: 1e-5 });
  });
});
