/**
 * Walking a graph backwards: reverse-mode differentiation (Linnainmaa 1970; Griewank and Walther, "Evaluating Derivatives", ch. 3).
 *
 * Every node has a cotangent: the derivative of the final scalar by the node's elements. That of the outputs is given. Nodes are visited
 * from the outputs back, so that a node's cotangent is complete before its rule passes it on; where a node is used more than once, the
 * cotangents of its uses add up.
 */
import { add, apply, topologicalOrder, type OpName, type Tensor } from '@capsnet/tensor';
import { rules } from './rules/table.js';
import type { Cotangents, Rule } from './rules/rule.js';

/**
 * A node of its own for an argument, with the same value. The walk stops at it, and what a function captures from outside
 * stays constant even when it is the very tensor that was passed as the argument.
 */
export const independent = (x: Tensor): Tensor => apply('identity', [x], {});

/**
 * Cotangents of `sources` for given cotangents of `outputs`; `undefined` for a source that no output depends on.
 */
export function backward(
  outputs: readonly Tensor[],
  cotangents: readonly (Tensor | undefined)[],
  sources: readonly Tensor[],
): Cotangents {
  const isSource = new Set(sources);
  const order = topologicalOrder(outputs, (node) => isSource.has(node));
  const varying = new Set<Tensor>();
  for (const node of order) {
    if (isSource.has(node) || node.inputs.some((input) => varying.has(input))) varying.add(node);
  }

  const gathered = new Map<Tensor, Tensor>();
  const receive = (node: Tensor, cotangent: Tensor | undefined): void => {
    if (cotangent === undefined || !varying.has(node)) return;
    const before = gathered.get(node);
    gathered.set(node, before ? add(before, cotangent) : cotangent);
  };
  outputs.forEach((output, k) => receive(output, cotangents[k]));

  for (const node of order.reverse()) {
    const cotangent = gathered.get(node);
    if (cotangent === undefined || isSource.has(node)) continue;
    const rule = rules[node.op] as Rule<OpName>;
    const passedOn = rule(cotangent, node.inputs, node.attributes(), node, pullbackOf);
    node.inputs.forEach((input, k) => receive(input, passedOn[k]));
  }
  return sources.map((source) => gathered.get(source));
}

/** Handed to the rules, which cannot import it: the walk imports them. */
function pullbackOf(
  f: (operands: readonly Tensor[]) => Tensor,
  operands: readonly Tensor[],
  dy: Tensor,
): Cotangents {
  const sources = operands.map(independent);
  return backward([f(sources)], [dy], sources);
}
