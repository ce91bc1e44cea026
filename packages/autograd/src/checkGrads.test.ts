import { abs, greater, mul, scalar, square, sum, tensor, type Tensor } from '@capsnet/tensor';
import { expect, test } from 'vitest';
import { checkGrads, GradientError } from './checkGrads.js';
import { customVjp } from './customVjp.js';

const wrong = customVjp(
  (x: Tensor) => square(x),
  // 2.001 x where 2 x is right
  (dy, x) => [mul(dy, mul(x, 2.001))],
);

test('accepts a right derivative, and says how far it is off', async () => {
  const worst = await checkGrads((x: Tensor) => sum(square(x)), [tensor([1, -2, 3])]);
  expect(worst).toBeGreaterThan(0);
  expect(worst).toBeLessThan(1e-8);
});

test('names the argument and the element of a wrong one', async () => {
  const failure = checkGrads(
    ({ good }: { good: Tensor; bad: { w: Tensor } }, { bad }: { bad: Tensor }) => [square(good), wrong(bad)],
    [{ good: scalar(1), bad: { w: scalar(2) } }, { bad: tensor([0, 4]) }],
  );
  await expect(failure).rejects.toThrow(/^checkGrads: argument 1\/bad, element 1: the gradient is /);
  const error = (await failure.catch((reason: unknown) => reason)) as GradientError;
  expect(error).toBeInstanceOf(GradientError);
  expect(error).toMatchObject({ path: '1/bad', index: 1 });
  expect(error.gradient / error.difference).toBeCloseTo(1.0005, 5);
});

test('every output counts, also those whose sum is constant', async () => {
  // The sum of the outputs does not depend on x: unweighted, a wrong gradient of 0 would pass.
  const pair = customVjp(
    (x: Tensor) => square(x),
    (dy) => [mul(dy, 0)],
  );
  await expect(checkGrads((x: Tensor) => [pair(x), mul(pair(x), -1)], [scalar(1)])).rejects.toThrow(
    GradientError,
  );
});

test('a function that is not smooth where it is checked is noticed', async () => {
  await expect(checkGrads((x: Tensor) => greater(x, 0), [tensor([0])])).rejects.toThrow(
    /Is the derivative|not smooth/,
  );
  expect(await checkGrads((x: Tensor) => abs(x), [tensor([0])])).toBe(0);
});

test('more elements than asked for are sampled', async () => {
  let calls = 0;
  const counted = (x: Tensor): Tensor => {
    calls++;
    return sum(square(x));
  };
  const many = tensor(new Float32Array(1000).fill(1), [1000]);
  await checkGrads(counted, [many], { elements: 5 });
  expect(calls).toBeLessThanOrEqual(4);
});
