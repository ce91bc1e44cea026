/** `grad` agrees with finite differences in double precision on random graphs: shared nodes, broadcasting, any order of operations. */
import {
  add,
  apply,
  broadcastTo,
  concat,
  conv2d,
  div,
  exp,
  gather,
  log1p,
  logSumExp,
  matmul,
  max,
  maximum,
  mean,
  mul,
  pow,
  randomKey,
  relu,
  reshape,
  setBackend,
  sigmoid,
  sizeOf,
  softmax,
  sqrt,
  square,
  sub,
  sum,
  tanh,
  tensor,
  TensorError,
  transpose,
  uniformNumbers,
  where,
  greater,
  type Tensor,
} from '@capsnet/tensor';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { checkGrads } from './checkGrads.js';
import { grad } from './grad.js';

beforeAll(async () => {
  await setBackend('reference');
});

/** Keeps values, and with them all derivatives, of moderate size. */
const bounded = (x: Tensor): Tensor => mul(tanh(mul(x, 0.5)), 2);
const image = (x: Tensor): Tensor => reshape(x, [1, x.shape[0]!, x.shape[1]!, 1]);

/** Steps of a graph; one that does not fit its operands is left out. */
const operations: Readonly<Record<string, (a: Tensor, b: Tensor) => Tensor>> = {
  add: (a, b) => add(a, b),
  sub: (a, b) => sub(a, b),
  mul: (a, b) => bounded(mul(a, b)),
  div: (a, b) => div(a, add(square(b), 1)),
  maximum: (a, b) => maximum(a, b),
  matmul: (a, b) => bounded(matmul(a, b as never)),
  'matmul, second transposed': (a, b) => bounded(matmul(a, b as never, { transposeB: true })),
  where: (a, b) => where(greater(a, 0.1), a, b),
  concat: (a, b) => concat([a, b], a.rank - 1),
  conv2d: (a, b) => reshape(conv2d(image(a), reshape(b, [b.shape[0]!, b.shape[1]!, 1, 1])), [-1]),
  tanh: (a) => tanh(a),
  sigmoid: (a) => sigmoid(a),
  exp: (a) => bounded(exp(mul(a, 0.3))),
  log1p: (a) => log1p(square(a)),
  sqrt: (a) => sqrt(add(square(a), 0.5)),
  pow: (a) => pow(add(square(a), 0.5), -1.5),
  relu: (a) => relu(a),
  softmax: (a) => softmax(a, 0),
  squash: (a) => apply('squash', [a], { kind: 'exponential', epsilon: 0 }),
  squashSabour: (a) => apply('squash', [a], { kind: 'sabour', epsilon: 1e-7 }),
  sum: (a) => bounded(sum(a, 0)),
  'sum, kept': (a) => bounded(sum(a, -1, { keepDims: true })),
  mean: (a) => mean(a, -1),
  max: (a) => max(a, -1, { keepDims: true }),
  logSumExp: (a) => logSumExp(a, 0),
  transpose: (a) => transpose(a),
  flatten: (a) => reshape(a, [a.size]),
  broadcastTo: (a) => broadcastTo(a, [2, ...a.shape]),
  gather: (a) => gather(a, tensor([0, 0, a.shape[0]! - 1], { dtype: 'int32' }), 0),
};
const names = Object.keys(operations);

interface Recipe {
  readonly leaves: readonly (readonly number[])[];
  readonly steps: readonly (readonly [operation: string, a: number, b: number])[];
  readonly seed: number;
}

const recipes: fc.Arbitrary<Recipe> = fc.record({
  leaves: fc.array(fc.constantFrom([], [3], [1], [2, 3], [3, 2], [2, 1], [3, 3], [4, 4]), {
    minLength: 1,
    maxLength: 3,
  }),
  steps: fc.array(fc.tuple(fc.constantFrom(...names), fc.nat(20), fc.nat(20)), {
    minLength: 1,
    maxLength: 10,
  }),
  seed: fc.nat(10_000),
});

/** The function of a recipe: all nodes that nothing uses are results, so that no step is wasted. */
function build({ steps }: Recipe, used: Set<string>): (variables: readonly Tensor[]) => Tensor[] {
  return (variables) => {
    const nodes = [...variables];
    const consumed = new Set<Tensor>();
    for (const [name, a, b] of steps) {
      const operands = [nodes[a % nodes.length]!, nodes[b % nodes.length]!] as const;
      try {
        const node = operations[name]!(...operands);
        if (node.size === 0 || node.size > 200) continue;
        nodes.push(node);
        used.add(name);
        operands.forEach((operand) => consumed.add(operand));
      } catch (error) {
        if (!(error instanceof TensorError) && !(error instanceof TypeError)) throw error;
      }
    }
    return nodes.filter((node) => !consumed.has(node));
  };
}

const variablesOf = ({ leaves, seed }: Recipe): Tensor[] =>
  leaves.map((shape, k) =>
    tensor(
      uniformNumbers(randomKey(seed * 10 + k), sizeOf(shape)).map((u) => 3 * u - 1.5),
      shape,
    ),
  );

test('first derivatives', { timeout: 120_000 }, async () => {
  const used = new Set<string>();
  await fc.assert(
    fc.asyncProperty(recipes, async (recipe) => {
      await checkGrads(build(recipe, used), [variablesOf(recipe)], { elements: 4, tolerance: 1e-5 });
    }),
    { numRuns: 150, seed: 7 },
  );
  // Every operation took part somewhere.
  expect(names.filter((name) => !used.has(name))).toEqual([]);
});

test('second derivatives', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(recipes, async (recipe) => {
      const f = build({ ...recipe, steps: recipe.steps.slice(0, 4) }, new Set());
      const loss = (variables: readonly Tensor[]): Tensor =>
        f(variables)
          .map((node): Tensor => sum(square(node)))
          .reduce((total, part) => add(total, part));
      await checkGrads(grad(loss), [variablesOf(recipe)], { elements: 3, tolerance: 1e-4 });
    }),
    { numRuns: 50, seed: 7 },
  );
});
