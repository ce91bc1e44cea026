/** Which images come when: seeded orders, batch ranges, splits and limits. All are functions of a key and of counts. */
import { foldIn, permutation, type RandomKey } from '../random.js';
import { contentHashes } from '../values/hash.js';
import { subset, type ImageDataset } from '../values/dataset.js';
import type { Shard } from './recipe.js';

/** The order of an epoch: a permutation of 0..count-1 that depends on (key, epoch), or the identity without shuffling. */
export const epochOrder = (key: RandomKey, epoch: number, count: number, shuffle = true): Uint32Array =>
  shuffle ? permutation(foldIn(key, epoch), count) : Uint32Array.from({ length: count }, (_, index) => index);

/** Positions start..end-1 of an epoch's order. */
export interface BatchRange {
  readonly start: number;
  readonly end: number;
}

/** How many batches an epoch has; without `dropLast` the last one may be smaller. */
export const batchCount = (count: number, batchSize: number, dropLast = false): number =>
  dropLast ? Math.floor(count / batchSize) : Math.ceil(count / batchSize);

/** The batches of an epoch. */
export const batchRanges = (count: number, batchSize: number, dropLast = false): BatchRange[] =>
  Array.from({ length: batchCount(count, batchSize, dropLast) }, (_, batch) => ({
    start: batch * batchSize,
    end: Math.min(count, (batch + 1) * batchSize),
  }));

/** The part of a batch that one of several processes takes. */
export interface ShardRange extends BatchRange {
  /** Images of the whole batch. */
  readonly whole: number;
  /** False when the batch has fewer images than there are processes and none is left for this one: the first then stands in, and must not be counted. */
  readonly counted: boolean;
}

/**
 * The part of a batch that is a process's: one after the other, and no part larger than another by more than one image. Together they are the batch,
 * whatever the number of processes; without `shard` the part is all of it.
 *
 * @throws RangeError unless rank and size are whole numbers with 0 <= rank < size
 */
export function shardOf({ start, end }: BatchRange, shard: Shard = { rank: 0, size: 1 }): ShardRange {
  const { rank, size } = shard;
  if (!(Number.isInteger(rank) && Number.isInteger(size) && rank >= 0 && rank < size)) {
    throw new RangeError(`shardOf: there is no process ${rank} of ${size}. They count from 0.`);
  }
  const whole = end - start;
  const from = start + Math.floor((whole * rank) / size);
  const to = start + Math.floor((whole * (rank + 1)) / size);
  return from < to
    ? { start: from, end: to, whole, counted: true }
    : { start, end: start + 1, whole, counted: false };
}

/** The numbers of the images of each class, by their first label, in a seeded order. */
function shuffledClasses(dataset: ImageDataset, key: RandomKey): number[][] {
  const members = Array.from({ length: dataset.classes }, (): number[] => []);
  for (const index of permutation(key, dataset.count)) {
    members[dataset.labels[index * dataset.labelsPerImage]!]!.push(index);
  }
  return members;
}

/**
 * How many of each class to take so that they are `wanted` together and in proportion (largest remainders; ties to the lower class).
 */
function proportions(sizes: readonly number[], wanted: number): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const exact = sizes.map((size) => (size * wanted) / total);
  const taken = exact.map(Math.floor);
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value - Math.floor(value) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  let missing = wanted - taken.reduce((sum, count) => sum + count, 0);
  for (const { index } of byRemainder) {
    if (missing <= 0) break;
    if (taken[index]! < sizes[index]!) {
      taken[index]! += 1;
      missing--;
    }
  }
  return taken;
}

/**
 * `wanted` image numbers chosen by the key, each class in proportion, in ascending order.
 * @throws RangeError when the data set has fewer images
 */
export function stratifiedSample(dataset: ImageDataset, wanted: number, key: RandomKey): Uint32Array {
  if (!(Number.isInteger(wanted) && wanted >= 0 && wanted <= dataset.count)) {
    throw new RangeError(
      `stratifiedSample: ${wanted} images of ${dataset.name}, which has ${dataset.count}. Ask for a whole number up to that.`,
    );
  }
  const members = shuffledClasses(dataset, key);
  const taken = proportions(
    members.map((group) => group.length),
    wanted,
  );
  return Uint32Array.from(members.flatMap((group, label) => group.slice(0, taken[label]))).sort();
}

/** How images are chosen that are held out. */
export interface SplitOptions {
  /** Each class loses the same share (default), or images are drawn whatever their class. */
  readonly stratified?: boolean;
}

/**
 * Holds images out, seeded: for validation, so that what chooses among weights has never trained them. `held` is a count, or a share when
 * below 1; both parts keep the order of the data set. An image that stands in a data set twice must not stand on both sides, so copies
 * of held-out images are left out of the kept part, which is then that much smaller (Fashion-MNIST has such copies).
 * @throws RangeError when nothing would be left on either side
 */
export function splitOff(
  dataset: ImageDataset,
  held: number,
  key: RandomKey,
  { stratified = true }: SplitOptions = {},
): { kept: ImageDataset; held: ImageDataset } {
  const wanted = held < 1 ? Math.round(dataset.count * held) : held;
  if (!(Number.isInteger(wanted) && wanted >= 1 && wanted < dataset.count)) {
    throw new RangeError(
      `splitOff: ${held} of the ${dataset.count} images of ${dataset.name} would leave a part empty. Hold out between 1 and ${dataset.count - 1}.`,
    );
  }
  const chosen = stratified
    ? stratifiedSample(dataset, wanted, key)
    : permutation(key, dataset.count).slice(0, wanted).sort();
  const hashes = contentHashes(dataset);
  const heldContents = new Set(Array.from(chosen, (index) => hashes[index]!));
  const rest = Uint32Array.from({ length: dataset.count }, (_, index) => index).filter(
    (index) => !heldContents.has(hashes[index]!),
  );
  if (rest.length === 0) {
    throw new RangeError(
      `splitOff: every image of ${dataset.name} is a copy of one of the ${wanted} held out. Take images that differ.`,
    );
  }
  return { kept: subset(dataset, rest), held: subset(dataset, chosen) };
}

/**
 * At most `count` images: the first ones, or with a key a stratified sample (for data that is sorted by class).
 * @throws RangeError unless count is a whole number of at least 1
 */
export function limit(dataset: ImageDataset, count: number | undefined, key?: RandomKey): ImageDataset {
  if (count === undefined) return dataset;
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`limit: ${count} images of ${dataset.name}. Ask for a whole number of at least 1.`);
  }
  if (count >= dataset.count) return dataset;
  const chosen = key
    ? stratifiedSample(dataset, count, key)
    : Uint32Array.from({ length: count }, (_, index) => index);
  return subset(dataset, chosen);
}
