/** Batches of the training in the page: generated digits or dropped files, single or overlaid. */
import type { Batch } from '@capsnet/capsules';
import {
  createPipeline,
  digits,
  imageDataset,
  mnistDivisor,
  multiMnistDivisor,
  type Batch as HostBatch,
  type ImageDataset,
  type Pipeline,
  type Recipe,
} from '@capsnet/datasets';
import { foldIn, randomKey, tensor, type Tensor } from '@capsnet/tensor';
import type { TrainingOptions } from '../protocol.js';

export interface TrainingData {
  /** Batch `step`, counted over all epochs. */
  batchAt(step: number): Batch;
  /** The batches to test on. */
  readonly validation: readonly Batch[];
}

const validationCount = 200;
const validationBatch = 50;

/** What a training learns from. Generated digits of the test split, or the last dropped images, are held out. */
export function trainingData(options: TrainingOptions, decodings: number): TrainingData {
  const { data, batchSize, seed } = options;
  const [training, testing] = 'generate' in data ? generated(data.generate) : split(data);
  const recipe: Recipe =
    decodings === 2
      ? { kind: 'multimnist', divisor: multiMnistDivisor, passes: 1, maximumShift: 6, sameClass: false }
      : { kind: 'images', divisor: mnistDivisor };
  const key = foldIn(randomKey(seed), 2);
  const pipeline = createPipeline(training, recipe, { key, batchSize, dropLast: true });
  const tests = createPipeline(testing, recipe, { key, batchSize: validationBatch, shuffle: false });
  return {
    batchAt: (step) =>
      toTensors(
        pipeline,
        pipeline.batchAt({
          epoch: Math.floor(step / pipeline.stepsPerEpoch),
          step: step % pipeline.stepsPerEpoch,
        }),
      ),
    validation: Array.from({ length: tests.stepsPerEpoch }, (_, step) =>
      toTensors(tests, tests.batchAt({ epoch: 0, step })),
    ),
  };
}

const generated = (count: number): readonly [ImageDataset, ImageDataset] => [
  digits({ split: 'train', count }),
  digits({ split: 'test', count: validationCount }),
];

function split(data: Exclude<TrainingOptions['data'], { generate: number }>): [ImageDataset, ImageDataset] {
  const size = 28 * 28;
  const count = data.labels.length;
  const held = Math.min(validationCount, Math.max(1, Math.floor(count / 5)));
  const part = (from: number, to: number, which: 'train' | 'test'): ImageDataset =>
    imageDataset({
      name: data.name,
      split: which,
      shape: [28, 28, 1],
      count: to - from,
      images: data.images.subarray(from * size, to * size),
      labels: data.labels.subarray(from, to),
      classNames: data.classNames,
    });
  return [part(0, count - held, 'train'), part(count - held, count, 'test')];
}

function toTensors(pipeline: Pipeline, batch: HostBatch): Batch {
  const { shape, classes, targetsPerImage } = pipeline;
  const { images, oneHot, labels, targets, count } = batch;
  const pictures = tensor(images, [count, ...shape]);
  if (targetsPerImage === 0) return { images: pictures, labels: tensor(oneHot, [count, classes]) };
  const size = images.length / count;
  const half = (which: 0 | 1): { labels: Tensor; targets: Tensor } => {
    const marks = new Float32Array(count * classes);
    const digit = new Float32Array(count * size);
    for (let row = 0; row < count; row++) {
      const at = 2 * row + which;
      marks[row * classes + labels[at]!] = 1;
      digit.set(targets.subarray(at * size, (at + 1) * size), row * size);
    }
    return { labels: tensor(marks, [count, classes]), targets: tensor(digit, [count, ...shape]) };
  };
  const [first, second] = [half(0), half(1)];
  return { images: pictures, ...first, secondLabels: second.labels, secondTargets: second.targets };
}
