/** Fused element-wise groups and their reductions, cut into kernels of one result and at most `mostInputs` inputs each. */
import type { Group } from '../../../compile/schedule.js';
import type { Tensor } from '../../../graph/tensor.js';
import { sizeOf } from '../../../shape/rules.js';
import { chainKernel, isImmediate, reductionKernel, reductionSpace, type Chain } from '../kernels/fused.js';
import { mostInputs, type Site } from './call.js';
import { partsFor, sumOfParts } from './parts.js';

/** The members that `target` is computed from, and what they read; values that lie in memory are not computed again. */
function chainOf(target: Tensor, group: Group, inMemory: ReadonlySet<Tensor>): Chain {
  const members = new Set(group.members);
  const wanted = new Set<Tensor>();
  const inputs = new Set<Tensor>();
  const visit = (node: Tensor): void => {
    if (wanted.has(node) || inputs.has(node) || isImmediate(node)) return;
    if (node !== target && inMemory.has(node)) inputs.add(node);
    else if (members.has(node)) {
      wanted.add(node);
      node.inputs.forEach(visit);
    } else inputs.add(node);
  };
  visit(target);
  return {
    shape: group.shape,
    members: group.members.filter((node) => wanted.has(node)),
    inputs: [...inputs],
  };
}

/**
 * What to write out so that `chain` reads fewer arrays: the member that gathers the most inputs of those that can be a kernel of their own.
 */
function bestCut(chain: Chain, group: Group, inMemory: ReadonlySet<Tensor>): Tensor {
  let best: Tensor | undefined;
  let gathered = 1;
  for (const member of chain.members.slice(0, -1)) {
    const { inputs } = chainOf(member, group, inMemory);
    if (inputs.length > gathered && inputs.length <= mostInputs) {
      best = member;
      gathered = inputs.length;
    }
  }
  // A member takes three operands at most, so one over its operands' values always fits once those are cut.
  return best ?? chain.members[0]!;
}

export function lowerGroup(group: Group, site: Site): void {
  const inMemory = new Set<Tensor>();
  /** A chain for `target` that fits, after writing out what must be. */
  const fitting = (target: Tensor): Chain => {
    let chain = chainOf(target, group, inMemory);
    while (chain.inputs.length > mostInputs) {
      write(bestCut(chain, group, inMemory));
      chain = chainOf(target, group, inMemory);
    }
    return chain;
  };
  const write = (target: Tensor): void => {
    const chain = fitting(target);
    site.emit(
      chainKernel(chain),
      chain.inputs.map((input) => site.place(input)),
      target,
    );
    inMemory.add(target);
  };
  group.outputs.forEach(write);
  for (const node of group.reductions) {
    const operand = node.inputs[0]!;
    const chain = fitting(operand);
    const { reduced } = reductionSpace(group.shape, node.attributes<'sum'>().axes);
    const count = reduced.reduce((product, { length }) => product * length, 1);
    const parts = partsFor(sizeOf(node.shape), count);
    const kernel = reductionKernel(
      inMemory.has(operand) ? { shape: group.shape, members: [], inputs: [operand] } : chain,
      node,
      parts,
    );
    const inputs = (inMemory.has(operand) ? [operand] : chain.inputs).map((input) => site.place(input));
    if (parts === 1) site.emit(kernel, inputs, node);
    else sumOfParts(node.op as 'sum' | 'max', site.emitTemporary(kernel, inputs), node, parts, site);
  }
}
