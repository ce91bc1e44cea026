/** What a plan becomes: calls of kernels, one after the other, over flat arrays. */
import type { Tensor } from '../../../graph/tensor.js';
import type { Kernel } from '../kernels/text.js';

/** A flat array of numbers on the device. */
export class Place {
  constructor(
    readonly size: number,
    /** What lies there, for listings. */
    readonly label: string,
  ) {}
}

export interface Call {
  readonly kernel: Kernel;
  readonly inputs: readonly Place[];
  readonly output: Place;
  /** Shape of the result, for listings. */
  readonly shape: readonly number[];
}

/** The places of tensors, and the calls so far. */
export interface Site {
  /** Where a tensor lies; a reshape lies where its operand does. */
  place(node: Tensor): Place;
  /** Adds the call that makes a tensor. */
  emit(kernel: Kernel, inputs: readonly Place[], result: Tensor): void;
  /** Adds a call whose result only later calls of the same work read. */
  emitTemporary(kernel: Kernel, inputs: readonly Place[]): Place;
}

/**
 * Arrays that a kernel may read: WebGPU promises 8 storage buffers a stage, one of which is the result. (WebGL2 promises 16 textures.)
 */
export const mostInputs = 7;
