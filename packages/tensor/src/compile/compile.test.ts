import { beforeAll, describe, expect, it } from 'vitest';
import {
  add,
  compile,
  conv2d,
  createBackend,
  discard,
  einsum,
  fill,
  matmul,
  mean,
  mul,
  ones,
  randomKey,
  randomNormal,
  reshape,
  scalar,
  setBackend,
  sub,
  sum,
  tensor,
  upsampleBilinear2x,
  type Tensor,
} from '../index.js';

beforeAll(async () => {
  await setBackend('reference');
});

describe('reading', () => {
  it('computes what is read, lazily', async () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const y = add(mul(x, 2), tensor([10, 20, 30]));
    expect(y.value).toBeUndefined();
    expect(await y.toArray()).toEqual([
      [12, 24, 36],
      [18, 30, 42],
    ]);
    expect(y.op).toBe('data');
    expect((await y.toNdarray()).get(1, 2)).toBe(42);
  });

  it('multiplies matrices and sums products by letters', async () => {
    const a = tensor([
      [1, 2],
      [3, 4],
    ]);
    expect(await matmul(a, a).toArray()).toEqual([
      [7, 10],
      [15, 22],
    ]);
    expect(await einsum('ij,kj->ik', a, a).toArray()).toEqual([
      [5, 11],
      [11, 25],
    ]);
    expect(await einsum('ij->j', a).toArray()).toEqual([4, 6]);
    expect(await einsum('ij,ij->', a, a).item()).toBe(30);
    expect(await einsum('ij,jk,kl->il', a, a, a).toArray()).toEqual([
      [37, 54],
      [81, 118],
    ]);
  });

  it('up-samples with half-pixel centres', async () => {
    expect(await upsampleBilinear2x(tensor([0, 1, 2, 3], [1, 2, 2, 1]) as Tensor).data()).toEqual(
      Float32Array.of(0, 0.25, 0.75, 1, 0.5, 0.75, 1.25, 1.5, 1.5, 1.75, 2.25, 2.5, 2, 2.25, 2.75, 3),
    );
  });

  it('says what is wrong with operands', () => {
    expect(() => matmul(ones([32, 784]), ones([10, 784]) as never)).toThrow(
      'matmul: [32,784] and [10,784] disagree on the inner axis (784 wanted, 10 found). Transpose the second?',
    );
    expect(() => add(ones([2, 3]), ones([4]) as never)).toThrow(/cannot be broadcast together/);
    expect(() => reshape(ones([2, 3]), [4] as never)).toThrow(/has 6 elements/);
    expect(() => conv2d(ones([1, 8, 8, 3]), ones([3, 3, 4, 8]) as never)).toThrow(/3 channels/);
  });
});

describe('compile', () => {
  it('traces once a signature and runs trees', async () => {
    let traces = 0;
    const f = compile(({ w, b }: { w: Tensor; b: Tensor }, x: Tensor) => {
      traces++;
      return { y: add(matmul(x, w as never), b), total: sum(x), kind: 'affine' };
    });
    const parameters = {
      w: tensor([
        [1, 0],
        [0, 2],
      ]),
      b: tensor([1, 1]),
    };
    const first = await f(parameters, tensor([[1, 2]]));
    expect(first.kind).toBe('affine');
    expect(await first.y.toArray()).toEqual([[2, 5]]);
    await f(parameters, tensor([[3, 4]]));
    expect(traces).toBe(1);
    await f(
      parameters,
      tensor([
        [3, 4],
        [5, 6],
      ]),
    );
    expect(traces).toBe(2);
  });

  it('donates: the old tensor is gone, the new one carries on', async () => {
    const step = compile((w: Tensor<[3]>, rate: Tensor<[]>) => sub(w, mul(rate, w)), {
      donate: [0],
      name: 'step',
    });
    const start = tensor([1, 2, 3]);
    const w1 = await step(start, scalar(0.5));
    const w2 = await step(w1, scalar(0.5));
    expect(await w2.toArray()).toEqual([0.25, 0.5, 0.75]);
    await expect(w1.data()).rejects.toThrow(/was donated to step/);
    await expect(step(w1, scalar(1))).rejects.toThrow(/was donated/);
  });

  it('takes a tensor of one number without computing it, and keeps what it was', async () => {
    const backend = await createBackend('wasm', { threads: 1 });
    const f = compile((x: Tensor, y: Tensor) => add(x, y), { backend });
    const halves = fill([3], 0.1);
    expect(await (await f(halves, tensor([1, 2, 3]))).toArray()).toEqual(
      [1, 2, 3].map((value) => Math.fround(value + Math.fround(0.1))),
    );
    expect(await halves.data()).toEqual(new Float32Array(3).fill(0.1));
    await backend.dispose();
  });

  it('saves what lies in its memory when it is released, unless that was discarded', async () => {
    const backend = await createBackend('wasm', { threads: 1 });
    const f = compile((x: Tensor) => [mul(x, x), add(x, x)] as const, { backend, name: 'both' });
    const [kept, gone] = await f(tensor([1, 2, 3]));
    discard({ gone, other: 'left alone' });
    f.release();
    expect(await kept.toArray()).toEqual([1, 4, 9]);
    await expect(gone.data()).rejects.toThrow(/was discarded/);
    await backend.dispose();
  });

  it('refuses to read while tracing', async () => {
    const f = compile((x: Tensor) => {
      x.dataSync();
      return x;
    });
    await expect(f(ones([2]))).rejects.toThrow(/while a function is being traced/);
  });

  it('evaluates in double precision when the backend does', async () => {
    const backend = await createBackend('reference', { precision: 'float64' });
    const f = compile((x: Tensor) => mean(mul(x, x)), { backend });
    const value = await (await f(tensor(Float64Array.of(1 / 3, 1e-9), [2]))).data();
    expect(value).toBeInstanceOf(Float64Array);
    expect(value[0]).toBe((1 / 9 + 1e-18) / 2);
  });

  it('gives the same random numbers for the same key', async () => {
    const a = await randomNormal(randomKey(7), [100]).data();
    expect(await randomNormal(randomKey(7), [100]).data()).toEqual(a);
    expect(await randomNormal(randomKey(8), [100]).data()).not.toEqual(a);
  });
});
