/**
 * A plan: what a compiled function came to be, before a backend lowers it to its own kernels. Nodes stand in an order in
 * which operands come before results.
 */
import { showShape } from '../errors.js';
import type { Tensor } from '../graph/tensor.js';

export interface Plan {
  /** What the plan is called in messages and listings. */
  readonly name: string;
  /** `input` nodes, in the order of the arguments' leaves; one is here even when nothing uses it. */
  readonly inputs: readonly Tensor[];
  /** Every node that the outputs need, operands first. */
  readonly nodes: readonly Tensor[];
  /** Results; may repeat, and may be inputs or constants. */
  readonly outputs: readonly Tensor[];
  /** For each output the position of the donated input whose memory it takes over. */
  readonly donations: readonly (number | undefined)[];
}

/**
 * Nodes that `outputs` need, operands first. Stops at nodes with known values when `known` says so.
 * Tensors of any shape; each stands in the list once.
 */
export function topologicalOrder(
  outputs: readonly Tensor[],
  known: (node: Tensor) => boolean = () => false,
): Tensor[] {
  const seen = new Set<Tensor>();
  const order: Tensor[] = [];
  // An explicit stack: graphs of unrolled loops are deeper than the call stack.
  const stack: { node: Tensor; next: number }[] = [];
  for (const output of outputs) {
    if (seen.has(output)) continue;
    seen.add(output);
    stack.push({ node: output, next: 0 });
    while (stack.length > 0) {
      const frame = stack.at(-1)!;
      const inputs = known(frame.node) ? [] : frame.node.inputs;
      if (frame.next < inputs.length) {
        const input = inputs[frame.next++]!;
        if (!seen.has(input)) {
          seen.add(input);
          stack.push({ node: input, next: 0 });
        }
      } else {
        order.push(frame.node);
        stack.pop();
      }
    }
  }
  return order;
}

/**
 * Pairs outputs with donated inputs of the same type, in order, each at most once: the n-th output of a type takes the
 * memory of the n-th donated input of that type.
 */
export function matchDonations(
  inputs: readonly Tensor[],
  donated: ReadonlySet<number>,
  outputs: readonly Tensor[],
): (number | undefined)[] {
  const type = (node: Tensor): string => `${node.dtype}${showShape(node.shape)}`;
  const free = new Map<string, number[]>();
  for (const position of donated) {
    const key = type(inputs[position]!);
    free.set(key, [...(free.get(key) ?? []), position]);
  }
  const taken = new Set<Tensor>();
  return outputs.map((output) => {
    if (taken.has(output)) return undefined;
    taken.add(output);
    return free.get(type(output))?.shift();
  });
}

/** A node of a graph as it stands in a listing: operands and results are names, `%3`. */
export interface NodeListing {
  readonly name: string;
  readonly op: string;
  readonly operands: readonly string[];
  /** Without shape and type. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly shape: readonly number[];
  readonly dtype: string;
}

/** The graph of a plan. */
export interface GraphListing {
  /** What the plan is called. */
  readonly name: string;
  readonly inputs: number;
  /** Operands first. */
  readonly nodes: readonly NodeListing[];
  /** Names of the results. */
  readonly outputs: readonly string[];
}

/** The plan's graph as data. */
export function listGraph(plan: Plan): GraphListing {
  const names = new Map(plan.nodes.map((node, index) => [node, `%${index}`]));
  const nameOf = (node: Tensor): string => names.get(node) ?? `%input${plan.inputs.indexOf(node)}`;
  return {
    name: plan.name,
    inputs: plan.inputs.length,
    nodes: plan.nodes.map((node) => {
      const {
        shape: _shape,
        dtype: _dtype,
        ...attributes
      } = node.attributes() as unknown as Record<string, unknown>;
      return {
        name: nameOf(node),
        op: node.op,
        operands: node.inputs.map(nameOf),
        attributes,
        shape: node.shape,
        dtype: node.dtype,
      };
    }),
    outputs: plan.outputs.map(nameOf),
  };
}

/** The plan's graph as text, a line a node. */
export function showPlan(plan: Plan): string {
  const { name: planName, inputs, nodes, outputs } = listGraph(plan);
  const lines = nodes.map(({ name, op, operands, attributes, shape, dtype }) => {
    const given = Object.entries(attributes).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
    const shown = given.length === 0 ? '' : ` {${given.join(', ')}}`;
    return `${name} = ${op}(${operands.join(', ')})${shown} -> ${dtype}${showShape(shape)}`;
  });
  return [
    `plan ${planName}: ${inputs} inputs, ${nodes.length} nodes, ${outputs.length} outputs`,
    ...lines,
    `return ${outputs.join(', ')}`,
  ].join('\n');
}
