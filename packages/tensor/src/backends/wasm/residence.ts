/**
 * Values that live in a plan's memory.
 *
 * A result stays where the kernels wrote it. It is copied to the host only when somebody reads it, or when the plan is about
 * to overwrite it and it has not been donated: so parameters that travel from step to step by donation are never copied, and
 * every value stays valid for as long as anyone holds it.
 */
import type { DType, TypedArray } from '../../dtype.js';
import type { Value } from '../../graph/value.js';

/** Memory that grows: views are taken anew for each access, since growth detaches them. */
export interface Heap {
  readonly buffer: ArrayBufferLike;
}

/** A stretch of a heap that holds one tensor. */
export interface Slot {
  /** Byte offset in the heap. */
  readonly address: number;
  /** Elements. */
  readonly length: number;
  readonly dtype: DType;
}

export const viewOf = (heap: Heap, { address, length, dtype }: Slot): Float32Array | Int32Array =>
  dtype === 'int32'
    ? new Int32Array(heap.buffer, address, length)
    : new Float32Array(heap.buffer, address, length);

/** Contents that lie in a slot until they are evicted. */
export class ResidentValue implements Value {
  /** The contents after they have moved. */
  #host: TypedArray | undefined;
  #abandoned = false;

  constructor(
    readonly heap: Heap,
    readonly slot: Slot,
  ) {}

  /** Where the contents are, while they are there. */
  get location(): Slot | undefined {
    return this.#host ? undefined : this.slot;
  }

  read(): TypedArray {
    // A copy for whoever reads: to keep it here would double the memory of every result that was looked at.
    return this.#host ?? viewOf(this.heap, this.slot).slice();
  }

  /** Makes room: the contents move to the host. */
  evict(): void {
    if (!this.#abandoned) this.#host ??= this.read();
  }

  abandon(): void {
    this.#abandoned = true;
  }
}
