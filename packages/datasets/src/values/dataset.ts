/**
 * The one value that every reader and generator returns and every pipeline takes: images and labels in flat typed arrays. It is
 * plain data, so it can be posted to a worker, and nothing in it changes after it was made.
 */
import { DataError } from '../errors.js';

/** The two halves that a data set comes in. */
export type Split = 'train' | 'test';

/** Height, width, channels. */
export type ImageShape = readonly [height: number, width: number, channels: number];

/** Images with labels, as plain data. */
export interface ImageDataset {
  readonly name: string;
  readonly split: Split;
  readonly shape: ImageShape;
  readonly count: number;
  /** count * height * width * channels values (NHWC): bytes from 0 to 255, or floats. */
  readonly images: Uint8Array | Float32Array;
  /** count * labelsPerImage class numbers. With several labels an image may have fewer: -1 fills the rest. */
  readonly labels: Uint8Array | Int32Array;
  readonly labelsPerImage: number;
  readonly classes: number;
  readonly classNames: readonly string[];
  /** What else is known of each image, `count` numbers a name, as smallNORB's elevation and azimuth. */
  readonly factors?: Readonly<Record<string, Int32Array>>;
  /** The file of each image, where each has one of its own: `count` names for messages and reports. */
  readonly sources?: readonly string[];
}

/** The number of values of one image. */
export const imageSize = ([height, width, channels]: ImageShape): number => height * width * channels;

/**
 * Checks the sizes and the labels of a data set and returns it frozen. `where` names its origin (a path) in the error.
 * Throws DataError when images, labels, factors or class names disagree with the counts, or when a label is out of range.
 */
export function imageDataset(
  parts: Omit<ImageDataset, 'labelsPerImage' | 'classes'> & { readonly labelsPerImage?: number },
  where: string = parts.name,
): ImageDataset {
  const labelsPerImage = parts.labelsPerImage ?? 1;
  const classes = parts.classNames.length;
  const { count, images, labels, factors } = parts;
  const size = imageSize(parts.shape);
  if (count < 1) throw new DataError(`${where} holds no images: give a folder or file that has some.`, where);
  if (images.length !== count * size) {
    throw new DataError(
      `${where} should hold ${count} images of ${parts.shape.join('x')} (${count * size} values) but holds ${images.length} values: get the file again.`,
      where,
    );
  }
  if (labels.length !== count * labelsPerImage) {
    throw new DataError(
      `${where} has ${count} images but labels for ${labels.length / labelsPerImage}: take images and labels of the same split.`,
      where,
    );
  }
  checkLabels(labels, labelsPerImage, classes, where);
  for (const [factor, values] of Object.entries(factors ?? {})) {
    if (values.length !== count) {
      throw new DataError(
        `${where} has ${count} images but ${values.length} values of ${factor}: get the files again.`,
        where,
      );
    }
  }
  return Object.freeze({ ...parts, labelsPerImage, classes });
}

/** Throws DataError unless every label is a class (or -1 beyond the first label of an image). */
export function checkLabels(
  labels: ArrayLike<number>,
  labelsPerImage: number,
  classes: number,
  where: string,
): void {
  for (let at = 0; at < labels.length; at++) {
    const label = labels[at]!;
    if (label >= classes || label < (at % labelsPerImage === 0 ? 0 : -1)) {
      throw new DataError(
        `${where} gives image ${Math.floor(at / labelsPerImage)} the label ${label}, but the classes go from 0 to ${classes - 1}: check that the file belongs to this data set.`,
        where,
      );
    }
  }
}

/**
 * The images with the given numbers, in that order, as a data set of its own (copied).
 *
 * @throws DataError for a number outside the data set, or no numbers at all
 */
export function subset(dataset: ImageDataset, indices: ArrayLike<number>): ImageDataset {
  const size = imageSize(dataset.shape);
  const { labelsPerImage } = dataset;
  const count = indices.length;
  const images =
    dataset.images instanceof Uint8Array ? new Uint8Array(count * size) : new Float32Array(count * size);
  const labels =
    dataset.labels instanceof Uint8Array
      ? new Uint8Array(count * labelsPerImage)
      : new Int32Array(count * labelsPerImage);
  for (let to = 0; to < count; to++) {
    const from = indices[to]!;
    if (!(from >= 0 && from < dataset.count)) {
      throw new RangeError(
        `subset: index ${from} of ${dataset.name} is outside 0..${dataset.count - 1}. Use its count.`,
      );
    }
    images.set(dataset.images.subarray(from * size, (from + 1) * size), to * size);
    labels.set(
      dataset.labels.subarray(from * labelsPerImage, (from + 1) * labelsPerImage),
      to * labelsPerImage,
    );
  }
  const pick = (values: Int32Array) => Int32Array.from(indices, (from) => values[from]!);
  const sources = dataset.sources && Array.from(indices, (from) => dataset.sources![from]!);
  const factors =
    dataset.factors &&
    Object.fromEntries(Object.entries(dataset.factors).map(([name, values]) => [name, pick(values)]));
  return Object.freeze({
    ...dataset,
    count,
    images,
    labels,
    ...(factors ? { factors } : {}),
    ...(sources ? { sources } : {}),
  });
}

/** How many images have each class (an image with several labels counts for each of them). */
export function classCounts(dataset: ImageDataset): Uint32Array {
  const counts = new Uint32Array(dataset.classes);
  for (const label of dataset.labels) if (label >= 0) counts[label]! += 1;
  return counts;
}

/**
 * Labels as vectors: `out` (count x classes) gets the sum of the one-hot vectors of the labels of each image, as the loss wants
 * them. A class that stands twice gives 2, as in the reference.
 */
export function oneHot(
  labels: ArrayLike<number>,
  labelsPerImage: number,
  classes: number,
  out: Float32Array = new Float32Array((labels.length / labelsPerImage) * classes),
): Float32Array {
  out.fill(0);
  for (let at = 0; at < labels.length; at++) {
    const label = labels[at]!;
    if (label >= 0) out[Math.floor(at / labelsPerImage) * classes + label]! += 1;
  }
  return out;
}
