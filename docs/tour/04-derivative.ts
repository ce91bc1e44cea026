/** Chapter 4: a derivative. By differences, by the chain rule by hand, and by a walk over the graph. Text: 04-derivative.md. */
import { grad } from '@capsnet/autograd';
import {
  add,
  createBackend,
  mul,
  scalar,
  setBackend,
  square,
  tanh,
  tensor,
  topologicalOrder,
  type Backend,
  type Tensor,
} from '@capsnet/tensor';
import { plot, saveFigure, svg } from './figure.js';

const single = await createBackend('reference');
const double = await createBackend('reference', { precision: 'float64' });

/** f(x) = x tanh(x^2). */
const f = (x: Tensor<readonly []>): Tensor<readonly []> => mul(x, tanh(square(x)));

// A scalar from a Float64Array keeps its digits where the backend computes in double precision.
const precise = (x: number): Tensor<readonly []> => tensor(Float64Array.of(x), []);
const at = async (x: number, backend: Backend): Promise<number> => {
  await setBackend(backend);
  return f(precise(x)).item();
};

// By hand: f' = tanh(x^2) + x (1 - tanh(x^2)^2) 2x.
const x0 = 0.7;
const t = Math.tanh(x0 * x0);
const exact = t + x0 * (1 - t * t) * 2 * x0;
console.log(`by hand       ${exact.toFixed(10)}`);

// By differences: (f(x+h) - f(x-h)) / 2h.
const difference = async (h: number, backend: Backend): Promise<number> =>
  ((await at(x0 + h, backend)) - (await at(x0 - h, backend))) / (2 * h);
for (const h of [1e-1, 1e-3, 1e-5, 1e-11])
  console.log(`h = ${h.toExponential()}   ${(await difference(h, double)).toFixed(10)}`);

// By walking the graph from the result back. One rule an operation: from the cotangent of its result (the derivative of f by it)
// and its operands to the cotangents of the operands. These three are all that f needs.
const rules: Record<string, (dy: number, x: number[], y: number) => number[]> = {
  mul: (dy, [a, b]) => [dy * b!, dy * a!],
  tanh: (dy, _, y) => [dy * (1 - y * y)],
  square: (dy, [a]) => [2 * a! * dy],
};

async function derivative(of: (x: Tensor<readonly []>) => Tensor, point: number): Promise<number> {
  // Trees of operands are let go once a value has been read, so we read in the order of the graph and note values beside it.
  const x = precise(point);
  const order = topologicalOrder([of(x)]).map((node) => ({ node, op: node.op, inputs: node.inputs }));
  const value = new Map<Tensor, number>();
  for (const { node } of order) value.set(node, await node.item());
  const cotangent = new Map<Tensor, number>([[order.at(-1).node, 1]]);
  for (const { node, op, inputs } of order.reverse()) {
    if (inputs.length === 0) continue;
    const passed = rules[op]!(cotangent.get(node)!, inputs.map((each) => value.get(each)!), value.get(node)!); // prettier-ignore
    // Two ways lead from x to f, so two cotangents arrive at x: they add up.
    inputs.forEach((input, k) => cotangent.set(input, (cotangent.get(input) ?? 0) + passed[k]!));
    console.log(`  ${op}: passes on ${passed.map((each) => each.toFixed(6)).join(', ')}`);
  }
  return cotangent.get(x)!;
}
await setBackend(double);
console.log(`by the walk   ${(await derivative(f, x0)).toFixed(10)}`);

// The library's own: the same walk, but the rules make tensors, so that the derivative is a graph in turn.
const slope = grad(f);
console.log(`grad(f)       ${(await slope(precise(x0)).item()).toFixed(10)}`);
const curvature = grad(slope);
console.log(`grad(grad(f)) ${(await curvature(precise(x0)).item()).toFixed(10)}`);
console.log(
  `nodes: f ${topologicalOrder([f(scalar(1))]).length}, f' ${topologicalOrder([slope(scalar(1))]).length}`,
);
console.log(`a sum of two ways: ${await grad((x: Tensor<[]>) => add(mul(x, x), x))(scalar(5)).item()}`);

// Figure: the error of central differences against the step, in single and double precision.
const steps = Array.from({ length: 45 }, (_, k) => 10 ** (-12 + k / 4));
const errors = async (backend: Backend): Promise<[number, number][]> => {
  const points: [number, number][] = [];
  for (const h of steps) {
    const error = Math.abs((await difference(h, backend)) - exact);
    points.push([h, Math.min(10, Math.max(1e-13, error))]);
  }
  return points;
};
const figure = plot({
  title: 'Error of (f(x+h) - f(x-h)) / 2h at x = 0.7',
  x: { name: 'step h', range: [1e-12, 1e-1], log: true },
  y: { name: 'error', range: [1e-13, 10], log: true },
  curves: [
    { name: 'single precision', points: (await errors(single)).filter(([h]) => h > 1e-7) },
    { name: 'double precision', points: await errors(double) },
  ],
});
saveFigure('04-derivative.svg', svg(420, 300, figure));
