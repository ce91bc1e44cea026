/** Many tensors, few sums: small tensors travel together, because every sum costs a round through the network whatever its size. */

/** Elements that make a bucket full: 1 MiB of float32. A 10 Gbit/s network takes 1 ms for it, some twenty times its latency. */
export const bucketElements = 2 ** 18;

/**
 * Puts tensors into buckets, in their order: a full bucket is closed, and a tensor that would fill one by itself has its own, so that it is summed from where it lies.
 *
 * @param sizes elements of each tensor
 * @returns the positions in each bucket
 */
export function bucketsOf(sizes: readonly number[], full = bucketElements): number[][] {
  const buckets: number[][] = [];
  let open: number[] = [];
  let filled = 0;
  sizes.forEach((size, position) => {
    if (size >= full) {
      buckets.push([position]);
      return;
    }
    open.push(position);
    filled += size;
    if (filled < full) return;
    buckets.push(open);
    [open, filled] = [[], 0];
  });
  return open.length > 0 ? [...buckets, open] : buckets;
}
