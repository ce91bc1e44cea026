/**
 * From examples to the tensors that a model takes. Another thread makes the batches, ahead of the engine. Which images stand in a batch,
 * and how each is distorted, is a function of the key, the epoch and the step alone: the same seed sees the same images in the same
 * order, whatever came before.
 */
import type { Batch } from '@capsnet/capsules';
import {
  createPipeline,
  imageSize,
  oneHot,
  type Batch as HostBatch,
  type BatchLayout,
  type ImageShape,
  type Shard,
} from '@capsnet/datasets';
import { prefetch, type Prefetcher } from '@capsnet/datasets/node';
import { tensor, type RandomKey, type Tensor } from '@capsnet/tensor';
import type { ExampleSet } from './examples.js';

/** Images a batch when testing, of the sizes of the papers: larger ones are hardly faster and take more memory. */
export const testBatchSize = 16;

/**
 * Images a batch when testing images of a shape: fewer of large ones, so that a test needs no more memory than the training. It depends on nothing else, so that
 * a test repeats to the last bit.
 */
export const testBatchSizeOf = (shape: ImageShape): number =>
  Math.min(testBatchSize, Math.max(8, Math.floor((testBatchSize * 4608) / imageSize(shape))));

/** Of everything that is drawn when testing (which digits are overlaid, and where): the same in every test. */
const testKey: RandomKey = [0, 0];

export interface TrainingOrder {
  /** Of the whole batch, when several processes share it. */
  readonly batchSize: number;
  readonly key: RandomKey;
  /** The first epoch (from 0) whose images are not distorted. */
  readonly undistortedFrom?: number | undefined;
  /** Which of these processes this one is. */
  readonly shard?: Shard | undefined;
}

export interface TrainingBatches {
  readonly stepsPerEpoch: number;
  /** The shuffled batches of an epoch (from 0), the last of which may be smaller; from a step on, to resume. One epoch at a time. */
  epoch(epoch: number, fromStep?: number): AsyncGenerator<Batch, void, undefined>;
  /** Ends the thread. */
  close(): Promise<void>;
}

/** The training batches of a set. The thread starts with the first epoch, and goes on to the next ones by itself. */
export function trainingBatches(
  set: ExampleSet,
  { batchSize, key, undistortedFrom = Infinity, shard }: TrainingOrder,
): TrainingBatches {
  const { source, recipe } = set;
  const options = {
    key,
    batchSize,
    undistortedFrom,
    ...(shard ? { shard: { rank: shard.rank, size: shard.size } } : {}),
  };
  const { stepsPerEpoch } = createPipeline(source, recipe, options);
  let ahead: { readonly batches: Prefetcher; epoch: number; step: number } | undefined;
  const close = async () => {
    await ahead?.batches.close();
    ahead = undefined;
  };
  return {
    stepsPerEpoch,
    async *epoch(epoch, fromStep = 0) {
      if (fromStep === stepsPerEpoch) return; // stopped between the last step of an epoch and its test
      if (ahead?.epoch !== epoch || ahead.step !== fromStep) {
        await close();
        const batches = prefetch(source, recipe, { ...options, from: { epoch, step: fromStep } });
        ahead = { batches, epoch, step: fromStep };
      }
      const reader = ahead;
      for (let step = fromStep; step < stepsPerEpoch; step++) {
        const made = await reader.batches.next();
        const batch = toTensors(reader.batches, made);
        const { whole, counted } = made;
        const last = step + 1 === stepsPerEpoch;
        [reader.epoch, reader.step] = last ? [epoch + 1, 0] : [epoch, step + 1];
        yield shard ? { ...batch, part: { whole, counted } } : batch;
      }
    },
    close,
  };
}

/** A batch for testing, with its labels as numbers: `labelsPerImage` an image, -1 for none. */
export interface TestBatch {
  readonly batch: Batch;
  readonly count: number;
  readonly labels: Int32Array;
}

/** All examples of a set once, in their order, from another thread. */
export async function* testBatches(set: ExampleSet): AsyncGenerator<TestBatch, void, undefined> {
  const batchSize = Math.min(testBatchSizeOf(set.shape), set.count);
  const reader = prefetch(set.source, set.recipe, { key: testKey, batchSize, shuffle: false });
  try {
    for (let step = 0; step < reader.stepsPerEpoch; step++) {
      const batch = await reader.next();
      yield { batch: toTensors(reader, batch), count: batch.count, labels: batch.labels.slice() };
    }
  } finally {
    await reader.close();
  }
}

/** The examples with the given numbers, in that order, as `testBatches` shows them. For a few, on this thread. */
export function testExamples(set: ExampleSet, indices: readonly number[]): TestBatch {
  const pipeline = createPipeline(set.source, set.recipe, { key: testKey, batchSize: 1, shuffle: false });
  const single = indices.map((step) => pipeline.batchAt({ epoch: 0, step }));
  const joined = (part: 'images' | 'oneHot' | 'targets') =>
    Float32Array.from(single.flatMap((batch) => [...batch[part]]));
  const labels = Int32Array.from(single.flatMap((batch) => [...batch.labels]));
  const count = indices.length;
  const host = { images: joined('images'), oneHot: joined('oneHot'), targets: joined('targets'), labels };
  const whole = { ...host, epoch: 0, step: 0, count, whole: count, counted: true };
  return { batch: toTensors(pipeline, whole), count, labels };
}

/** Copies of a batch as tensors: the thread will write over what it lent. */
function toTensors(layout: BatchLayout, batch: HostBatch): Batch {
  const { shape, classes, labelsPerImage, targetsPerImage } = layout;
  const { images, labels, targets, count } = batch;
  const pictures = (values: Float32Array): Tensor => tensor(values, [count, ...shape]);
  const vectors = (values: Float32Array): Tensor => tensor(values, [count, classes]);
  if (targetsPerImage !== 2) {
    return {
      images: pictures(images.slice()),
      labels: vectors(batch.oneHot.slice()),
      ...(targetsPerImage === 1 ? { targets: pictures(targets.slice()) } : {}),
      ...(labelsPerImage > 1 ? { severalLabels: true as const } : {}),
    };
  }
  const size = imageSize(shape);
  const labelsOf = (which: number): Tensor =>
    vectors(
      oneHot(
        Int32Array.from({ length: count }, (_, row) => labels[row * labelsPerImage + which]!),
        1,
        classes,
      ),
    );
  const targetsOf = (which: number): Tensor => {
    const out = new Float32Array(count * size);
    for (let row = 0; row < count; row++) {
      const from = (2 * row + which) * size;
      out.set(targets.subarray(from, from + size), row * size);
    }
    return pictures(out);
  };
  return {
    images: pictures(images.slice()),
    labels: labelsOf(0),
    secondLabels: labelsOf(1),
    targets: targetsOf(0),
    secondTargets: targetsOf(1),
  };
}
