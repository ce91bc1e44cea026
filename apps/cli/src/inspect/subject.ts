/** One test image under examination: which weights look at it, and how it is prepared for them. */
import type { Tensor } from '@capsnet/tensor';
import { testExamples } from '../data/batches.js';
import { recipeOfNote, type ExampleSet } from '../data/examples.js';
import { datasetName, loadTestData } from '../data/load.js';
import { UserError } from '../errors.js';
import { count } from '../output/format.js';
import type { SubjectFlags } from './flags.js';
import { checkFit, openWeights, trainedDataset, type OpenedWeights } from '../weights/open.js';

export interface Subject {
  readonly weights: OpenedWeights;
  readonly modelName: string;
  readonly split: ExampleSet;
  readonly index: number;
  /** The image as the network sees it: [1, height, width, channels]. */
  readonly images: Tensor;
  readonly label: number;
  /** Of the other digit of an overlaid pair. */
  readonly secondLabel?: number;
}

/**
 * Opens the weights and finds the image.
 *
 * @throws UserError for weights, data or a number that do not fit
 */
export function openSubject(flags: SubjectFlags): Subject {
  const named = flags.dataset === undefined ? undefined : datasetName(flags.dataset);
  const weights = openWeights(flags.weights);
  const { model, metadata } = weights;
  const dataset = named ?? trainedDataset(weights);
  const noted = metadata['dataset'] === dataset ? metadata['recipe'] : undefined;
  const split = loadTestData(dataset, {
    dataDir: flags.dataDir,
    overlays: flags.overlays,
    // Which digits lie over each other depends on all of them; elsewhere the images up to the one wanted are enough.
    limit: dataset === 'multimnist' ? undefined : flags.index + 1,
    recipe: noted === undefined ? undefined : recipeOfNote(noted, flags.weights),
  });
  checkFit(flags.weights, model, split);
  if (flags.index >= split.count) {
    throw new UserError(
      `--index: ${dataset} has ${count(split.count)} test images, numbered from 0, and none has the number ${flags.index}. Choose one up to ${split.count - 1}.`,
    );
  }
  const { batch, labels } = testExamples(split, [flags.index]);
  return {
    weights,
    modelName: metadata['model'] ?? model.description.kind,
    split,
    index: flags.index,
    images: batch.images,
    label: labels[0]!,
    ...(split.decodings === 2 ? { secondLabel: labels[1]! } : {}),
  };
}

/** `test image 7 of digits, a 3`. */
export function describeSubject({ split, index, label, secondLabel }: Subject): string {
  const nameOf = (which: number): string => split.classNames[which]!;
  const is = secondLabel === undefined ? nameOf(label) : `${nameOf(label)} and ${nameOf(secondLabel)}`;
  return `test image ${index} of ${split.name} (${is})`;
}
