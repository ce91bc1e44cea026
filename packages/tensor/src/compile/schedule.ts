/**
 * From a graph to stages of work. Element-wise nodes are gathered into groups that read and write memory once; reductions are
 * attached to the group that makes their operand; bias and activation ride on the convolution or matrix product before them.
 *
 * Every node gets a stage number such that operands which must lie in memory come from an earlier stage. Nodes of one stage do
 * not depend on one another unless they are fused, which makes two things simple: a group of connected element-wise nodes of one
 * stage can never close a cycle, and a backend needs a barrier between stages only.
 */
import type { Tensor } from '../graph/tensor.js';
import { ops, type OpName } from '../ops/table.js';
import { sameShape } from '../shape/rules.js';
import type { Plan } from './plan.js';

/** Connected element-wise nodes over one shape, and reductions of what they make. */
export interface Group {
  readonly kind: 'group';
  readonly stage: number;
  /** The shape that is iterated over. */
  readonly shape: readonly number[];
  /** Element-wise nodes, operands first; none when the group only reduces. */
  readonly members: readonly Tensor[];
  /** Operands from outside, without `fill` scalars (which become immediates). */
  readonly inputs: readonly Tensor[];
  /** Members whose values are needed outside. */
  readonly outputs: readonly Tensor[];
  /** `sum` and `max` nodes over members or inputs of the group's shape. */
  readonly reductions: readonly Tensor[];
}

/** One node with a kernel of its own. */
export interface Single {
  readonly kind: 'single';
  readonly stage: number;
  readonly node: Tensor;
  /** The node whose value the step writes: the last of node, bias and activation. */
  readonly result: Tensor;
  /** [channels] to add, for convolutions and matrix products. */
  readonly bias?: Tensor;
  /** Applied last; its node, for the attributes. */
  readonly activation?: Tensor;
}

export type Work = Group | Single;

const elementwiseKernels = new Set<OpName>(
  (Object.keys(ops) as OpName[]).filter(
    (name) => ops[name].kind === 'elementwise' && !['cast', 'identity', 'stopGradient'].includes(name),
  ),
);

const isLeaf = (node: Tensor): boolean =>
  node.op === 'input' || node.op === 'fill' || node.value !== undefined;
/** float32 element-wise nodes; int32 comparisons and casts run on their own. */
const isElementwise = (node: Tensor): boolean =>
  !isLeaf(node) &&
  elementwiseKernels.has(node.op) &&
  node.dtype === 'float32' &&
  node.inputs.every((input) => input.dtype === 'float32') &&
  node.size > 0;
const isReduction = (node: Tensor): boolean =>
  !isLeaf(node) && (node.op === 'sum' || node.op === 'max') && node.inputs[0]!.size > 0;
const isAlias = (node: Tensor): boolean => !isLeaf(node) && node.op === 'reshape';

/** The node whose memory a reshape looks at. */
export function storageOf(node: Tensor): Tensor {
  while (isAlias(node)) node = node.inputs[0]!;
  return node;
}

