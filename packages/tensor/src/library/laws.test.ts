/** Laws of the library that hold for every shape: broadcasting, rearranging, reducing; on each synchronous backend. */
import { fc, test } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import {
  add,
  broadcastShapes,
  broadcastTo,
  concat,
  createBackend,
  einsum,
  matmul,
  max,
  mean,
  min,
  mul,
  neg,
  pad,
  randomKey,
  randomUniform,
  reshape,
  setBackend,
  sizeOf,
  slice,
  stack,
  sub,
  sum,
  TensorError,
  transpose,
  type Backend,
  type Tensor,
} from '../index.js';

const axis = fc.integer({ min: 1, max: 4 });
const shapes = fc.array(axis, { minLength: 0, maxLength: 4 });
const seeds = fc.integer({ min: 0, max: 1e6 });
const random = (seed: number, shape: readonly number[]): Tensor =>
  randomUniform(randomKey(seed), shape, -2, 2);

/** Shapes that broadcast together: a common one, of which each operand drops leading axes and has some of length 1. */
const together = (count: number) =>
  shapes.chain((common) =>
    fc.record({
      common: fc.constant(common),
      operands: fc.array(
        fc.tuple(fc.nat({ max: common.length }), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 })),
        { minLength: count, maxLength: count },
      ),
    }),
  );
type Together = { common: readonly number[]; operands: readonly (readonly [number, readonly boolean[]])[] };
const operandShapes = ({ common, operands }: Together): number[][] =>
  operands.map(([dropped, ones]) => common.slice(dropped).map((length, k) => (ones[k] ? 1 : length)));

/** A shape and a permutation of its axes. */
const permuted = shapes.chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    permutation: fc.shuffledSubarray(
      shape.map((_, k) => k),
      { minLength: shape.length },
    ),
  }),
);

const values = (tensor: Tensor): number[] => Array.from(tensor.dataSync());

