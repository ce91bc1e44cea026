/** What the decoder draws of test images: of the class that one asks for, so that one sees what the network took an image for. */
import type { Model, Parameters } from '@capsnet/capsules';
import { oneHot } from '@capsnet/datasets';
import { compile, tensor, type Backend, type Tensor } from '@capsnet/tensor';
import { testExamples } from '../data/batches.js';
import type { ExampleSet } from '../data/examples.js';
import { pictureOf, type Picture } from './display.js';

/** An image of the split, and the two classes whose capsules are to be decoded. */
export interface Wanted {
  readonly index: number;
  readonly classes: readonly [first: number, second: number];
}

export interface Drawing {
  readonly input: Picture;
  /** One for each of the two classes; one alone from a model that draws without regard to the class; none without a decoder. */
  readonly reconstructions: readonly Picture[];
}

export interface Reconstructor {
  draw(parameters: Parameters, state: Parameters, wanted: readonly Wanted[]): Promise<readonly Drawing[]>;
  /** Gives the memory of the compiled steps back. */
  release(): void;
}

/** Images that are drawn at once: one compiled step for any number of them. */
const chunk = 16;

/** Compiles the drawing of a model once, for any number of images of a split. */
export function createReconstructor(model: Model, split: ExampleSet, backend: Backend): Reconstructor {
  const { description } = model;
  const reconstruct = compile(
    (parameters: Parameters, state: Parameters, images: Tensor, labels: Tensor, secondLabels: Tensor) => {
      const { reconstruction, secondReconstruction } = model.apply(parameters, state, images, {
        mode: 'play',
        labels,
        ...(split.decodings === 2 ? { secondLabels } : {}),
      });
      return secondReconstruction ? [reconstruction!, secondReconstruction] : [reconstruction!];
    },
    { backend, name: 'reconstruct' },
  );
  // A CNN decodes its features, whatever the class.
  const passes =
    description.decoder === null ? 0 : split.decodings === 2 || description.kind === 'cnn' ? 1 : 2;

  async function drawChunk(
    parameters: Parameters,
    state: Parameters,
    wanted: readonly Wanted[],
  ): Promise<Drawing[]> {
    // A last chunk that is not full repeats its first image, so that all have one shape.
    const full = Array.from({ length: chunk }, (_, at) => wanted[at] ?? wanted[0]!);
    const { images } = testExamples(
      split,
      full.map(({ index }) => index),
    ).batch;
    const marks = (which: 0 | 1): Tensor =>
      tensor(
        oneHot(
          full.map(({ classes }) => classes[which]),
          1,
          split.classes,
        ),
        [chunk, split.classes],
      );
    const both = [marks(0), marks(1)] as const;
    const outputs: ArrayLike<number>[] = [];
    for (let pass = 0; pass < passes; pass++) {
      const drawn = await reconstruct(parameters, state, images, both[pass]!, both[1 - pass]!);
      // Copies: the next run writes where this one's results lie.
      for (const output of drawn) outputs.push((await output.data()).slice());
    }
    const inputs = await images.data();
    return wanted.map((_, position) => ({
      input: pictureOf(split, inputs, position, 'input'),
      reconstructions: outputs.map((values) => pictureOf(split, values, position, 'reconstruction')),
    }));
  }

  return {
    async draw(parameters, state, wanted) {
      const drawings: Drawing[] = [];
      for (let from = 0; from < wanted.length; from += chunk)
        drawings.push(...(await drawChunk(parameters, state, wanted.slice(from, from + chunk))));
      return drawings;
    },
    release: () => reconstruct.release(),
  };
}