/** Work in stages; a plan's inputs, constants and reshapes need none. */
export function schedule(plan: Plan): Work[][] {
  const nodes = plan.nodes.filter((node) => !isLeaf(node));
  const consumers = new Map<Tensor, Tensor[]>();
  for (const node of nodes)
    for (const input of new Set(node.inputs)) consumers.set(input, [...(consumers.get(input) ?? []), node]);
  const outputs = new Set(plan.outputs);
  const epilogues = findEpilogues(nodes, consumers, outputs);
  const absorbed = new Map<Tensor, Single>();
  for (const single of epilogues.values())
    for (const part of [single.node, single.activation, single.result]) if (part) absorbed.set(part, single);
  for (const single of epilogues.values())
    if (single.bias && single.activation) absorbed.set(single.activation.inputs[0]!, single);

  const fusable = (node: Tensor): boolean => isElementwise(node) && !absorbed.has(node);
  /** A value that stays in registers between these two nodes. */
  const fusedEdge = (producer: Tensor, consumer: Tensor): boolean =>
    fusable(producer) &&
    ((fusable(consumer) && sameShape(producer.shape, consumer.shape)) || isReduction(consumer));

  // As early as possible ...
  const stage = new Map<Tensor, number>();
  const stageOf = (node: Tensor): number => stage.get(node) ?? -1;
  for (const node of nodes) {
    const operands = absorbed.has(node) ? operandsOf(absorbed.get(node)!) : node.inputs;
    stage.set(
      node,
      Math.max(
        isAlias(node) ? -1 : 0,
        ...operands.map((input) =>
          isAlias(node) || fusedEdge(input, node) ? stageOf(input) : stageOf(input) + 1,
        ),
      ),
    );
  }
  // ... and element-wise nodes as late as their consumers allow, to be computed where they are used.
  for (const node of [...nodes].reverse()) {
    const users = consumers.get(node) ?? [];
    if (!fusable(node) || users.length === 0 || outputs.has(node)) continue;
    const latest = Math.min(...users.map((user) => latestFor(node, user)));
    if (latest > stage.get(node)!) stage.set(node, latest);
  }
  function latestFor(node: Tensor, user: Tensor): number {
    if (isAlias(user)) return stageOf(node);
    const at = stageOf(absorbed.get(user)?.node ?? user);
    return fusedEdge(node, user) ? at : at - 1;
  }
  // A reduction runs with its operand's group; a group that was moved takes it along only if nobody needs it earlier,
  // which `latestFor` has seen to (its own stage is fixed).

  const groups = collectGroups(nodes, fusable, fusedEdge, stage, consumers, outputs, absorbed);
  const singles = nodes
    .filter(
      (node) =>
        !fusable(node) &&
        !isReduction(node) &&
        !isAlias(node) &&
        (!absorbed.has(node) || absorbed.get(node)!.node === node),
    )
    .map((node): Single => ({
      ...(absorbed.get(node) ?? { kind: 'single', node, result: node, stage: 0 }),
      stage: stage.get(node)!,
    }));
  const work: Work[] = [...groups, ...singles];
  const stages: Work[][] = [];
  for (const item of work) (stages[item.stage] ??= []).push(item);
  return stages.filter((items) => items !== undefined && items.length > 0);
}

const operandsOf = (single: Single): Tensor[] => [
  ...single.node.inputs,
  ...(single.bias ? [single.bias] : []),
];

/** Convolutions and matrix products with the bias and activation that follow them and nothing else reads between. */
function findEpilogues(
  nodes: readonly Tensor[],
  consumers: ReadonlyMap<Tensor, readonly Tensor[]>,
  outputs: ReadonlySet<Tensor>,
): Map<Tensor, Single> {
  const found = new Map<Tensor, Single>();
  const position = new Map(nodes.map((node, index) => [node, index]));
  const onlyConsumer = (node: Tensor): Tensor | undefined => {
    const users = consumers.get(node) ?? [];
    return users.length === 1 && !outputs.has(node) ? users[0] : undefined;
  };
  for (const node of nodes) {
    if (node.op !== 'conv2d' && node.op !== 'matmul') continue;
    let result = node;
    let bias: Tensor | undefined;
    let next = onlyConsumer(node);
    if (next?.op === 'add' && sameShape(next.shape, node.shape)) {
      const other = next.inputs[0] === node ? next.inputs[1]! : next.inputs[0]!;
      // The bias must be there when the product starts, not computed from it.
      const early = isLeaf(other) || (position.get(other) ?? Infinity) < position.get(node)!;
      if (
        other !== node &&
        early &&
        other.dtype === 'float32' &&
        other.op !== 'fill' &&
        other.size === node.shape.at(-1) &&
        (other.rank === 0 || other.shape.at(-1) === other.size)
      ) {
        bias = other;
        result = next;
        next = onlyConsumer(next);
      }
    }
    const activation = next && ['relu', 'leakyRelu', 'sigmoid', 'tanh'].includes(next.op) ? next : undefined;
    if (activation) result = activation;
    if (bias || activation)
      found.set(node, {
        kind: 'single',
        stage: 0,
        node,
        result,
        ...(bias ? { bias } : {}),
        ...(activation ? { activation } : {}),
      });
  }
  return found;
}

