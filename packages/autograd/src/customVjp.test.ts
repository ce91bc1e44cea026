import {
  add,
  createBackend,
  compile,
  exp,
  mul,
  ones,
  scalar,
  setBackend,
  sum,
  tensor,
  type Tensor,
} from '@capsnet/tensor';
import { beforeAll, expect, test } from 'vitest';
import { checkGrads } from './checkGrads.js';
import { customVjp } from './customVjp.js';
import { grad } from './grad.js';

beforeAll(async () => {
  await setBackend('reference');
});

test('the derivative is the given one, whatever the function', async () => {
  const odd = customVjp(
    (a: Tensor, b: Tensor) => mul(a, b),
    (dy, a, b) => [mul(dy, 100), mul(dy, add(a, b))],
  );
  expect(await odd(scalar(2), scalar(3)).item()).toBe(6);
  const [da, db] = grad(([a, b]: readonly [Tensor, Tensor]) => odd(a, b))([scalar(2), scalar(3)]);
  expect([await da.item(), await db.item()]).toEqual([100, 5]);
});

test('its derivative can be taken again: backward is differentiated', async () => {
  const exponential = customVjp(
    (x: Tensor) => exp(x),
    (dy, x) => [mul(dy, exp(x))],
  );
  await checkGrads((x: Tensor) => grad((t: Tensor) => sum(exponential(t)))(x), [tensor([0.3, -1])]);
});

test('an operand without a cotangent is constant, and so is what forward captures', async () => {
  const captured = scalar(4);
  const f = customVjp(
    (a: Tensor, _b: Tensor) => mul(a, captured),
    (dy) => [mul(dy, captured), undefined],
  );
  const g = ([a, b]: readonly [Tensor, Tensor]): Tensor => f(a, b);
  const [da, db] = grad(g)([captured, scalar(1)]);
  expect([await da.item(), await db.item()]).toEqual([4, 0]);
});

test('it compiles away', async () => {
  const f = customVjp(
    (x: Tensor) => mul(x, 2),
    (dy) => [mul(dy, 2)],
  );
  const backend = await createBackend('reference');
  const slope = compile(
    grad((x: Tensor) => sum(f(x))),
    { backend },
  );
  expect(await slope.inspect(ones([3]))).not.toContain('customGradient');
  expect(await (await slope(ones([3]))).toArray()).toEqual([2, 2, 2]);
});

test('cotangents that do not fit are told', () => {
  const wide = customVjp(
    (x: Tensor) => sum(x),
    (dy) => [dy],
  );
  expect(() => grad(wide)(ones([3]))).toThrow(
    'customVjp: backward gave a cotangent [] for operand 0, which is [3]. They must be equal.',
  );
  const few = customVjp((a: Tensor, b: Tensor) => mul(a, b), ((dy: Tensor) => [dy]) as never);
  expect(() => grad((x: Tensor) => few(x, x))(scalar(1))).toThrow(
    'backward gave 1 cotangents for 2 operands',
  );
});
