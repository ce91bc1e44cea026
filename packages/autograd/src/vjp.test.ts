import {
  add,
  exp,
  matmul,
  mul,
  ones,
  scalar,
  setBackend,
  square,
  sum,
  tensor,
  type Tensor,
} from '@capsnet/tensor';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { grad } from './grad.js';
import { jvp, vjp } from './vjp.js';

beforeAll(async () => {
  await setBackend('reference');
});

const list = async (x: Tensor): Promise<number[]> => Array.from(await x.data());
/** Two arguments, two outputs. */
const f = (a: Tensor, b: Tensor) => ({ product: mul(a, b), curve: exp(mul(square(a), 0.1)) });
const a = tensor([1, -2]);
const b = tensor([3, 0.5]);

test('a pullback weighs the outputs', async () => {
  const { value, pullback } = vjp(f, a, b);
  expect(await list(value.product)).toEqual([3, -1]);
  const [da, db] = pullback({ product: tensor([1, 10]), curve: tensor([0, 0]) });
  expect(await list(da)).toEqual([3, 5]);
  expect(await list(db)).toEqual([1, -20]);
});

test('the pullback works after the value has been read, and more than once', async () => {
  const { value, pullback } = vjp((x: Tensor) => square(mul(x, 2)), a);
  expect(await list(value)).toEqual([4, 16]);
  for (const weight of [1, 2])
    expect(await list(pullback(tensor([weight, 1]))[0])).toEqual([8 * weight, -16]);
});

test('vᵀ (J t) = (vᵀ J) t, and J t is the difference along t', async () => {
  const number = fc.double({ min: -1, max: 1, noNaN: true });
  const pair = fc.tuple(number, number);
  await fc.assert(
    fc.asyncProperty(pair, pair, pair, pair, async (ta, tb, vp, vc) => {
      const { tangent } = jvp(f, [a, b], [tensor(ta), tensor(tb)]);
      const { pullback } = vjp(f, a, b);
      const [da, db] = pullback({ product: tensor(vp), curve: tensor(vc) });
      const dot = async (x: Tensor, y: readonly number[]): Promise<number> =>
        (await list(x)).reduce((total, value, k) => total + value * y[k]!, 0);
      const forward = (await dot(tangent.product, vp)) + (await dot(tangent.curve, vc));
      const backward = (await dot(da, ta)) + (await dot(db, tb));
      expect(Math.abs(forward - backward)).toBeLessThan(1e-4);
    }),
    { numRuns: 30 },
  );
  const h = 1e-3;
  const { value, tangent } = jvp(f, [a, b], [tensor([1, 1]), tensor([0, 2])]);
  const moved = f(add(a, h), add(b, tensor([0, 2 * h])));
  const [before, after, slope] = [
    await list(value.curve),
    await list(moved.curve),
    await list(tangent.curve),
  ];
  before.forEach((y, k) => expect((after[k]! - y) / h).toBeCloseTo(slope[k]!, 2));
});

test('the Hessian times a vector: jvp of grad', async () => {
  const m = tensor([[2, 1], [1, 3]]); // prettier-ignore
  const quadratic = (x: Tensor): Tensor => mul(sum(mul(x, matmul(m, x as never))), 0.5);
  const { tangent } = jvp(grad(quadratic), [tensor([[1], [1]]) as Tensor], [tensor([[1], [0]]) as Tensor]);
  expect(await tangent.toArray()).toEqual([[2], [1]]);
});

describe('mistakes are told', () => {
  test('shapes and nesting', () => {
    const { pullback } = vjp(f, a, b);
    expect(() => pullback({ product: ones([3]), curve: ones([2]) })).toThrow(
      'pullback: cotangent 0 is [3], its output is [2]. They must be equal.',
    );
    expect(() => pullback({ product: ones([2]) } as never)).toThrow('pullback: 1 cotangents for 2 outputs.');
    expect(() => jvp(f, [a, b], [ones([2]), ones([5])])).toThrow(
      'jvp: tangent 1 is [5], its argument is [2]',
    );
    expect(() => vjp((x: Tensor) => [x, 3 as unknown as Tensor], scalar(1))).toThrow(
      /the result 1: found number/,
    );
  });
});
