/** Optimisers against reference values that other software made, and against their own formulas in double precision. */
import {
  compile,
  createBackend,
  leaves,
  matmul,
  mean,
  ones,
  reshape,
  scalar,
  setBackend,
  slice,
  square,
  sub,
  sum,
  tensor,
  zeros,
  type Tensor,
} from '@capsnet/tensor';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { grad } from '../grad.js';
import { adam, adamW } from './adam.js';
import { clipByGlobalNorm, clipByValue, globalNorm } from './clip.js';
import { referenceCases, referenceTensors } from './fixtures/read.js';
import type { Optimizer } from './optimizer.js';
import { sgd } from './sgd.js';

beforeAll(async () => {
  await setBackend('reference');
});

const list = async (x: Tensor): Promise<number[]> => Array.from(await x.data());
/** A tree of one tensor. */
type Weights = { readonly w: Tensor };

/** |a - b| <= 1e-5 max(1e-6, largest |b|), the tolerance of the reference values. */
async function expectClose(actual: Tensor, expected: Tensor): Promise<void> {
  const [a, b] = [await list(actual), await list(expected)];
  const largest = b.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
  expect(a).toHaveLength(b.length);
  a.forEach((value, k) => expect(Math.abs(value - b[k]!)).toBeLessThanOrEqual(1e-5 * largest));
}

/** Entry `step` of a tensor whose leading axis counts steps. */
const at = (series: Tensor, step: number): Tensor => {
  const shape = series.shape.slice(1);
  return reshape(slice(series, [step, ...shape.map(() => 0)], [1, ...shape]), shape);
};

describe.each(referenceCases.filter(({ op }) => op !== 'lr_schedule'))('$name', ({ name, op, attrs }) => {
  const tensors = referenceTensors(name);
  const optimizer = (op === 'sgd' ? sgd<Weights>(attrs) : adam<Weights>(attrs)) as Optimizer<
    Weights,
    { velocity?: Weights; m?: Weights; v?: Weights }
  >;
  const { A, b } = tensors;
  const loss = ({ w }: Weights): Tensor =>
    mean(square(sub(reshape(matmul(A!, reshape(w, [w.size, 1])), b!.shape), b!)));

  test('weights, state and losses of every step', async () => {
    let parameters: Weights = { w: tensors['w0']! };
    let state = optimizer.init(parameters);
    expect(attrs.steps).toBeGreaterThanOrEqual(5);
    for (let step = 0; step < attrs.steps; step++) {
      const rate = typeof attrs.lr === 'number' ? attrs.lr : attrs.lr[step]!;
      const gradients = tensors['grads'] ? { w: at(tensors['grads'], step) } : grad(loss)(parameters);
      if (tensors['loss']) await expectClose(loss(parameters), at(tensors['loss'], step));
      if (tensors['g']) await expectClose(gradients.w, at(tensors['g'], step));
      ({ parameters, state } = optimizer.update(gradients, state, parameters, rate));
      await expectClose(parameters.w, at(tensors['w']!, step));
      for (const part of ['m', 'v', 'velocity'] as const) {
        const found = state[part];
        if (tensors[part] && found) await expectClose(found.w, at(tensors[part], step));
      }
    }
  });
});

test('adamW: the weights shrink apart from the gradient', async () => {
  const parameters = { w: tensor([10, -4]) };
  const gradients = { w: tensor([0.5, -0.25]) };
  const [plain, decayed] = [adam<Weights>(), adamW<Weights>({ weightDecay: 0.1 })];
  const a = plain.update(gradients, plain.init(parameters), parameters, 0.01);
  const b = decayed.update(gradients, decayed.init(parameters), parameters, 0.01);
  const [moved, shrunk] = [await list(a.parameters.w), await list(b.parameters.w)];
  // w (1 - lr decay) instead of w; the moments do not see the decay
  [10, -4].forEach((w, k) => expect(moved[k]! - shrunk[k]!).toBeCloseTo(w * 0.01 * 0.1, 5));
  expect(await list(b.state.m.w)).toEqual(await list(a.state.m.w));
  expect(adamW<Weights>({ weightDecay: 0 }).init(parameters).m.w.shape).toEqual([2]);
});

test('the first step of adam is the learning rate, whatever the size of the gradient', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.double({ min: 1e-2, max: 1e3, noNaN: true }),
      fc.boolean(),
      async (size, negative) => {
        const optimizer = adam<Weights>();
        const parameters = { w: scalar(0) as Tensor };
        const gradient = { w: scalar(negative ? -size : size) as Tensor };
        const { parameters: next } = optimizer.update(gradient, optimizer.init(parameters), parameters, 0.5);
        expect(await next.w.item()).toBeCloseTo(negative ? 0.5 : -0.5, 2);
      },
    ),
    { numRuns: 30 },
  );
});

