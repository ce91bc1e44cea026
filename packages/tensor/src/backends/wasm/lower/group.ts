/**
 * Element-wise groups: the step of the interpreter in `assembly/fused.ts`, with the reductions that go with the group taken from its tiles where
 * their shape allows, and by a pass of their own otherwise.
 */
import type { Group } from '../../../compile/schedule.js';
import type { Tensor } from '../../../graph/tensor.js';
import { sizeOf, stridesOf } from '../../../shape/rules.js';
import { adamUpdate, lowerAdam } from './adam.js';
import { assemble } from './instructions.js';
import { floatWord, Workspace, type Lowered, type Step } from './kernel.js';
import { reduceSteps, reduceWorkspace, reduceWorkspaceOf, spansOf } from './reduce.js';

/** Elements of a tile at most; fewer when there are many registers, which together are to fit the first-level cache. */
const longestTile = 512;
const cacheBytes = 28 * 1024;

/** Words 1 to 15 of an input: mode, address or immediate, parameters. */
function inputMode(
  shape: readonly number[],
  over: readonly number[],
  tile: number,
  address: number,
): number[] {
  const pad = (words: number[]): number[] => [...words, ...new Array<number>(15 - words.length).fill(0)];
  const n = sizeOf(over);
  const size = sizeOf(shape);
  if (size === n) return pad([0, address]);
  if (size === 1) return pad([2, address]);
  const runs = runsOf(shape, over);
  const pattern = runs.map(({ follows }) => (follows ? 'x' : '-')).join('');
  if (pattern === '-x') return pad([tile % runs[1]!.length === 0 ? 6 : 3, address, runs[1]!.length]);
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

/** Axes of the iteration that matter, and whether the operand follows or is stretched along each; equal neighbours joined. */
function runsOf(shape: readonly number[], over: readonly number[]): { length: number; follows: boolean }[] {
  const full = [...new Array<number>(over.length - shape.length).fill(1), ...shape];
  const runs: { length: number; follows: boolean }[] = [];
  over.forEach((length, axis) => {
    if (length === 1) return;
    const follows = full[axis] === length;
    const before = runs.at(-1);
    if (before?.follows === follows) before.length *= length;
    else runs.push({ length, follows });
  });
  return runs;
}

/** How reductions are taken from the tiles: the words `mode, span, unit, width`, and the results that a second pass joins. */
interface Taken {
  readonly mode: 0 | 1 | 2 | 3;
  readonly tile: number;
  readonly span: number;
  readonly unit: number;
  readonly width: number;
  /** [outer, chunks, inner] of what the step leaves, when there is more than one chunk. */
  readonly left?: readonly [number, number, number];
}

const block = 16;
const greatestCommon = (a: number, b: number): number => (b === 0 ? a : greatestCommon(b, a % b));

/** Tiles without reductions: whole periods of the operands that repeat, when there is one such period. */
function plainTiles(group: Group, most: number): Taken {
  const n = sizeOf(group.shape);
  const periods = group.inputs.flatMap((input) => {
    const runs = input.size === n || input.size === 1 ? [] : runsOf(input.shape, group.shape);
    return runs.length === 2 && runs[1]!.follows ? [runs[1]!.length] : [];
  });
  const step = periods.reduce((a, b) => (a / greatestCommon(a, b)) * b, block);
  const tile = step <= most ? Math.floor(most / step) * step : most;
  return { mode: 0, tile, span: n, unit: tile, width: 0 };
}

/** How the group's reductions (all along the same axes) fit into its tiles; undefined when they do not. */
function takenFromTiles(group: Group, most: number): Taken | undefined {
  const { shape, reductions } = group;
  const spans = spansOf(shape, reductions[0]!.attributes<'sum'>().axes);
  if (spans.length !== 1) return undefined;
  const [{ outer, length, inner }] = spans as [{ outer: number; length: number; inner: number }];
  if (inner === 1 && length <= most / block) {
    const rows = Math.floor(most / (length * block)) * block;
    return { mode: 1, tile: rows * length, span: outer * length, unit: rows * length, width: length };
  }
  if (inner === 1) {
    if (outer > 1 && length % block !== 0) return undefined;
    // Short spans in whole tiles of rows, long ones in chunks.
    const unit = Math.ceil(Math.min(length, 8192) / block) * block;
    const chunks = Math.ceil(length / unit);
    return {
      mode: 2,
      tile: most,
      span: length,
      unit,
      width: 1,
      ...(chunks > 1 ? { left: [outer, chunks, 1] as const } : {}),
    };
  }
  const rowsOfBlock = block / greatestCommon(inner, block);
  const rowsPerTile = Math.floor(most / (inner * rowsOfBlock)) * rowsOfBlock;
  if (rowsPerTile === 0 || (outer > 1 && (length * inner) % block !== 0)) return undefined;
  const tilesPerUnit = Math.max(1, Math.min(32, Math.floor(8192 / (rowsPerTile * inner))));
  const rows = rowsPerTile * tilesPerUnit;
  const chunks = Math.ceil(length / rows);
  return {
    mode: 3,
    tile: rowsPerTile * inner,
    span: length * inner,
    unit: rows * inner,
    width: inner,
    ...(chunks > 1 ? { left: [outer, chunks, inner] as const } : {}),
  };
}

/** Lowers a group for a number of threads. */
export function lowerGroup(group: Group, threads: number): Lowered {
  const update = adamUpdate(group);
  if (update) return lowerAdam(update);
  const { members, inputs, shape, reductions } = group;
  const label = [...members, ...reductions].map((node) => node.op).join(' ');
  const operations = sizeOf(shape) * (members.length + reductions.length);
  if (members.length === 0) return { label, shape, operations, ...lowerReductions(reductions) };

  const n = sizeOf(shape);
  const reduced = new Set(reductions.map((node) => node.inputs[0]!));
  // Registers decide the tile, the tile decides whether the reductions fit.
  const count = assemble(members, inputs, new Set(group.outputs), reduced).registers;
  const most = Math.max(64, Math.min(longestTile, Math.floor(cacheBytes / 4 / count / 64) * 64));
  const taken = reductions.length > 0 ? takenFromTiles(group, most) : undefined;
  const { mode, tile, span, unit, width, left } = taken ?? plainTiles(group, most);

  const workspace = new Workspace();
  // Reductions that do not fit: what they read is written out for a pass of their own.
  const written = new Set(group.outputs);
  const forReductions = new Map<Tensor, number>();
  if (!taken)
    for (const operand of reduced)
      if (members.includes(operand) && !written.has(operand))
        forReductions.set(operand, workspace.take(n + block));
  const outputs = [...group.outputs, ...forReductions.keys()];
  const { words, instructions, registerOf, immediates, registers } = assemble(
    members,
    inputs,
    new Set(outputs),
    taken ? reduced : new Set(),
  );
  const pitch = tile * 4 + 64;
  const accumulators = mode >= 2 ? reductions.length * Math.ceil((width * 4) / 64) * 64 : 0;
  const scratchPerThread = Math.ceil((registers * 4) / 64) * 64 + registers * pitch + accumulators + 64;
  const scratch = workspace.take((scratchPerThread / 4) * threads);
  const partials = left ? reductions.map(() => workspace.take(sizeOf(left))) : [];
  const passes = reductions.map((node) =>
    workspace.take((taken ? (left ? reduceWorkspaceOf(left, [1]) : 0) : reduceWorkspace(node)) / 4),
  );

  return {
    label,
    shape,
    operations,
    workspaceBytes: workspace.bytes,
    encode(at, base) {
      const used = inputs.filter((input) => registerOf.has(input));
      const inputWords = [
        ...used.flatMap((input) => [
          registerOf.get(input)!,
          ...inputMode(input.shape, shape, tile, at(input)),
        ]),
        ...[...immediates].flatMap(([value, register]) => [
          register,
          1,
          floatWord(value),
          ...new Array<number>(13).fill(0),
        ]),
      ];
      const steps: Step[] = [
        {
          kernel: 'fused',
          words: [
            n,
            tile,
            base + scratch,
            scratchPerThread,
            registers,
            used.length + immediates.size,
            instructions,
            outputs.length,
            ...(taken ? [reductions.length, mode] : [0, 0]),
            span,
            unit,
            width,
            pitch,
            ...inputWords,
            ...words,
            ...outputs.flatMap((node) => [
              registerOf.get(node)!,
              forReductions.has(node) ? base + forReductions.get(node)! : at(node),
            ]),
            ...(taken
              ? reductions.flatMap((node, k) => [
                  registerOf.get(node.inputs[0]!)!,
                  node.op === 'max' ? 1 : 0,
                  left ? base + partials[k]! : at(node),
                ])
              : []),
          ],
        },
      ];
      reductions.forEach((node, k) => {
        const kind = node.op as 'sum' | 'max';
        const operand = node.inputs[0]!;
        if (!taken) {
          const from = forReductions.has(operand) ? base + forReductions.get(operand)! : at(operand);
          steps.push(
            ...reduceSteps(
              kind,
              operand.shape,
              node.attributes<'sum'>().axes,
              from,
              at(node),
              base + passes[k]!,
            ),
          );
        } else if (left)
          steps.push(...reduceSteps(kind, left, [1], base + partials[k]!, at(node), base + passes[k]!));
      });
      return steps;
    },
  };
}

/** A group that only reduces what lies in memory. */
function lowerReductions(reductions: readonly Tensor[]): Pick<Lowered, 'workspaceBytes' | 'encode'> {
  const workspace = new Workspace();
  const spaces = reductions.map((node) => workspace.take(reduceWorkspace(node) / 4));
  return {
    workspaceBytes: workspace.bytes,
    encode: (at, base) =>
      reductions.flatMap((node, k) => {
        const operand = node.inputs[0]!;
        return reduceSteps(
          node.op as 'sum' | 'max',
          operand.shape,
          node.attributes<'sum'>().axes,
          at(operand),
          at(node),
          base + spaces[k]!,
        );
      }),
  };
}
