/** Derivatives where the textbook formula divides 0 by 0 or overflows, and the mathematics does not. */
import {
  apply,
  mul,
  pow,
  scalar,
  setBackend,
  sum,
  tensor,
  type SquashAttributes,
  type Tensor,
} from '@capsnet/tensor';
import { beforeAll, describe, expect, test } from 'vitest';
import { grad } from '../grad.js';

beforeAll(async () => {
  await setBackend('reference');
});

/** -0 reads as 0. */
const list = async (x: Tensor): Promise<number[]> => Array.from(await x.data(), (value) => value + 0);

describe('powers at 0', () => {
  // exponent, derivative at 0, at 4, second derivative at 0
  test.each([
    [0, 0, 0, 0],
    [1, 1, 1, 0],
    [1.5, 0, 3, Infinity],
    [2, 0, 8, 2],
    [3, 0, 48, 0],
    [0.5, Infinity, 0.25, -Infinity],
  ])('exponent %d', async (exponent, atZero, atFour, second) => {
    const slope = grad((x: Tensor) => sum(pow(x, exponent)));
    expect(await list(slope(tensor([0, 4])))).toEqual([atZero, atFour]);
    const curve = grad((x: Tensor) => sum(slope(x)));
    expect(await list(curve(tensor([0])))).toEqual([second]);
  });

  test('an exponent that is a tensor', async () => {
    const base = tensor([0, 0, 0, 3]);
    const exponent = tensor([0, 1, 2, 2]);
    const { db, da } = grad(({ da, db }: { da: Tensor; db: Tensor }) => sum(pow(da, db)))({
      da: base,
      db: exponent,
    });
    expect(await list(da)).toEqual([0, 1, 0, 6]);
    const [zero, one, two, three] = await list(db);
    expect([zero, one, two]).toEqual([0, 0, 0]);
    expect(three).toBeCloseTo(9 * Math.log(3), 5);
  });
});

const kinds: readonly SquashAttributes[] = [
  { kind: 'exponential', epsilon: 0 },
  { kind: 'sabour', epsilon: 1e-7 },
  { kind: 'sabour', epsilon: 0 },
];

describe.each(kinds)('squash $kind, epsilon $epsilon', (attributes) => {
  const weights = tensor([0.5, -1, 2]);
  const slope = grad((s: Tensor) => sum(mul(apply('squash', [s], attributes), weights)));
  const curve = grad((s: Tensor) => sum(mul(slope(s), tensor([1, 2, -1]))));
  test.each([
    [0, 0, 0],
    [1e-38, 0, -1e-38],
    [1e-30, -1e-30, 1e-30],
    [1e-8, 2e-8, -1e-8],
    [1e-3, 0, 0],
    [20, -20, 10],
    [1e30, 1e30, -1e30],
    [1.9e38, 1.9e38, 1.9e38],
  ])('first and second derivative are finite at %d, %d, %d', async (...s) => {
    for (const values of [await list(slope(tensor(s))), await list(curve(tensor(s)))])
      expect(values.every(Number.isFinite), values.join()).toBe(true);
  });

  test('the second derivative keeps its digits for short vectors', async () => {
    // Homogeneous near 0: halving s leaves the second derivative (of |s| s) as it is.
    const at = async (scale: number) => list(curve(tensor([0.6 * scale, -0.48 * scale, 0.64 * scale])));
    const [near, nearer] = [await at(2e-4), await at(1e-4)];
    near.forEach((value, k) => expect(Math.abs(value - nearer[k]!)).toBeLessThan(4e-4));
    expect(Math.max(...near.map(Math.abs))).toBeGreaterThan(0.1);
  });
});

test('the second derivative of squash is 0 at 0, by symmetry', async () => {
  const slope = grad((s: Tensor) => sum(apply('squash', [s], kinds[0]!)));
  expect(await list(grad((s: Tensor) => sum(mul(slope(s), scalar(3))))(tensor([0, 0])))).toEqual([0, 0]);
});
