/**
 * From a data set to the tensors that a model takes. Which images stand in a batch, and how each is distorted, is a function of the key, the epoch and
 * the step alone: the same seed sees the same images in the same order, whatever came before.
 */
import type { Batch } from '@capsnet/capsules';
import {
  batchesOfEpoch,
  createPipeline,
  mnistDivisor,
  type Batch as HostBatch,
  type ImageDataset,
  type Pipeline,
  type Recipe,
} from '@capsnet/datasets';
import { tensor, type RandomKey, type Tensor } from '@capsnet/tensor';

/** Images a batch when testing. Fixed, so that a test repeats to the last bit. */
export const testBatchSize = 100;

export interface TrainingOrder {
  readonly batchSize: number;
  readonly augment: boolean;
  readonly key: RandomKey;
}

/** Shuffled batches of an epoch (from 0), the last of which may be smaller. Scaled by 1/256, as the reference does with MNIST. */
export function trainingBatches(
  split: ImageDataset,
  { batchSize, augment, key }: TrainingOrder,
): (epoch: number) => Generator<Batch> {
  const recipe: Recipe = {
    kind: 'images',
    divisor: mnistDivisor,
    ...(augment ? { augment: { kind: 'mnist' } } : {}),
  };
  const pipeline = createPipeline(split, recipe, { key, batchSize });
  return (epoch) => tensors(pipeline, epoch);
}

/** The whole split once, in its own order, as it is. */
export const testBatches = (split: ImageDataset): Generator<Batch> =>
  tensors(plainPipeline(split, testBatchSize), 0);

/** All images of a (small) split as a model takes them: [count, height, width, channels]. */
export function allImages(split: ImageDataset): Tensor {
  const pipeline = plainPipeline(split, split.count);
  return toTensors(pipeline, pipeline.batchAt({ epoch: 0, step: 0 })).images;
}

const plainPipeline = (split: ImageDataset, batchSize: number): Pipeline =>
  createPipeline(
    split,
    { kind: 'images', divisor: mnistDivisor },
    { key: [0, 0], batchSize, shuffle: false },
  );

function* tensors(pipeline: Pipeline, epoch: number): Generator<Batch> {
  for (const batch of batchesOfEpoch(pipeline, epoch)) yield toTensors(pipeline, batch);
}

const toTensors = ({ shape, classes }: Pipeline, { images, oneHot, count }: HostBatch): Batch => ({
  images: tensor(images, [count, ...shape]),
  labels: tensor(oneHot, [count, classes]),
});
