/**
 * From a data set's bytes to the tensors that a model takes: shuffled, scaled, augmented. Every batch is a function of the key, the epoch and its
 * place, so that the same seed sees the same images in the same order, whatever came before.
 */
import type { Batch } from '@capsnet/capsules';
import {
  drawMnistAugmentation,
  imageSize,
  mnistAugmenter,
  mnistDivisor,
  oneHot,
  permutation,
  scaleImages,
  type ImageDataset,
} from '@capsnet/datasets';
import { foldIn, tensor, type RandomKey, type Tensor } from '@capsnet/tensor';

/** Images a batch when testing. Fixed, so that a test repeats to the last bit. */
export const testBatchSize = 100;

export interface TrainingOrder {
  readonly batchSize: number;
  readonly augment: boolean;
  readonly key: RandomKey;
  /** From 0. */
  readonly epoch: number;
}

/** The whole split once, in the order of the epoch; the last batch may be smaller. */
export function* trainingBatches(
  split: ImageDataset,
  { batchSize, augment, key, epoch }: TrainingOrder,
): Generator<Batch> {
  const order = permutation(foldIn(foldIn(key, 0), epoch), split.count);
  const distortions = foldIn(foldIn(key, 1), epoch);
  const augmenter = augment ? mnistAugmenter(split.shape) : undefined;
  const size = imageSize(split.shape);
  for (let start = 0; start < split.count; start += batchSize) {
    const indices = order.subarray(start, start + batchSize);
    const pixels = scaledPixels(split, indices);
    if (augmenter) {
      indices.forEach((index, position) => {
        const image = pixels.subarray(position * size, (position + 1) * size);
        augmenter(image, drawMnistAugmentation(foldIn(distortions, index), split.shape), image);
      });
    }
    yield toBatch(split, indices, pixels);
  }
}

/** The whole split once, in its own order, as it is. */
export function* testBatches(split: ImageDataset): Generator<Batch> {
  for (let start = 0; start < split.count; start += testBatchSize) {
    const indices = Array.from(
      { length: Math.min(testBatchSize, split.count - start) },
      (_, offset) => start + offset,
    );
    yield toBatch(split, indices, scaledPixels(split, indices));
  }
}

/** Images as a model takes them: [count, height, width, channels]. */
export const imagesTensor = (split: ImageDataset, indices: ArrayLike<number>): Tensor =>
  tensor(scaledPixels(split, indices), [indices.length, ...split.shape]);

/** value / 256, as the reference scales MNIST. */
function scaledPixels(split: ImageDataset, indices: ArrayLike<number>): Float32Array {
  const size = imageSize(split.shape);
  const pixels = new Float32Array(indices.length * size);
  for (let position = 0; position < indices.length; position++) {
    const from = indices[position]! * size;
    scaleImages(
      split.images.subarray(from, from + size),
      mnistDivisor,
      pixels.subarray(position * size, (position + 1) * size),
    );
  }
  return pixels;
}

function toBatch(split: ImageDataset, indices: ArrayLike<number>, pixels: Float32Array): Batch {
  const labels = Array.from(indices, (index) => split.labels[index]!);
  return {
    images: tensor(pixels, [indices.length, ...split.shape]),
    labels: tensor(oneHot(labels, 1, split.classes), [indices.length, split.classes]),
  };
}
