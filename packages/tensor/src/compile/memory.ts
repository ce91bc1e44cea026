/**
 * The memory plan: where each buffer lies in the arena, so that buffers that are never alive at the same step share
 * addresses. Greedy by size: the largest buffer first, each at the lowest offset where it overlaps no
 * buffer that is alive at the same time.
 */

/** Cache line; also the largest vector. */
export const alignment = 64;

export interface BufferRequest {
  readonly bytes: number;
  /** First and last step at which the contents matter, inclusive. */
  readonly first: number;
  readonly last: number;
}

export interface MemoryPlan {
  /** Byte offset of each request. */
  readonly offsets: readonly number[];
  /** Bytes of the whole arena. */
  readonly total: number;
}

export const align = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;

export function planMemory(requests: readonly BufferRequest[]): MemoryPlan {
  const order = requests
    .map((_, index) => index)
    .sort((a, b) => requests[b]!.bytes - requests[a]!.bytes || a - b);
  const offsets = new Array<number>(requests.length).fill(0);
  const placed: { from: number; to: number; first: number; last: number }[] = [];
  let total = 0;
  for (const index of order) {
    const { bytes, first, last } = requests[index]!;
    const size = align(Math.max(bytes, 4));
    let offset = 0;
    // `placed` is sorted by address: the first gap that is wide enough is the lowest.
    for (const other of placed) {
      if (other.first > last || other.last < first) continue;
      if (other.from >= offset + size) break;
      offset = Math.max(offset, other.to);
    }
    offsets[index] = offset;
    const at = placed.findIndex((other) => other.from > offset);
    placed.splice(at < 0 ? placed.length : at, 0, { from: offset, to: offset + size, first, last });
    total = Math.max(total, offset + size);
  }
  return { offsets, total };
}
