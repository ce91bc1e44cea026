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

/** The plan's graph as text, a line a node. */
export function showPlan(plan: Plan): string {
  const names = new Map(plan.nodes.map((node, index) => [node, `%${index}`]));
  const nameOf = (node: Tensor): string => names.get(node) ?? `%input${plan.inputs.indexOf(node)}`;
  const attributes = (node: Tensor): string => {
    const given = Object.entries(node.attributes() as unknown as Record<string, unknown>).filter(
      ([key]) => key !== 'shape' && key !== 'dtype',
    );
    return given.length === 0
      ? ''
      : ` {${given.map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join(', ')}}`;
  };
  const lines = plan.nodes.map(
    (node) =>
      `${nameOf(node)} = ${node.op}(${node.inputs.map(nameOf).join(', ')})${attributes(node)} -> ${node.dtype}${showShape(node.shape)}`,
  );
  return [
    `plan ${plan.name}: ${plan.inputs.length} inputs, ${plan.nodes.length} nodes, ${plan.outputs.length} outputs`,
    ...lines,
    `return ${plan.outputs.map(nameOf).join(', ')}`,
  ].join('\n');
}
