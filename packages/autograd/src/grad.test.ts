import {
  add,
  compile,
  createBackend,
  exp,
  fill,
  gather,
  matmul,
  mul,
  ones,
  relu,
  scalar,
  setBackend,
  square,
  stopGradient,
  sub,
  sum,
  tensor,
  zeros,
  type Tensor,
} from '@capsnet/tensor';
import { beforeAll, describe, expect, test } from 'vitest';
import { grad, valueAndGrad } from './grad.js';

beforeAll(async () => {
  await setBackend('reference');
});

const list = async (x: Tensor): Promise<number[]> => Array.from(await x.data());
const cube = (x: Tensor): Tensor => mul(x, mul(x, x));

test('derivatives of x^3, again and again', async () => {
  const first = grad((x: Tensor<[]>) => cube(x));
  const second = grad((x: Tensor<[]>) => first(x));
  const third = grad((x: Tensor<[]>) => second(x));
  const fourth = grad((x: Tensor<[]>) => third(x));
  expect(await first(scalar(2)).item()).toBe(12);
  expect(await second(scalar(2)).item()).toBe(12);
  expect(await third(scalar(2)).item()).toBe(6);
  expect(await fourth(scalar(2)).item()).toBe(0);
});

test('value, gradient and auxiliary of a tree of arguments', async () => {
  const loss = ({ layer: { w, b } }: { layer: { w: Tensor; b: Tensor } }, x: Tensor) => {
    const y = add(matmul(x, w), b);
    return [sum(square(y)), { y, note: 'kept' }] as const;
  };
  const parameters = { layer: { w: tensor([[1], [2]]), b: tensor([3]) } };
  const { value, gradient, auxiliary } = valueAndGrad(loss, { auxiliary: true })(
    parameters,
    tensor([
      [1, 0],
      [0, 1],
    ]),
  );
  expect(await value.item()).toBe(16 + 25);
  expect(await gradient.layer.w.toArray()).toEqual([[8], [10]]);
  expect(await list(gradient.layer.b)).toEqual([18]);
  expect(auxiliary.note).toBe('kept');
  expect(await auxiliary.y.toArray()).toEqual([[4], [5]]);
});

