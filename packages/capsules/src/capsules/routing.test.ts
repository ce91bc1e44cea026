import { grad } from '@capsnet/autograd';
import {
  createBackend,
  fill,
  gather,
  randomKey,
  randomNormal,
  setBackend,
  splitKey,
  sum,
  tensor,
  type Backend,
  type Shape,
  type Tensor,
} from '@capsnet/tensor';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dynamicRouting } from './dynamicRouting.js';
import { selfAttentionRouting, type Routed } from './selfAttentionRouting.js';

/** Digits that agree: double precision, and single. */
const backends = [
  { name: 'reference, float64', digits: 9, make: () => createBackend('reference', { precision: 'float64' }) },
  { name: 'wasm', digits: 4, make: () => createBackend('wasm', { threads: 1 }) },
];

const sizes = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  parents: fc.integer({ min: 1, max: 5 }),
  children: fc.integer({ min: 1, max: 6 }),
  i: fc.integer({ min: 1, max: 4 }),
  z: fc.integer({ min: 1, max: 5 }),
  seed: fc.nat(),
});
type Sizes = typeof sizes extends fc.Arbitrary<infer T> ? T : never;

interface Operands {
  readonly u: Tensor;
  readonly weights: Tensor;
  readonly bias: Tensor;
}

/** Both routings, and how their weights name children and parents. */
const attention = {
  draw({ batch, parents, children, i, z, seed }: Sizes): Operands {
    const [a, b, c] = splitKey(randomKey(seed), 3);
    return {
      u: randomNormal(a!, [batch, children, i], 0, 0.5),
      weights: randomNormal(b!, [parents, children, i, z], 0, 0.5),
      bias: randomNormal(c!, [parents, children, 1]),
    };
  },
  route: ({ u, weights, bias }: Operands): Routed => selfAttentionRouting(u, weights, bias),
  permuteChildren: ({ u, weights, bias }: Operands, order: Tensor): Operands => ({
    u: gather(u, order, 1),
    weights: gather(weights, order, 1),
    bias: gather(bias, order, 1),
  }),
  permuteParents: ({ u, weights, bias }: Operands, order: Tensor): Operands => ({
    u,
    weights: gather(weights, order, 0),
    bias: gather(bias, order, 0),
  }),
};
const agreement = (iterations: number) => ({
  draw({ batch, parents, children, i, z, seed }: Sizes): Operands {
    const [a, b, c] = splitKey(randomKey(seed), 3);
    return {
      u: randomNormal(a!, [batch, children, i], 0, 0.5),
      weights: randomNormal(b!, [children, i, parents * z], 0, 0.5),
      bias: randomNormal(c!, [parents, z]),
    };
  },
  route: ({ u, weights, bias }: Operands): Routed => dynamicRouting(u, weights, bias, iterations),
  permuteChildren: ({ u, weights, bias }: Operands, order: Tensor): Operands => ({
    u: gather(u, order, 1),
    weights: gather(weights, order, 0),
    bias,
  }),
  permuteParents: ({ u, weights, bias }: Operands, order: Tensor): Operands => {
    const [parents, z] = bias.shape as [number, number];
    const columns = Array.from(order.dataSync()).flatMap((k) =>
      Array.from({ length: z }, (_, d) => k * z + d),
    );
    return {
      u,
      weights: gather(weights, tensor(Int32Array.from(columns), [parents * z]), 2),
      bias: gather(bias, order, 0),
    };
  },
});

const close = (a: Tensor, b: Tensor, digits: number): void => {
  expect(a.shape).toEqual(b.shape);
  const [x, y] = [a.dataSync(), b.dataSync()];
  for (let k = 0; k < x.length; k++) expect(x[k]).toBeCloseTo(y[k]!, digits);
};
const shuffled = (count: number, seed: number): Tensor => {
  const order = Array.from({ length: count }, (_, k) => k).sort(
    (a, b) => ((a * 7919 + seed) % 104729) - ((b * 7919 + seed) % 104729),
  );
  return tensor(Int32Array.from(order.map((_, k) => order[(k + 1) % count]!)), [count]);
};