describe.each(['reference', 'wasm'] as const)('on %s', (name) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await setBackend(await createBackend(name));
  });
  afterAll(() => backend.dispose());

  test.prop([together(2), seeds])('a + b = b + a, of the broadcast shape', (given, seed) => {
    const [a, b] = operandShapes(given).map((shape, k) => random(seed + k, shape)) as [Tensor, Tensor];
    const forth: Tensor = add(a, b);
    expect(forth.shape).toEqual(broadcastShapes('add', a.shape, b.shape));
    expect(values(forth)).toEqual(values(add(b, a)));
  });

  test.prop([together(3)])('the shape of three operands does not depend on the order', (given) => {
    const [a, b, c] = operandShapes(given) as [number[], number[], number[]];
    const all = broadcastShapes('add', a, b, c);
    expect(broadcastShapes('add', broadcastShapes('add', a, b), c)).toEqual(all);
    expect(broadcastShapes('add', c, broadcastShapes('add', b, a))).toEqual(all);
  });

  test.prop([together(2), seeds])('stretching an operand first changes nothing', (given, seed) => {
    const [a, b] = operandShapes(given).map((shape, k) => random(seed + k, shape)) as [Tensor, Tensor];
    const product: Tensor = mul(a, b);
    const stretched = [a, b].map((operand): Tensor => broadcastTo(operand, product.shape)) as [
      Tensor,
      Tensor,
    ];
    expect(values(mul(...stretched))).toEqual(values(product));
    expect(values(sub(stretched[0], b))).toEqual(values(sub(a, b)));
  });

  test.prop([together(1), seeds])('the sum of a stretched tensor counts every copy', (given, seed) => {
    const x = random(seed, operandShapes(given)[0]!);
    const copies = sizeOf(given.common) / sizeOf(x.shape);
    const total = values(sum(broadcastTo(x, given.common) as Tensor))[0]!;
    expect(total).toBeCloseTo(copies * values(sum(x))[0]!, 3);
  });

  test.prop([shapes, seeds])('axes of other lengths do not broadcast', (shape, seed) => {
    const x = random(seed, [...shape, 2]);
    expect(() => add(x, random(seed, [...shape, 3]) as Tensor)).toThrow(TensorError);
  });

  test.prop([permuted, seeds])('transposing there and back is nothing', ({ shape, permutation }, seed) => {
    const x = random(seed, shape);
    const there = transpose(x, permutation) as Tensor;
    expect(there.shape).toEqual(permutation.map((k) => shape[k]));
    const back = transpose(
      there,
      shape.map((_, k) => permutation.indexOf(k)),
    ) as Tensor;
    expect(back.shape).toEqual(shape);
    expect(values(back)).toEqual(values(x));
  });

  test.prop([shapes, seeds])('reshaping keeps the order of the elements, there and back', (shape, seed) => {
    const x = random(seed, shape);
    const flat = reshape(x, [x.size]) as Tensor;
    expect(values(flat)).toEqual(values(x));
    const back = reshape(reshape(flat, [1, x.size, 1]) as Tensor, shape) as Tensor;
    expect(back.shape).toEqual(shape);
    expect(values(back)).toEqual(values(x));
  });

  test.prop([permuted, seeds])('sums do not mind the order of the axes', ({ shape, permutation }, seed) => {
    fc.pre(shape.length > 0);
    const x = random(seed, shape);
    const moved = transpose(x, permutation) as Tensor;
    const direct = values(sum(x, permutation[0]) as Tensor);
    const other = values(
      transpose(
        sum(moved, 0) as Tensor,
        shape.flatMap((_, k) => (k === permutation[0] ? [] : [permutation.slice(1).indexOf(k)])),
      ) as Tensor,
    );
    direct.forEach((value, k) => expect(other[k]).toBeCloseTo(value, 4));
  });

  test.prop([shapes, seeds])('min, mean and max lie in order, and min is -max of -x', (shape, seed) => {
    const x = random(seed, shape);
    const [least, middle, most] = [min(x), mean(x), max(x)].map((each) => values(each as Tensor)[0]!);
    expect(least).toBe(Math.min(...values(x)));
    expect(most).toBe(Math.max(...values(x)));
    expect(least).toBe(-values(max(neg(x)))[0]!);
    expect(middle!).toBeGreaterThanOrEqual(least! - 1e-5);
    expect(middle!).toBeLessThanOrEqual(most! + 1e-5);
  });

  test.prop([shapes, seeds])('slices of what was joined or padded are the parts', (shape, seed) => {
    const own = [...shape, 3];
    const [a, b] = [random(seed, own), random(seed + 1, own)];
    const zeros = own.map(() => 0);
    const joined = concat([a, b], own.length - 1) as Tensor;
    const second = slice(joined, [...zeros.slice(1), 3], own) as Tensor;
    expect(values(second)).toEqual(values(b));
    expect(values(slice(stack([a, b], 0) as Tensor, [1, ...zeros], [1, ...own]) as Tensor)).toEqual(
      values(b),
    );
    const padded = pad(
      a,
      own.map(() => [1, 2] as const),
      7,
    ) as Tensor;
    expect(
      values(
        slice(
          padded,
          own.map(() => 1),
          own,
        ) as Tensor,
      ),
    ).toEqual(values(a));
    expect(values(padded).filter((value) => value === 7).length).toBe(padded.size - a.size);
  });

  test.prop([axis, axis, axis, seeds])('(A B)^T = B^T A^T, and einsum says the same', (m, k, n, seed) => {
    const [a, b] = [random(seed, [m, k]), random(seed + 1, [k, n])];
    const product = values(transpose(matmul(a, b) as Tensor) as Tensor);
    const swapped = values(matmul(b, a, { transposeA: true, transposeB: true }) as Tensor);
    const summed = values(einsum('mk,kn->nm', a, b) as Tensor);
    product.forEach((value, at) => {
      expect(swapped[at]).toBeCloseTo(value, 4);
      expect(summed[at]).toBeCloseTo(value, 4);
    });
  });
});
