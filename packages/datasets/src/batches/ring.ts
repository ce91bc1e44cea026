/**
 * The shared memory between the thread that makes batches and the one that uses them: a ring of slots, each with room for a batch, and
 * four counters. The maker fills slot `produced % slots` while produced - consumed < slots; the user reads slot
 * `consumed % slots` while consumed < produced. Nothing is copied between them, and neither side spins: the maker sleeps on `consumed`,
 * and the user, who may not block its thread, says by `waiting` that it wants a message with the next batch.
 */
import { batchSizes, type BatchBuffers, type BatchLayout } from './pipeline.js';

/** The places of the counters. */
export const counter = { produced: 0, consumed: 1, closed: 2, waiting: 3 } as const;

/** What travels to the worker: shared buffers only. */
export interface Ring {
  readonly slots: number;
  readonly counters: SharedArrayBuffer;
  readonly images: SharedArrayBuffer;
  readonly labels: SharedArrayBuffer;
  readonly oneHot: SharedArrayBuffer;
  readonly targets: SharedArrayBuffer;
}

export function createRing(layout: BatchLayout, slots: number): Ring {
  const sizes = batchSizes(layout);
  const room = (values: number) => new SharedArrayBuffer(4 * values * slots);
  return {
    slots,
    counters: new SharedArrayBuffer(4 * Object.keys(counter).length),
    images: room(sizes.images),
    labels: room(sizes.labels),
    oneHot: room(sizes.oneHot),
    targets: room(sizes.targets),
  };
}

/** The buffers of each slot. */
export function ringSlots(layout: BatchLayout, ring: Ring): BatchBuffers[] {
  const sizes = batchSizes(layout);
  return Array.from({ length: ring.slots }, (_, slot) => ({
    images: new Float32Array(ring.images, 4 * slot * sizes.images, sizes.images),
    labels: new Int32Array(ring.labels, 4 * slot * sizes.labels, sizes.labels),
    oneHot: new Float32Array(ring.oneHot, 4 * slot * sizes.oneHot, sizes.oneHot),
    targets: new Float32Array(ring.targets, 4 * slot * sizes.targets, sizes.targets),
  }));
}