describe.each([
  ['sgd', sgd<Weights>(), 0.1],
  ['momentum', sgd<Weights>({ momentum: 0.9 }), 0.02],
  ['nesterov', sgd<Weights>({ momentum: 0.9, nesterov: true }), 0.02],
  ['adam', adam<Weights>(), 0.1],
  ['adamW', adamW<Weights>({ weightDecay: 1e-4 }), 0.1],
  ['clipped by norm', clipByGlobalNorm(1, sgd<Weights>()), 0.1],
  ['clipped by value', clipByValue(1, adam<Weights>()), 0.1],
] as [string, Optimizer<Weights, unknown>, number][])('%s', (_, optimizer, rate) => {
  test('finds the least squares, compiled with everything donated', async () => {
    const target = tensor([1, -2, 3]);
    const backend = await createBackend('reference');
    const step = compile(
      (parameters: Weights, state: unknown, learningRate: Tensor) =>
        optimizer.update(
          grad(({ w }: Weights) => sum(square(sub(w, target))))(parameters),
          state,
          parameters,
          learningRate,
        ),
      { backend, donate: [0, 1] },
    );
    let parameters: Weights = { w: zeros([3]) };
    let state = optimizer.init(parameters);
    for (let k = 0; k < 300; k++) ({ parameters, state } = await step(parameters, state, scalar(rate)));
    (await list(parameters.w)).forEach((w, k) => expect(w).toBeCloseTo([1, -2, 3][k]!, 1));
    step.release();
  });

  test('gives new values and leaves the old ones', async () => {
    const parameters: Weights = { w: ones([2]) };
    const state = optimizer.init(parameters);
    const before = await Promise.all(leaves<Tensor>(state).map(list));
    const next = optimizer.update({ w: tensor([1, 2]) }, state, parameters, rate);
    expect(await list(next.parameters.w)).not.toEqual([1, 1]);
    expect(await list(parameters.w)).toEqual([1, 1]);
    expect(await Promise.all(leaves<Tensor>(state).map(list))).toEqual(before);
    expect(leaves(next.state)).toHaveLength(leaves(state).length);
  });
});

describe('clipping', () => {
  /** An optimiser that shows the gradients it is given. */
  const show: Optimizer<Readonly<Record<string, Tensor>>, object> = {
    init: () => ({}),
    update: (gradients) => ({ parameters: gradients, state: {} }),
  };
  const vector = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 1, maxLength: 6 });

  test('by the global norm: at most the limit, the direction kept, short ones untouched', async () => {
    await fc.assert(
      fc.asyncProperty(
        vector,
        vector,
        fc.double({ min: 0.1, max: 200, noNaN: true }),
        async (a, b, limit) => {
          const gradients = { a: tensor(a, [a.length]), b: tensor(b, [b.length]) };
          const { parameters } = clipByGlobalNorm(limit, show).update(gradients, {}, gradients, 1);
          const before = [...(await list(gradients.a)), ...(await list(gradients.b))];
          const after = [...(await list(parameters['a']!)), ...(await list(parameters['b']!))];
          const norm = Math.hypot(...before);
          expect(await globalNorm(gradients).item()).toBeCloseTo(norm, 2);
          const factor = Math.min(1, limit / norm);
          after.forEach((value, k) =>
            expect(Math.abs(value - before[k]! * factor)).toBeLessThan(1e-4 * limit + 1e-6),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  test('a zero gradient stays zero', async () => {
    const { parameters } = clipByGlobalNorm(1, show).update({ w: zeros([3]) }, {}, {}, 1);
    expect(await list(parameters['w']!)).toEqual([0, 0, 0]);
  });

  test('by value: each element by itself', async () => {
    const { parameters } = clipByValue(2, show).update({ w: tensor([-5, 1, 3]) }, {}, {}, 1);
    expect(await list(parameters['w']!)).toEqual([-2, 1, 2]);
  });
});

test('settings out of range are told', () => {
  expect(() => adam({ beta1: 1 })).toThrow('adam: beta1 is 1, wanted a number in [0, 1).');
  expect(() => adam({ beta2: -0.1 })).toThrow('adam: beta2 is -0.1, wanted a number in [0, 1).');
  expect(() => adam({ epsilon: NaN })).toThrow('adam: epsilon is NaN, wanted a number from 0 on.');
  expect(() => adamW({ weightDecay: -1 })).toThrow('adamW: weightDecay is -1, wanted a number from 0 on.');
  expect(() => sgd({ momentum: 1 })).toThrow('sgd: momentum is 1, wanted a number in [0, 1).');
  expect(() => sgd({ nesterov: true })).toThrow('sgd: nesterov needs a momentum above 0.');
  expect(() => clipByGlobalNorm(0, sgd())).toThrow('the limit is 0, wanted a number above 0');
  expect(() => clipByValue(-1, sgd())).toThrow('the limit is -1, wanted a number above 0');
});