/** Joins fusable nodes of one stage along fused edges, and reductions to what they reduce or to a group that reads the same tensor. */
function collectGroups(
  nodes: readonly Tensor[],
  fusable: (node: Tensor) => boolean,
  fusedEdge: (producer: Tensor, consumer: Tensor) => boolean,
  stage: ReadonlyMap<Tensor, number>,
  consumers: ReadonlyMap<Tensor, readonly Tensor[]>,
  outputs: ReadonlySet<Tensor>,
  absorbed: ReadonlyMap<Tensor, Single>,
): Group[] {
  const parent = new Map<Tensor, Tensor>();
  const root = (node: Tensor): Tensor => {
    let top = node;
    while (parent.get(top) !== top) top = parent.get(top)!;
    parent.set(node, top);
    return top;
  };
  const inGroups = nodes.filter((node) => fusable(node) || isReduction(node));
  for (const node of inGroups) parent.set(node, node);
  const join = (a: Tensor, b: Tensor): void => {
    parent.set(root(a), root(b));
  };
  const iterated = (node: Tensor): readonly number[] =>
    isReduction(node) ? node.inputs[0]!.shape : node.shape;
  for (const node of inGroups) {
    for (const input of node.inputs)
      if (fusedEdge(input, node) && stage.get(input) === stage.get(node)) join(input, node);
  }
  // Whoever reads the same tensor from memory in the same stage and shape comes together: one pass instead of two.
  const readers = new Map<string, Tensor>();
  for (const node of inGroups) {
    const shape = iterated(node);
    for (const input of node.inputs) {
      if (isLeafScalar(input) || fusedEdge(input, node) || !sameShape(input.shape, shape)) continue;
      const key = `${input.id}|${stage.get(node)}`;
      const other = readers.get(key);
      if (other && sameShape(iterated(other), shape)) join(node, other);
      else readers.set(key, node);
    }
  }
  const byRoot = new Map<Tensor, Tensor[]>();
  for (const node of inGroups) byRoot.set(root(node), [...(byRoot.get(root(node)) ?? []), node]);
  return [...byRoot.values()].flatMap((together) => {
    const members = together.filter((node) => !isReduction(node));
    const patterns = new Map<string, Tensor[]>();
    for (const node of together.filter(isReduction)) {
      const pattern = node.attributes<'sum'>().axes.join();
      patterns.set(pattern, [...(patterns.get(pattern) ?? []), node]);
    }
    const inside = new Set(together);
    const needed = members.filter(
      (node) =>
        outputs.has(node) ||
        (consumers.get(node) ?? []).some((user) => !inside.has(user) || absorbed.has(user)),
    );
    const make = (
      parts: readonly Tensor[],
      reductions: readonly Tensor[],
      written: readonly Tensor[],
    ): Group => {
      const own = new Set([...parts, ...reductions]);
      const inputs = new Set<Tensor>();
      for (const node of own)
        for (const input of node.inputs) if (!own.has(input) && !isLeafScalar(input)) inputs.add(input);
      return {
        kind: 'group',
        stage: stage.get(together[0]!)!,
        shape: iterated(together[0]!),
        members: parts,
        inputs: [...inputs],
        outputs: written,
        reductions,
      };
    };
    // One pass reduces along one set of axes. For another set the members are computed again, which is cheaper than writing them out.
    const [first = [], ...others] = [...patterns.values()];
    return [
      make(needed.length > 0 || first.length === 0 ? members : membersBehind(first, members), first, needed),
      ...others.map((reductions) => make(membersBehind(reductions, members), reductions, [])),
    ];
  });
}

/** The members that these reductions are computed from. */
function membersBehind(reductions: readonly Tensor[], members: readonly Tensor[]): Tensor[] {
  const available = new Set(members);
  const wanted = new Set<Tensor>();
  const visit = (node: Tensor): void => {
    if (!available.has(node) || wanted.has(node)) return;
    wanted.add(node);
    node.inputs.forEach(visit);
  };
  for (const reduction of reductions) reduction.inputs.forEach(visit);
  return members.filter((node) => wanted.has(node));
}

const isLeafScalar = (node: Tensor): boolean => node.op === 'fill' && node.value === undefined;