describe('what counts as a variable', () => {
  test('a captured tensor is constant, also when it is the argument itself', async () => {
    const x = tensor([2, 3]);
    expect(await list(grad((t: Tensor) => sum(mul(t, x)))(x))).toEqual([2, 3]);
    expect(await list(grad((t: Tensor) => sum(mul(t, t)))(x))).toEqual([4, 6]);
    expect(await list(grad((_: Tensor) => sum(mul(x, x)))(x))).toEqual([0, 0]);
  });

  test('the same tensor at two places of the arguments is two variables', async () => {
    const x = scalar(5);
    const slope = grad(([a, b]: readonly [Tensor, Tensor]) => mul(a, square(b)))([x, x]);
    expect([await slope[0].item(), await slope[1].item()]).toEqual([25, 50]);
  });

  test('further arguments are constants', async () => {
    const x = scalar(3);
    expect(await grad((a: Tensor, b: Tensor) => mul(a, b))(x, x).item()).toBe(3);
  });

  test('an inner gradient leaves the outer variable varying', async () => {
    // d/dx (x · d/dy (x y^2) at y = x) = d/dx (2 x^3)
    const f = (x: Tensor<[]>): Tensor => mul(x, grad((y: Tensor<[]>) => mul(x, square(y)))(x));
    expect(await grad(f)(scalar(2)).item()).toBe(24);
  });

  test('unused arguments have zeros, of their shapes', async () => {
    const { used, unused } = grad(({ used }: { used: Tensor; unused: Tensor }) => sum(used))({
      used: ones([2]),
      unused: ones([3, 2]),
    });
    expect(await list(used)).toEqual([1, 1]);
    expect(unused.shape).toEqual([3, 2]);
    expect(await list(unused)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('stopGradient', async () => {
    expect(await grad((x: Tensor) => mul(x, stopGradient(square(x))))(scalar(3)).item()).toBe(9);
  });
});

test('cotangents of a shared subexpression add up', async () => {
  const f = (x: Tensor): Tensor => {
    const shared = exp(x);
    return sum(add(mul(shared, shared), mul(shared, 3)));
  };
  const slope = await list(grad(f)(tensor([0, 1])));
  [0, 1].forEach((x, k) => expect(slope[k]).toBeCloseTo(2 * Math.exp(2 * x) + 3 * Math.exp(x), 4));
});

test('a doubling chain of 64 shared steps takes linear time and gives 2^64', async () => {
  const f = (x: Tensor): Tensor => {
    let y = x;
    for (let step = 0; step < 64; step++) y = add(y, y);
    return y;
  };
  expect(await grad(f)(scalar(1)).item()).toBe(2 ** 64);
});

test('a chain of 20,000 steps does not overflow the stack', async () => {
  const f = (x: Tensor): Tensor => {
    let y = x;
    for (let step = 0; step < 20_000; step++) y = add(y, 1);
    return y;
  };
  expect(await grad(f)(scalar(1)).item()).toBe(1);
});

test('the identity function, and a function that forgets its argument', async () => {
  expect(await grad((x: Tensor<[]>) => x)(scalar(7)).item()).toBe(1);
  expect(await grad((_: Tensor<[]>) => fill([], 4))(scalar(7)).item()).toBe(0);
});

test('one element counts as a number, and its value has no axes', async () => {
  const { value, gradient } = valueAndGrad((x: Tensor) => mul(x, x))(tensor([[3]]));
  expect(value.shape).toEqual([]);
  expect(await gradient.toArray()).toEqual([[6]]);
});

test('values that were read before stay differentiable arguments', async () => {
  const x = square(tensor([1, 2]));
  expect(await list(x)).toEqual([1, 4]);
  expect(await list(grad((t: Tensor) => sum(square(t)))(x))).toEqual([2, 8]);
});

test('gradients compile, and a compiled step equals an eager one', async () => {
  const loss = (w: Tensor, x: Tensor): Tensor => sum(square(relu(sub(matmul(x, w), 1))));
  const w = tensor([[1, -2], [0.5, 3]]); // prettier-ignore
  const x = tensor([[1, 2], [3, 4]]); // prettier-ignore
  const eager = await list(grad(loss)(w, x));
  for (const name of ['reference', 'wasm'] as const) {
    const backend = await createBackend(name);
    expect(await list(await compile(grad(loss), { backend })(w, x))).toEqual(eager);
    await backend.dispose();
  }
});

describe('mistakes are told', () => {
  test('integers and plain numbers have no derivative', () => {
    expect(() => grad((x: Tensor) => sum(gather(ones([4]), x)))(tensor([0, 1], { dtype: 'int32' }))).toThrow(
      'grad: the arguments to differentiate by: int32 [2] has no derivative. Pass it from outside the function, or cast it to float32.',
    );
    expect(() => grad(({ w }: { w: Tensor; rate: number }) => sum(w))({ w: ones([2]), rate: 0.1 })).toThrow(
      'grad: the arguments to differentiate by rate: found number, wanted a tensor. A number becomes one by scalar(x).',
    );
  });

  test('the function must return one float', () => {
    expect(() => grad((x: Tensor) => x)(ones([2, 3]))).toThrow(
      /returned a tensor float32 \[2,3\], wanted one/,
    );
    expect(() => grad((_: Tensor) => zeros([], 'int32'))(ones([2]))).toThrow(/returned a tensor int32 \[\]/);
    expect(() => grad((_: Tensor) => 3 as never)(ones([2]))).toThrow(/returned number, wanted one float32/);
  });

  test('reading a value inside a compiled gradient', async () => {
    const f = compile(
      grad((x: Tensor) => {
        x.dataSync();
        return sum(x);
      }),
    );
    await expect(f(ones([2]))).rejects.toThrow(/a value was read while a function is being traced/);
  });
});
