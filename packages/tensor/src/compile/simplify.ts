/**
 * Graph to simpler graph with the same meaning, in one pass from operands to results: every node is rebuilt on the
 * already simplified operands, a list of small rules is tried on it, and equal nodes become one.
 */
import { broadcastShapes, sameShape, sizeOf } from '../shape/rules.js';
import { apply } from '../graph/apply.js';
import type { Tensor } from '../graph/tensor.js';
import { ops, type OpName } from '../ops/table.js';
import type { OpDefinition } from '../ops/define.js';
import { topologicalOrder } from './plan.js';

const kindOf = (node: Tensor): string => ops[node.op].kind;

/** A node's replacement, or undefined when the rule does not apply. */
type Rule = (node: Tensor) => Tensor | undefined;

const fillValue = (node: Tensor): number | undefined =>
  node.op === 'fill' ? node.attributes<'fill'>().value : undefined;

/** Marks for differentiation mean nothing to a plan. */
const dropMarks: Rule = (node) =>
  node.op === 'identity' || node.op === 'stopGradient' || node.op === 'customGradient'
    ? node.inputs[0]
    : undefined;

const reshapes: Rule = (node) => {
  if (node.op !== 'reshape') return undefined;
  const x = node.inputs[0]!;
  if (sameShape(x.shape, node.shape)) return x;
  if (x.op === 'reshape') return rebuild(node, [x.inputs[0]!]);
  if (x.op === 'fill') return apply('fill', [], { ...x.attributes<'fill'>(), shape: node.shape });
  return undefined;
};

const transposes: Rule = (node) => {
  if (node.op !== 'transpose') return undefined;
  const x = node.inputs[0]!;
  const { permutation } = node.attributes<'transpose'>();
  if (permutation.every((axis, k) => axis === k)) return x;
  if (x.op === 'transpose') {
    const first = x.attributes<'transpose'>().permutation;
    return apply('transpose', [x.inputs[0]!], { permutation: permutation.map((axis) => first[axis]!) });
  }
  if (x.op === 'fill') return apply('fill', [], { ...x.attributes<'fill'>(), shape: node.shape });
  // Moving only axes of length 1 leaves the elements in place.
  const moved = permutation.filter((axis) => x.shape[axis] !== 1);
  if (moved.every((axis, k) => k === 0 || moved[k - 1]! < axis))
    return apply('reshape', [x], { shape: node.shape });
  return undefined;
};

const broadcasts: Rule = (node) => {
  if (node.op === 'broadcastTo') {
    const x = node.inputs[0]!;
    if (sameShape(x.shape, node.shape)) return x;
    if (x.op === 'fill') return apply('fill', [], { ...x.attributes<'fill'>(), shape: node.shape });
    if (sizeOf(x.shape) === sizeOf(node.shape)) return apply('reshape', [x], { shape: node.shape });
    return undefined;
  }
  // Element-wise operations broadcast by themselves: an operand need not be stretched when another has the full shape.
  if (kindOf(node) !== 'elementwise' || node.inputs.length < 2) return undefined;
  const stretched = node.inputs.findIndex(
    (input) => input.op === 'broadcastTo' || (input.op === 'fill' && input.rank > 0),
  );
  if (stretched < 0) return undefined;
  const operand = node.inputs[stretched]!;
  const source =
    operand.op === 'fill'
      ? apply('fill', [], { ...operand.attributes<'fill'>(), shape: [] })
      : operand.inputs[0]!;
  const inputs = node.inputs.map((input, k) => (k === stretched ? source : input));
  const shape = broadcastShapes(node.op, ...inputs.map((input) => input.shape));
  return sameShape(shape, node.shape) ? rebuild(node, inputs) : undefined;
};

