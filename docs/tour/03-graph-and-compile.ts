/** Chapter 3: a tensor is a recipe. The graph behind it, and what the compiler makes of it. Text: 03-graph-and-compile.md. */
import {
  add,
  compile,
  createBackend,
  matmul,
  mul,
  ones,
  setBackend,
  sum,
  tanh,
  tensor,
  topologicalOrder,
  transpose,
  type Tensor,
} from '@capsnet/tensor';
import { label, path, saveFigure, svg } from './figure.js';

// Plain SIMD gives the same bits on every processor that has it.
const backend = await setBackend(await createBackend('wasm', { relaxed: false, threads: 1 }));

/** Where all chapters lead: a matrix product, a bias, a bend, a sum. One operation is useless on purpose, one is roundabout. */
function layer(x: Tensor<[4, 3]>, w: Tensor<[2, 3]>, b: Tensor<[2]>): Tensor<[4]> {
  const turned = transpose(w);
  const bent = tanh(add(matmul(x, turned), b));
  return sum(mul(bent, 1), 1);
}

const x = tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9], [0, 0, 0]]); // prettier-ignore
const w = tensor([[0.1, 0, -0.1], [0.05, 0.05, 0.05]]); // prettier-ignore
const b = tensor([0.5, -0.5]);

// Calling it computes nothing: it makes nodes. Each knows its operation, its operands, its shape.
const y = layer(x, w, b);
const nodes = topologicalOrder([y]);
console.log(`${nodes.length} nodes:`, nodes.map(({ op }) => op).join(' '));

// Reading a value is what computes.
console.log('eager   ', [...(await y.data())].map((v) => v.toFixed(4)).join(' '));

// `compile` calls the function once with placeholders, and keeps a plan.
const compiled = compile(layer);
const result = await compiled(x, w, b);
console.log('compiled', [...(await result.data())].map((v) => v.toFixed(4)).join(' '));
console.log(await compiled.inspect(x, w, b));

// What a plan is worth: the same chain of 20 additions and products on a million numbers, one step instead of 40.
const chain = (v: Tensor): Tensor => {
  let out: Tensor = v;
  for (let k = 0; k < 20; k++) out = add(mul(out, 0.9), 0.1);
  return out;
};
const many = ones([1_000_000]);
const fused = compile(chain, { name: 'chain' });
await fused(many);
const steps = (await fused.profile(many)).map(({ step }) => step);
console.log(`the chain of 40 operations runs in ${steps.length} step`);
const started = performance.now();
for (let k = 0; k < 5; k++) await fused(many);
const milliseconds = (performance.now() - started) / 5;
console.log(
  `about ${milliseconds.toFixed(1)} ms a call, ${fused.memory().total} bytes of memory, whatever the number of calls`,
);
await backend.dispose();

// Figure: the graph as it was written, and as it is computed.
const place = new Map<Tensor, readonly [number, number]>();
const depth = (node: Tensor): number =>
  node.inputs.length === 0 ? 0 : 1 + Math.max(...node.inputs.map(depth));
const parts: string[] = [label(280, 22, 'layer(x, w, b), as written', 'middle', 14)];
const graph = topologicalOrder([layer(x, w, b)]);
const rows = new Map<number, number>();
for (const node of graph) {
  const level = depth(node);
  const row = rows.get(level) ?? 0;
  rows.set(level, row + 1);
  place.set(node, [60 + 76 * level, 60 + 62 * row]);
}
for (const node of graph)
  for (const input of node.inputs) parts.push(path([place.get(input)!, place.get(node)!], '#999'));
for (const [node, [px, py]] of place) {
  const kept = ['data', 'matmul', 'add', 'tanh', 'sum'].includes(node.op);
  parts.push(
    `<ellipse cx="${px}" cy="${py}" rx="34" ry="20" fill="${kept ? '#d7e6f5' : '#eee'}" stroke="#666"/>`,
  );
  parts.push(
    label(px, py - 1, node.op, 'middle', 11) + label(px, py + 12, `[${node.shape.join(',')}]`, 'middle', 9),
  );
}
parts.push(
  label(
    280,
    290,
    'blue: what is left after simplification; the matrix product takes w transposed as it lies',
  ),
);
saveFigure('03-graph.svg', svg(560, 305, ...parts));
