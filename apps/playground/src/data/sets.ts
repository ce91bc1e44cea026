/** Sets of images: digits that are generated when the page opens, and files that are dropped on it. */
import { digits, digitNames } from '@capsnet/datasets';
import type { RawImages } from '../protocol.js';
import { fromBytes, pixels } from '../pictures/picture.js';

export interface ImageSet {
  readonly name: string;
  readonly count: number;
  readonly classNames: readonly string[];
  readonly labels: ArrayLike<number>;
  /** Image `index`, 0 to 1. */
  picture(index: number): Float32Array;
}

/** Images that the gallery shows of a large set. */
const most = 2000;
const generatedCount = 320;

/** The first digits of the generated test split: the same on every machine, never trained on. */
export function generatedSet(): ImageSet {
  const { images, labels, count } = digits({ split: 'test', count: generatedCount });
  return setOf('digits', images as Uint8Array, labels, count, digitNames);
}

/** A dropped set. */
export const droppedSet = ({ name, images, labels, classNames }: RawImages): ImageSet =>
  setOf(name, images, labels, Math.min(most, labels.length), classNames);

const setOf = (
  name: string,
  images: Uint8Array,
  labels: ArrayLike<number>,
  count: number,
  classNames: readonly string[],
): ImageSet => ({
  name,
  count,
  classNames,
  labels,
  picture: (index) => fromBytes(images.subarray(index * pixels, (index + 1) * pixels)),
});