const arithmetic: Rule = (node) => {
  const [a, b] = node.inputs;
  const left = a && fillValue(a);
  const right = b && fillValue(b);
  const kept = (x: Tensor): Tensor | undefined =>
    sameShape(x.shape, node.shape) && x.dtype === node.dtype ? x : undefined;
  if (
    kindOf(node) === 'elementwise' &&
    node.inputs.length > 0 &&
    node.inputs.every((input) => input.op === 'fill')
  ) {
    const scalar = (ops[node.op] as unknown as OpDefinition).scalar!;
    const value = scalar(
      node.inputs.map((input) => fillValue(input)!),
      node.attributes(),
    );
    return apply('fill', [], { value, shape: node.shape, dtype: node.dtype });
  }
  switch (node.op) {
    case 'add':
      return right === 0 ? kept(a!) : left === 0 ? kept(b!) : undefined;
    case 'sub':
      return right === 0
        ? kept(a!)
        : left === 0 && sameShape(b!.shape, node.shape)
          ? apply('neg', [b!], {})
          : undefined;
    case 'mul':
      return right === 1 ? kept(a!) : left === 1 ? kept(b!) : a === b ? apply('square', [a!], {}) : undefined;
    case 'div':
      return right === 1 ? kept(a!) : undefined;
    case 'neg':
      return a!.op === 'neg' ? a!.inputs[0] : undefined;
    case 'powConst': {
      const { exponent } = node.attributes<'powConst'>();
      return exponent === 1
        ? a
        : exponent === 2
          ? apply('square', [a!], {})
          : exponent === 0.5
            ? apply('sqrt', [a!], {})
            : exponent === -1
              ? apply('reciprocal', [a!], {})
              : undefined;
    }
    case 'cast':
      return a!.dtype === node.dtype ? a : undefined;
    case 'sum':
      if (a!.op === 'fill')
        return apply('fill', [], {
          value: fillValue(a!)! * (sizeOf(a!.shape) / Math.max(1, sizeOf(node.shape))),
          shape: node.shape,
          dtype: 'float32',
        });
      return unitAxes(node);
    case 'max':
      return unitAxes(node);
    default:
      return undefined;
  }
};

/** Reducing axes of length 1 only drops them. */
const unitAxes: Rule = (node) =>
  sizeOf(node.shape) === sizeOf(node.inputs[0]!.shape) && sizeOf(node.shape) > 0
    ? apply('reshape', [node.inputs[0]!], { shape: node.shape })
    : undefined;

/** A matrix product takes its operands transposed for nothing. */
const matrixProducts: Rule = (node) => {
  if (node.op !== 'matmul') return undefined;
  const attributes = node.attributes<'matmul'>();
  const swapped = (x: Tensor): boolean => {
    if (x.op !== 'transpose') return false;
    const { permutation } = x.attributes<'transpose'>();
    const rank = permutation.length;
    return permutation.every((axis, k) => axis === (k < rank - 2 ? k : 2 * rank - 3 - k));
  };
  const [a, b] = node.inputs as [Tensor, Tensor];
  if (swapped(a))
    return apply('matmul', [a.inputs[0]!, b], { ...attributes, transposeA: !attributes.transposeA });
  if (swapped(b))
    return apply('matmul', [a, b.inputs[0]!], { ...attributes, transposeB: !attributes.transposeB });
  return undefined;
};

const rules: readonly Rule[] = [dropMarks, reshapes, transposes, broadcasts, arithmetic, matrixProducts];

const rebuild = (node: Tensor, inputs: readonly Tensor[]): Tensor =>
  inputs.every((input, k) => input === node.inputs[k])
    ? node
    : apply<OpName>(node.op, inputs, node.attributes());

/** JSON has no infinities, NaN or -0: they must not become one key. */
const exactNumbers = (_: string, value: unknown): unknown =>
  typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
    ? `number ${Object.is(value, -0) ? '-0' : value}`
    : value;

/** Simplified twins of `outputs`, in the same order. Nodes with known values are left as they are. */
export function simplify(outputs: readonly Tensor[], known: (node: Tensor) => boolean): Tensor[] {
  const twins = new Map<Tensor, Tensor>();
  const canonical = new Map<string, Tensor>();
  const keys = new Map<Tensor, string>();

  const unify = (node: Tensor): Tensor => {
    if (node.op === 'data' || node.op === 'input') return node;
    let key = keys.get(node);
    if (key === undefined) {
      key = `${node.op}|${node.inputs.map((input) => input.id).join()}|${JSON.stringify(node.attributes(), exactNumbers)}`;
      keys.set(node, key);
    }
    const same = canonical.get(key);
    if (same) return same;
    canonical.set(key, node);
    return node;
  };

  for (const node of topologicalOrder(outputs, known)) {
    if (known(node)) {
      twins.set(node, node);
      continue;
    }
    let twin = rebuild(
      node,
      node.inputs.map((input) => twins.get(input)!),
    );
    for (let changed = true; changed;) {
      changed = false;
      for (const rule of rules) {
        const better = rule(twin);
        if (better && better !== twin) {
          twin = better;
          changed = true;
          break;
        }
      }
    }
    twins.set(node, unify(twin));
  }
  return outputs.map((output) => twins.get(output)!);
}
