/**
 * Batches with random access: batch `step` of epoch `epoch` is a function of (data set, recipe, options, epoch, step), whatever was made
 * before it. So a resumed run, another thread or another order of evaluation gets the same bits.
 */
import { foldIn, type RandomKey } from '../random.js';
import { imageSize, oneHot, type ImageDataset, type ImageShape } from '../values/dataset.js';
import { examplesOf } from './examples.js';
import { batchCount, epochOrder, shardOf, type ShardRange } from './order.js';
import { undistorted, type BatchOptions, type Recipe } from './recipe.js';

/** Memory for a batch, given by the caller. */
export interface BatchBuffers {
  /** batchSize x H x W x C. */
  readonly images: Float32Array;
  /** batchSize x labelsPerImage; -1: no label. */
  readonly labels: Int32Array;
  /** batchSize x classes: the sum of the one-hot labels. */
  readonly oneHot: Float32Array;
  /** batchSize x targetsPerImage x H x W x C; of length 0 when the targets are the images. */
  readonly targets: Float32Array;
}

/** Where in the training a batch stands. */
export interface BatchPosition {
  readonly epoch: number;
  readonly step: number;
}

/** A filled batch. A last batch may have `count` < batchSize; its arrays then are that much shorter. */
export interface Batch extends BatchBuffers, BatchPosition {
  readonly count: number;
  /** With `shard`: images of the batch that this is a part of; otherwise `count`. */
  readonly whole: number;
  /** With `shard`: false for an image that only stands in, see `shardOf`. */
  readonly counted: boolean;
}

/** The sizes of a pipeline's batches. */
export interface BatchLayout {
  readonly shape: ImageShape;
  readonly classes: number;
  readonly labelsPerImage: number;
  readonly targetsPerImage: number;
  /** Examples in a full batch; with `shard`, in the largest part of one. */
  readonly batchSize: number;
}

/** Batches with random access: a batch is a function of its position alone. */
export interface Pipeline extends BatchLayout {
  /** Examples in an epoch. */
  readonly count: number;
  readonly stepsPerEpoch: number;
  /** The places in the epoch's order that a batch takes. */
  range(step: number): ShardRange;
  /** Fills the buffers and returns the number of examples. Throws RangeError outside the epoch or for small buffers. */
  fill(position: BatchPosition, out: BatchBuffers): number;
  /** The batch in buffers of its own. */
  batchAt(position: BatchPosition): Batch;
}

/** The number of values of each part of a full batch. */
export function batchSizes(layout: BatchLayout): Readonly<Record<keyof BatchBuffers, number>> {
  const { batchSize, shape, labelsPerImage, classes, targetsPerImage } = layout;
  const images = batchSize * imageSize(shape);
  return {
    images,
    labels: batchSize * labelsPerImage,
    oneHot: batchSize * classes,
    targets: images * targetsPerImage,
  };
}

/** Buffers for full batches. */
export function batchBuffers(layout: BatchLayout): BatchBuffers {
  const sizes = batchSizes(layout);
  return {
    images: new Float32Array(sizes.images),
    labels: new Int32Array(sizes.labels),
    oneHot: new Float32Array(sizes.oneHot),
    targets: new Float32Array(sizes.targets),
  };
}

/** Views of the first `count` examples of full buffers. */
export function firstExamples(layout: BatchLayout, buffers: BatchBuffers, count: number): BatchBuffers {
  if (count === layout.batchSize) return buffers;
  const sizes = batchSizes({ ...layout, batchSize: count });
  return {
    images: buffers.images.subarray(0, sizes.images),
    labels: buffers.labels.subarray(0, sizes.labels),
    oneHot: buffers.oneHot.subarray(0, sizes.oneHot),
    targets: buffers.targets.subarray(0, sizes.targets),
  };
}

const streams = { order: 1, examples: 2 } as const;

/**
 * Batches of a data set: any batch of any epoch at any time, the same bits for the same key.
 *
 * @throws RangeError for a batch size that is not a whole number from 1, or an epoch without batches.
 */
