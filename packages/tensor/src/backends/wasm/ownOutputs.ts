import { storageOf } from '../../compile/schedule.js';
import { topologicalOrder, type Plan } from '../../compile/plan.js';
import { apply } from '../../graph/apply.js';
import type { Tensor } from '../../graph/tensor.js';

/**
 * The same plan with outputs that are results of work, each with memory of its own: an output that is an input, a constant, a
 * reshape or another output becomes a copy (an `identity` node, which the schedule treats as a step).
 */
export function ownOutputs(plan: Plan): Plan {
  const taken = new Set<Tensor>();
  const outputs = plan.outputs.map((output) => {
    const given = output.op === 'input' || output.op === 'fill' || output.value !== undefined;
    if (!given && storageOf(output) === output && !taken.has(output)) {
      taken.add(output);
      return output;
    }
    return apply('identity', [output], {});
  });
  const known = (node: Tensor): boolean => node.op === 'input' || node.value !== undefined;
  return { ...plan, outputs, nodes: topologicalOrder(outputs, known) };
}
