/** Test images as a network's encoder sees them, kept in memory so that they can be distorted again and again; and the encoder, without the decoder. */
import type { Model, Parameters } from '@capsnet/capsules';
import { imageSize, type ImageShape } from '@capsnet/datasets';
import { compile, tensor, type Backend, type Tensor, type TypedArray } from '@capsnet/tensor';
import { testBatches, testBatchSize } from '../data/batches.js';
import type { ExampleSet } from '../data/examples.js';
import type { ValueRange } from './distortions.js';

export interface Examples extends ValueRange {
  readonly shape: ImageShape;
  readonly count: number;
  readonly images: readonly Float32Array[];
  /** One or two classes an image. */
  readonly labels: readonly (readonly number[])[];
}

/** All examples of a split, prepared. */
export async function gather(split: ExampleSet): Promise<Examples> {
  const size = imageSize(split.shape);
  const images: Float32Array[] = [];
  const labels: number[][] = [];
  let [smallest, largest] = [Infinity, -Infinity];
  for await (const { batch, labels: numbers, count } of testBatches(split)) {
    const values = await batch.images.data();
    for (let row = 0; row < count; row++) {
      const image = Float32Array.from(values.subarray(row * size, (row + 1) * size));
      for (const value of image) {
        smallest = Math.min(smallest, value);
        largest = Math.max(largest, value);
      }
      images.push(image);
      const first = row * split.labelsPerImage;
      labels.push([...numbers.subarray(first, first + split.decodings)]);
    }
  }
  return { shape: split.shape, count: images.length, images, labels, smallest, largest };
}

/** What the encoder says of images, one after the other. */
export interface Encoded {
  /** [count, classes] */
  readonly lengths: Float32Array;
  /** [count, capsules, dimensions] */
  readonly capsules: Float32Array;
}

export interface Encoder {
  readonly classes: number;
  readonly capsules: number;
  readonly dimensions: number;
  /** Encodes `count` images, each written by `draw(index, out)`. */
  run(count: number, draw: (index: number, out: Float32Array) => void): Promise<Encoded>;
  release(): void;
}

/** Compiles the encoder of a model for batches of `batchSize` images; the last one is filled up with blank images. */
export function createEncoder(
  {
    model,
    parameters,
    state,
  }: { readonly model: Model; readonly parameters: Parameters; readonly state: Parameters },
  backend: Backend,
  batchSize = testBatchSize,
): Encoder {
  const { input, classNames } = model.description;
  const size = imageSize(input);
  const classes = classNames.length;
  const encode = compile(
    (weights: Parameters, statistics: Parameters, images: Tensor) => {
      const { lengths, capsules } = model.apply(weights, statistics, images, { mode: 'test' });
      return { lengths, capsules };
    },
    { backend, name: `encode ${model.description.kind}` },
  );
  // A CNN has one "capsule", its hidden layer.
  const capsules = model.description.kind === 'cnn' ? 1 : classes;
  const dimensions =
    model.description.kind === 'cnn' ? model.description.hidden : model.description.dimensions;
  return {
    classes,
    capsules,
    dimensions,
    async run(count, draw) {
      const lengths = new Float32Array(count * classes);
      const all = new Float32Array(count * capsules * dimensions);
      const place = (target: Float32Array, values: TypedArray, start: number, width: number): void =>
        target.set(values.subarray(0, Math.min(batchSize, count - start) * width), start * width);
      for (let start = 0; start < count; start += batchSize) {
        const batch = new Float32Array(batchSize * size);
        for (let row = 0; row < batchSize && start + row < count; row++)
          draw(start + row, batch.subarray(row * size, (row + 1) * size));
        const answer = await encode(parameters, state, tensor(batch, [batchSize, ...input]));
        place(lengths, await answer.lengths.data(), start, classes);
        place(all, await answer.capsules.data(), start, capsules * dimensions);
      }
      return { lengths, capsules: all };
    },
    release: () => encode.release(),
  };
}