export function createPipeline(dataset: ImageDataset, recipe: Recipe, options: BatchOptions): Pipeline {
  const { key, batchSize, shuffle = true, dropLast = false, undistortedFrom = Infinity, shard } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new RangeError(
      `createPipeline: batch size ${batchSize} is not a whole number from 1. Give such a number.`,
    );
  }
  const examples = examplesOf(dataset, recipe);
  const plain = undistortedFrom === Infinity ? examples : examplesOf(dataset, undistorted(recipe));
  const stepsPerEpoch = batchCount(examples.count, batchSize, dropLast);
  if (stepsPerEpoch === 0) {
    throw new RangeError(
      `createPipeline: ${examples.count} examples of ${dataset.name} do not fill a batch of ${batchSize}, and partial batches are dropped. Take a smaller batch.`,
    );
  }
  const { shape, classes, labelsPerImage, targetsPerImage, count } = examples;
  const range = (step: number): ShardRange =>
    shardOf({ start: step * batchSize, end: Math.min(count, (step + 1) * batchSize) }, shard);
  const rows = Math.ceil(batchSize / (shard?.size ?? 1));
  const layout: BatchLayout = { shape, classes, labelsPerImage, targetsPerImage, batchSize: rows };
  const size = imageSize(shape);
  const full = batchSizes(layout);

  // The order of the last epoch asked for, and the key of its examples: a memory of what (key, epoch) determines.
  let known: { epoch: number; order: Uint32Array; exampleKey: RandomKey } | undefined;
  const epochAt = (epoch: number) => {
    if (known?.epoch !== epoch) {
      const order = epochOrder(foldIn(key, streams.order), epoch, count, shuffle);
      known = { epoch, order, exampleKey: foldIn(foldIn(key, streams.examples), epoch) };
    }
    return known;
  };

  const fill = ({ epoch, step }: BatchPosition, out: BatchBuffers): number => {
    if (!(step >= 0 && step < stepsPerEpoch)) {
      throw new RangeError(
        `batch ${step} of epoch ${epoch}: an epoch has the batches 0..${stepsPerEpoch - 1}. Ask for one of them.`,
      );
    }
    for (const part of ['images', 'labels', 'oneHot', 'targets'] as const) {
      if (out[part].length < full[part]) {
        throw new RangeError(
          `batch ${step}: ${part} has room for ${out[part].length} values, ${full[part]} wanted. Use batchBuffers.`,
        );
      }
    }
    const { order, exampleKey } = epochAt(epoch);
    const maker = epoch < undistortedFrom ? examples : plain;
    const { start, end } = range(step);
    const filled = end - start;
    for (let row = 0; row < filled; row++) {
      const index = order[start + row]!;
      maker.make(
        index,
        foldIn(exampleKey, index),
        out.images.subarray(row * size, (row + 1) * size),
        out.labels.subarray(row * labelsPerImage, (row + 1) * labelsPerImage),
        out.targets.subarray(row * size * targetsPerImage, (row + 1) * size * targetsPerImage),
      );
    }
    oneHot(
      out.labels.subarray(0, filled * labelsPerImage),
      labelsPerImage,
      classes,
      out.oneHot.subarray(0, filled * classes),
    );
    return filled;
  };
  return {
    ...layout,
    count,
    stepsPerEpoch,
    range,
    fill,
    batchAt(position) {
      const buffers = batchBuffers(layout);
      const filled = fill(position, buffers);
      const { whole, counted } = range(position.step);
      return { ...firstExamples(layout, buffers, filled), ...position, count: filled, whole, counted };
    },
  };
}

/** The batches of one epoch in order. Each has buffers of its own. */
export function* batchesOfEpoch(
  pipeline: Pipeline,
  epoch: number,
  fromStep = 0,
): Generator<Batch, void, undefined> {
  for (let step = fromStep; step < pipeline.stepsPerEpoch; step++) yield pipeline.batchAt({ epoch, step });
}
