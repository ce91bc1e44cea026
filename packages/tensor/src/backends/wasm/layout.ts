/**
 * Where every tensor of a plan lies. Inputs, constants and donated state keep a place of their own between calls; results keep
 * theirs from the step that writes them to the end; everything else shares the arena by lifetime.
 */
import { align, planMemory, type BufferRequest } from '../../compile/memory.js';
import type { Plan } from '../../compile/plan.js';
import { storageOf, type Work } from '../../compile/schedule.js';
import type { Tensor } from '../../graph/tensor.js';

export interface Layout {
  /** Byte offset of a tensor's memory from the start of the plan's memory. */
  offsetOf(node: Tensor): number;
  /** Byte offsets of the workspace of each kernel, by stage and position within it. */
  readonly workspaces: readonly (readonly number[])[];
  /** Results to be copied from where they were computed to the donated memory that they take over, after all stages. */
  readonly copies: readonly { readonly from: Tensor; readonly toInput: number }[];
  /** Offset of the memory of each input and each output. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Tensors with known values and where they go. */
  readonly constants: readonly { readonly node: Tensor; readonly offset: number }[];
  /** Bytes of pinned memory and arena, and of the arena alone. */
  readonly total: number;
  readonly arena: number;
}

const bytesOf = (node: Tensor): number => node.size * 4;

const operandsOf = (work: Work): readonly Tensor[] =>
  work.kind === 'group' ? work.inputs : [...work.node.inputs, ...(work.bias ? [work.bias] : [])];
const resultsOf = (work: Work): readonly Tensor[] =>
  work.kind === 'group' ? [...work.outputs, ...work.reductions] : [work.result];

/**
 * Lays a plan out. Outputs must be results of work, each of its own (`ownOutputs` sees to that).
 *
 * @param workspaceBytes what each work of each stage needs to itself while it runs.
 */
export function layOut(
  plan: Plan,
  stages: readonly (readonly Work[])[],
  workspaceBytes: readonly (readonly number[])[],
): Layout {
  const produced = new Map<Tensor, { stage: number; work: Work }>();
  const lastRead = new Map<Tensor, number>();
  const readers = new Map<Tensor, Set<Work>>();
  const stageOf = new Map<Work, number>();
  stages.forEach((works, stage) => {
    for (const work of works) {
      stageOf.set(work, stage);
      for (const result of resultsOf(work)) produced.set(result, { stage, work });
      for (const operand of operandsOf(work)) {
        const storage = storageOf(operand);
        lastRead.set(storage, stage);
        readers.set(storage, (readers.get(storage) ?? new Set()).add(work));
      }
    }
  });

  // Pinned memory: inputs, then constants.
  const pinned = new Map<Tensor, number>();
  let pinnedBytes = 0;
  const pin = (node: Tensor): number => {
    const known = pinned.get(node);
    if (known !== undefined) return known;
    const offset = pinnedBytes;
    pinned.set(node, offset);
    pinnedBytes += align(Math.max(4, bytesOf(node)));
    return offset;
  };
  const inputs = plan.inputs.map(pin);
  const constants: { node: Tensor; offset: number }[] = [];
  const stored = new Set([...readers.keys(), ...plan.outputs.map(storageOf)]);
  for (const node of plan.nodes) {
    const constant = node.op === 'fill' || node.value !== undefined;
    if (constant && node.op !== 'input' && stored.has(node)) constants.push({ node, offset: pin(node) });
  }

  // Donated memory is written in place when everybody else has read it before, and the step itself reads it, if at all,
  // element by element. Otherwise the result is made elsewhere and moved in at the end.
  const inPlace = new Map<Tensor, number>();
  const copies: { from: Tensor; toInput: number }[] = [];
  plan.outputs.forEach((output, position) => {
    const toInput = plan.donations[position];
    if (toInput === undefined) return;
    const made = produced.get(output);
    const users = [...(readers.get(plan.inputs[toInput]!) ?? [])];
    const safe =
      made !== undefined &&
      users.every((work) =>
        work === made.work
          ? work.kind === 'group' && work.outputs.includes(output)
          : stageOf.get(work)! < made.stage,
      );
    if (safe) inPlace.set(output, toInput);
    else copies.push({ from: output, toInput });
  });

  // The arena: temporaries and the outputs that are not in donated memory, then each work's workspace.
  const requests: BufferRequest[] = [];
  const requestOf = new Map<Tensor, number>();
  const outputStorage = new Set(
    plan.outputs.filter((_, k) => plan.donations[k] === undefined).map(storageOf),
  );
  const copied = new Set(copies.map(({ from }) => storageOf(from)));
  for (const [node, { stage }] of produced) {
    if (inPlace.has(node)) continue;
    const last =
      outputStorage.has(node) || copied.has(node) ? Infinity : Math.max(stage, lastRead.get(node) ?? stage);
    requestOf.set(node, requests.length);
    requests.push({ bytes: bytesOf(node), first: stage, last });
  }
  const workspaceRequests = workspaceBytes.map((stage, index) =>
    stage.map((bytes) => {
      if (bytes === 0) return -1;
      requests.push({ bytes, first: index, last: index });
      return requests.length - 1;
    }),
  );
  const { offsets, total: arena } = planMemory(requests);

  const offsetOf = (node: Tensor): number => {
    const storage = storageOf(node);
    const donated = inPlace.get(storage);
    if (donated !== undefined) return inputs[donated]!;
    const request = requestOf.get(storage);
    if (request !== undefined) return pinnedBytes + offsets[request]!;
    return pinned.get(storage)!;
  };
  return {
    offsetOf,
    workspaces: workspaceRequests.map((stage) =>
      stage.map((request) => (request < 0 ? 0 : pinnedBytes + offsets[request]!)),
    ),
    copies,
    inputs,
    outputs: plan.outputs.map((output, position) =>
      plan.donations[position] === undefined ? offsetOf(output) : inputs[plan.donations[position]]!,
    ),
    constants,
    total: pinnedBytes + arena,
    arena,
  };
}
