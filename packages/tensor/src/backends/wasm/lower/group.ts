/**
 * Element-wise groups: registers, instructions and input modes for the interpreter in `assembly/fused.ts`, and the reductions that
 * go with the group.
 */
import type { Group } from '../../../compile/schedule.js';
import type { Tensor } from '../../../graph/tensor.js';
import type { OpName } from '../../../ops/table.js';
import { sizeOf, stridesOf } from '../../../shape/rules.js';
import { floatWord, Workspace, type Lowered, type Step } from './kernel.js';
import { reduceSteps, reduceWorkspace } from './reduce.js';

/** Codes of `instruction` in `assembly/fused.ts`. */
const codes: Partial<Record<OpName, number>> = {
  add: 0,
  sub: 1,
  mul: 2,
  div: 3,
  maximum: 4,
  minimum: 5,
  less: 6,
  lessEqual: 7,
  greater: 8,
  greaterEqual: 9,
  equal: 10,
  notEqual: 11,
  pow: 12,
  neg: 20,
  abs: 21,
  sign: 22,
  floor: 23,
  square: 24,
  reciprocal: 25,
  sqrt: 26,
  rsqrt: 27,
  exp: 28,
  expm1: 29,
  log: 30,
  log1p: 31,
  tanh: 32,
  sigmoid: 33,
  relu: 34,
  leakyRelu: 35,
  powConst: 36,
  where: 40,
};

/** Elements of a tile: a few registers of this size fit the first-level cache. */
const tile = 512;

/** Words 1 to 15 of an input: mode, address or immediate, parameters. */
function inputMode(shape: readonly number[], over: readonly number[], address: number): number[] {
  const pad = (words: number[]): number[] => [...words, ...new Array<number>(15 - words.length).fill(0)];
  const n = sizeOf(over);
  const size = sizeOf(shape);
  if (size === n) return pad([0, address]);
  if (size === 1) return pad([2, address]);
  // Axes of the iteration that matter, and whether the input follows or is stretched along each; equal neighbours joined.
  const full = [...new Array<number>(over.length - shape.length).fill(1), ...shape];
  const runs: { length: number; follows: boolean }[] = [];
  over.forEach((length, axis) => {
    if (length === 1) return;
    const follows = full[axis] === length;
    const before = runs.at(-1);
    if (before?.follows === follows) before.length *= length;
    else runs.push({ length, follows });
  });
  const pattern = runs.map(({ follows }) => (follows ? 'x' : '-')).join('');
  if (pattern === '-x') return pad([3, address, runs[1]!.length]);
  if (pattern === 'x-') return pad([4, address, runs[1]!.length, 0]);
  if (pattern === '-x-') return pad([4, address, runs[2]!.length, runs[1]!.length]);
  const lengths = runs.map((run) => run.length);
  const own = stridesOf(runs.map((run) => (run.follows ? run.length : 1)));
  const strides = runs.map((run, k) => (run.follows ? own[k]! : 0));
  if (lengths.length > 6)
    throw new Error(
      `element-wise group: an operand is stretched along ${lengths.length} separate axes, at most 6 are supported`,
    );
  const six = (list: number[]): number[] => [...list, ...new Array<number>(6 - list.length).fill(0)];
  return [5, address, lengths.length, ...six(lengths), ...six(strides)];
}

const isImmediate = (node: Tensor): boolean => node.op === 'fill' && node.value === undefined;