describe.each(backends)('on $name', ({ digits, make }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await setBackend(await make());
  });
  afterAll(() => backend.dispose());

  describe.each([
    ['self-attention routing', attention],
    ['dynamic routing, 1 iteration', agreement(1)],
    ['dynamic routing, 3 iterations', agreement(3)],
  ] as const)('%s', (_, routing) => {
    test('coupling coefficients sum to 1 over the parents', () => {
      fc.assert(
        fc.property(sizes, (of) => {
          const { couplings } = routing.route(routing.draw(of));
          expect(couplings.shape).toEqual([of.batch, of.parents, of.children]);
          for (const total of sum(couplings, 1).dataSync()) expect(total).toBeCloseTo(1, digits);
        }),
      );
    });

    test('does not mind the order of the children', () => {
      fc.assert(
        fc.property(sizes, (of) => {
          const operands = routing.draw(of);
          const order = shuffled(of.children, of.seed);
          const [plain, moved] = [
            routing.route(operands),
            routing.route(routing.permuteChildren(operands, order)),
          ];
          close(moved.capsules, plain.capsules, digits);
          close(moved.couplings, gather(plain.couplings, order, 2), digits);
        }),
      );
    });

    test('permutes the results as the parents are permuted', () => {
      fc.assert(
        fc.property(sizes, (of) => {
          const operands = routing.draw(of);
          const order = shuffled(of.parents, of.seed);
          const [plain, moved] = [
            routing.route(operands),
            routing.route(routing.permuteParents(operands, order)),
          ];
          close(moved.capsules, gather(plain.capsules, order, 1), digits);
          close(moved.couplings, gather(plain.couplings, order, 1), digits);
        }),
      );
    });

    test('zero predictions stay finite, and so do their gradients', () => {
      const of = { batch: 2, parents: 3, children: 4, i: 2, z: 3, seed: 1 };
      const { u, weights, bias } = routing.draw(of);
      const zero = { u: fill<Shape>(u.shape, 0), weights, bias: fill<Shape>(bias.shape, 0) };
      expect(Array.from(routing.route(zero).capsules.dataSync()).every((x) => x === 0)).toBe(true);
      const gradients = grad((operands: Operands) => sum(routing.route(operands).capsules))(zero);
      for (const gradient of [gradients.u, gradients.weights, gradients.bias])
        expect(Array.from(gradient.dataSync()).every(Number.isFinite)).toBe(true);
    });
  });

  test('dynamic routing with 1 iteration weighs all predictions alike', () => {
    fc.assert(
      fc.property(sizes, (of) => {
        const { u, weights, bias } = agreement(1).draw(of);
        const { couplings } = dynamicRouting(u, weights, bias, 1);
        for (const c of couplings.dataSync()) expect(c).toBeCloseTo(1 / of.parents, digits);
      }),
    );
  });

  test('the linear form of the self-attention logits is the quadratic one', () => {
    fc.assert(
      fc.property(sizes, (of) => {
        const { u, weights, bias } = attention.draw(of);
        const { couplings } = selfAttentionRouting(u, weights, bias);
        const [x, w, c] = [u.dataSync(), weights.dataSync(), couplings.dataSync()];
        const { parents, children, i, z } = of;
        const prediction = (b: number, k: number, j: number): number[] =>
          Array.from({ length: z }, (_, d) =>
            Array.from(
              { length: i },
              (_, p) => x[(b * children + j) * i + p]! * w[((k * children + j) * i + p) * z + d]!,
            ).reduce((s, v) => s + v, 0),
          );
        for (let j = 0; j < children; j++) {
          const logits = Array.from({ length: parents }, (_, k) => {
            const mine = prediction(0, k, j);
            let total = 0;
            for (let m = 0; m < children; m++) prediction(0, k, m).forEach((v, d) => (total += v * mine[d]!));
            return total / Math.sqrt(z);
          });
          const largest = Math.max(...logits);
          const sumExp = logits.reduce((total, a) => total + Math.exp(a - largest), 0);
          logits.forEach((a, k) =>
            expect(c[k * children + j]).toBeCloseTo(Math.exp(a - largest) / sumExp, digits - 1),
          );
        }
      }),
      { numRuns: 30 },
    );
  });
});

test('shapes that do not fit are told', () => {
  const u = fill([2, 4, 3], 1);
  expect(() => selfAttentionRouting(u, fill([5, 6, 3, 2], 1), fill([5, 6, 1], 1))).toThrow(
    /selfAttentionRouting: children \[2,4,3\] and weights \[5,6,3,2\]/,
  );
  expect(() => dynamicRouting(u, fill([4, 3, 10], 1), fill([5, 3], 1))).toThrow(/dynamicRouting: children/);
  expect(() => dynamicRouting(u, fill([4, 3, 10], 1), fill([5, 2], 1), -1)).toThrow(/wanted an integer >= 0/);
});
