/**
 * What lowering makes of a piece of work: steps of the engine, to be encoded once addresses are known.
 */
import type { Tensor } from '../../../graph/tensor.js';

/** Numbers of the kernels; the `switch` of `assembly/engine.ts`. */
export const kernels = {
  fused: 0,
  packPanels: 1,
  matmul: 2,
  correlate: 3,
  filterGradient: 4,
  depthwise: 5,
  depthwiseInputGradient: 6,
  depthwiseFilterGradient: 7,
  reduce: 8,
  argmax: 9,
  copyStrided: 10,
  fillWords: 11,
  gather: 12,
  scatterAdd: 13,
  oneHot: 14,
  convert: 15,
  softmax: 16,
  squash: 17,
  squashGradient: 18,
  matmulFew: 19,
  adam: 30,
  winogradFilter: 40,
  winogradForward: 41,
  winogradInputGradient: 42,
  winogradTransforms: 43,
  winogradFilterProducts: 44,
  winogradFilterAdjoint: 45,
  winogradFilterNine: 46,
  winogradProducts: 47,
  winogradOutputs: 48,
  winogradInputAdjoints: 49,
  winogradFilterAdjointNine: 50,
} as const;

/** A kernel of the engine, or `host`: a function of this thread, run between the steps of the engine. */
export type KernelName = keyof typeof kernels | 'host';

/** One step of a program: a kernel and the 32-bit words of its arguments. */
export interface Step {
  readonly kernel: KernelName;
  readonly words: readonly number[];
  /** The function of a `host` step; it is given the engine's memory. */
  readonly host?: (memory: ArrayBufferLike) => void;
}

/** Address of a tensor's memory. */
export type AddressOf = (node: Tensor) => number;

/** Rounds of steps that run one after the other, each after all threads have finished the one before. The steps of a round do not need each other. */
export interface Lowered {
  /** What a profile calls it. */
  readonly label: string;
  readonly shape: readonly number[];
  /** Floating-point operations, counted as the plain algorithm would; 0 where that means nothing. */
  readonly operations: number;
  /** Bytes that the steps need to themselves. */
  readonly workspaceBytes: number;
  readonly encode: (at: AddressOf, workspace: number) => readonly (Step | readonly Step[])[];
}

const bits = new DataView(new ArrayBuffer(4));

/** A float32 as the word that carries it. */
export function floatWord(value: number): number {
  bits.setFloat32(0, value, true);
  return bits.getInt32(0, true);
}

/** Hands out addresses inside a workspace, 64-byte aligned, and counts what was asked for. */
export class Workspace {
  bytes = 0;

  /** Offset of `count` 4-byte words. */
  take(count: number): number {
    const offset = this.bytes;
    this.bytes += Math.ceil((Math.max(count, 1) * 4) / 64) * 64;
    return offset;
  }
}

/** Step that copies a block of axes between strided arrays, strides in elements. Axes of length 1 are dropped, neighbours that lie together joined. */
export function copyStep(
  from: number,
  to: number,
  lengths: readonly number[],
  fromStrides: readonly number[],
  toStrides: readonly number[],
): Step {
  let axes = lengths
    .map((length, k) => ({ length, from: fromStrides[k]!, to: toStrides[k]! }))
    .filter(({ length }) => length !== 1);
  axes = axes.reduce<typeof axes>((joined, axis) => {
    const before = joined.at(-1);
    if (before && before.from === axis.from * axis.length && before.to === axis.to * axis.length)
      joined[joined.length - 1] = { ...axis, length: before.length * axis.length };
    else joined.push(axis);
    return joined;
  }, []);
  if (axes.length === 0) axes = [{ length: 1, from: 1, to: 1 }];
  if (axes.length > 6) throw new Error(`copy: ${axes.length} independent axes, at most 6 are supported`);
  const padded = (pick: (axis: (typeof axes)[number]) => number): number[] =>
    Array.from({ length: 6 }, (_, k) => (k < axes.length ? pick(axes[k]!) : 0));
  return {
    kernel: 'copyStrided',
    words: [
      from,
      to,
      axes.length,
      ...padded((axis) => axis.length),
      ...padded((axis) => axis.from),
      ...padded((axis) => axis.to),
    ],
  };
}

export const fillStep = (to: number, count: number, value: number): Step => ({
  kernel: 'fillWords',
  words: [to, count, floatWord(value)],
});