export function lowerGroup(group: Group, threads: number): Lowered {
  const { members, inputs, shape } = group;
  const n = sizeOf(shape);
  const workspace = new Workspace();
  // Members that only a reduction reads are written to the workspace for it.
  const written = new Set(group.outputs);
  const forReductions = new Map<Tensor, number>();
  for (const {
    inputs: [operand],
  } of group.reductions) {
    if (members.includes(operand!) && !written.has(operand!) && !forReductions.has(operand!))
      forReductions.set(operand!, workspace.take(n + 16));
  }
  const outputs = [...group.outputs, ...forReductions.keys()];

  const { registerOf, immediates, count } = assignRegisters(members, inputs, new Set(outputs));
  const scratchPerThread = Math.ceil((count * 4) / 64) * 64 + count * tile * 4 + 64;
  const scratch = members.length > 0 ? workspace.take((scratchPerThread / 4) * threads) : 0;
  const reductionSpace = group.reductions.map((node) => workspace.take(reduceWorkspace(node) / 4));

  return {
    label:
      members.length > 0
        ? [...members, ...group.reductions].map((node) => node.op).join(' ')
        : group.reductions.map((node) => node.op).join(' '),
    shape,
    operations: n * (members.length + group.reductions.length),
    workspaceBytes: workspace.bytes,
    encode(at, base) {
      const steps: Step[] = [];
      if (members.length > 0) {
        const used = inputs.filter((input) => registerOf.has(input));
        const inputWords = [
          ...used.flatMap((input) => [registerOf.get(input)!, ...inputMode(input.shape, shape, at(input))]),
          ...[...immediates].flatMap(([value, register]) => [
            register,
            1,
            floatWord(value),
            ...new Array<number>(13).fill(0),
          ]),
        ];
        const operand = (node: Tensor | undefined): number =>
          node === undefined
            ? 0
            : isImmediate(node)
              ? immediates.get(node.attributes<'fill'>().value)!
              : registerOf.get(node)!;
        const instructionWords = members.flatMap((node) => {
          const [a, b, c] =
            node.op === 'where' ? [node.inputs[1], node.inputs[2], node.inputs[0]] : node.inputs;
          // `where` reads its condition as c; binary operations read a and b.
          const [first, second, third] = node.op === 'where' ? [a, b, c] : [a, b, undefined];
          return [
            codes[node.op]!,
            registerOf.get(node)!,
            operand(first),
            operand(second),
            operand(third),
            floatWord(immediateOf(node)),
          ];
        });
        const outputWords = outputs.flatMap((node) => [
          registerOf.get(node)!,
          forReductions.has(node) ? base + forReductions.get(node)! : at(node),
        ]);
        steps.push({
          kernel: 'fused',
          words: [
            n,
            tile,
            base + scratch,
            scratchPerThread,
            count,
            used.length + immediates.size,
            members.length,
            outputs.length,
            ...inputWords,
            ...instructionWords,
            ...outputWords,
          ],
        });
      }
      group.reductions.forEach((node, k) => {
        const operand = node.inputs[0]!;
        const from = forReductions.has(operand) ? base + forReductions.get(operand)! : at(operand);
        steps.push(...reduceSteps(node, from, at(node), base + reductionSpace[k]!));
      });
      return steps;
    },
  };
}

function immediateOf(node: Tensor): number {
  if (node.op === 'leakyRelu') return node.attributes<'leakyRelu'>().alpha;
  if (node.op === 'powConst') return node.attributes<'powConst'>().exponent;
  return 0;
}

/**
 * A register for every value. Inputs, immediates and outputs keep theirs (they stand for memory); registers of other members
 * are used again after the last reader.
 */
function assignRegisters(
  members: readonly Tensor[],
  inputs: readonly Tensor[],
  outputs: ReadonlySet<Tensor>,
): { registerOf: Map<Tensor, number>; immediates: Map<number, number>; count: number } {
  const registerOf = new Map<Tensor, number>();
  const immediates = new Map<number, number>();
  let count = 0;
  const external = new Set(inputs);
  const lastUse = new Map<Tensor, number>();
  members.forEach((node, position) => {
    for (const input of node.inputs) {
      lastUse.set(input, position);
      if (isImmediate(input)) {
        const { value } = input.attributes<'fill'>();
        if (!immediates.has(value)) immediates.set(value, count++);
      } else if (external.has(input) && !registerOf.has(input)) registerOf.set(input, count++);
    }
  });
  const free: number[] = [];
  members.forEach((node, position) => {
    registerOf.set(node, outputs.has(node) ? count++ : (free.pop() ?? count++));
    for (const input of new Set(node.inputs)) {
      const mine = members.includes(input) && !outputs.has(input);
      if (mine && lastUse.get(input) === position) free.push(registerOf.get(input)!);
    }
  });
  return { registerOf, immediates, count };
}
