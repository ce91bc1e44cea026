/** Weights that a command was given, read and checked: every command that takes `--weights` begins here. */
import { WeightsError, loadModel, type LoadedModel, type Model } from '@capsnet/capsules';
import { readFileSync } from 'node:fs';
import { recipeOfNote, type ExampleSet } from '../data/examples.js';
import { datasetName, datasetNames, loadTestData, type DatasetName } from '../data/load.js';
import { UserError, systemReason } from '../errors.js';
import type { DataFlags } from '../options/flags.js';
import { findWeights } from './find.js';

export interface OpenedWeights extends LoadedModel {
  /** As the user gave it: a path, or a name. */
  readonly given: string;
  readonly file: string;
}

/** Whether these are the first bytes of an HDF5 file. */
export const isHdf5 = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.subarray(1, 4)).toString('latin1') === 'HDF';

/**
 * Reads weights: a `.safetensors` file, or the name of weights that come with the project.
 *
 * @throws UserError when there are none, or they are damaged, or no model of ours
 */
export function openWeights(given: string): OpenedWeights {
  const file = findWeights(given);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    throw new UserError(
      `--weights: "${file}" cannot be read (${reason}). Give a .safetensors file that capsnet train wrote, or a name that capsnet weights list shows.`,
    );
  }
  if (isHdf5(bytes)) {
    throw new UserError(
      `--weights: ${file} is an HDF5 file, as Keras writes them. Convert it first: capsnet weights import ${file} -o weights.safetensors`,
    );
  }
  try {
    return { ...loadModel(bytes, file), given, file };
  } catch (error) {
    if (error instanceof WeightsError) throw new UserError(`--weights: ${error.message}`);
    throw error;
  }
}

/** The data set that weights were trained on, when nobody names another. @throws UserError when the file does not say */
export function trainedDataset({ given, metadata }: OpenedWeights): DatasetName {
  const known = datasetNames.find((name) => name === metadata['dataset']);
  if (known !== undefined) return known;
  throw new UserError(
    `--weights: ${given} does not say what it was trained on. Name a data set: --dataset ${datasetNames.join('|')}.`,
  );
}

/** Whether a model is one of overlaid pairs, and answers with two digits. */
export const answersPairs = ({ description }: Pick<Model, 'description'>): boolean =>
  'decodings' in description && description.decodings === 2;

/** The model must take the images of the split and know as many classes. @throws UserError when it does not */
export function checkFit(file: string, model: Model, split: ExampleSet): void {
  const { input, classNames } = model.description;
  const wanted = `${input.join(' x ')} images of ${classNames.length} classes`;
  const given = `${split.shape.join(' x ')} images of ${split.classes} classes`;
  if (wanted !== given) {
    throw new UserError(
      `--weights: ${file} is a model for ${wanted}, but ${split.name} has ${given}. Choose the data set that it was trained on.`,
    );
  }
  const pairs = answersPairs(model);
  if (pairs !== (split.decodings === 2)) {
    const [wants, has] = pairs ? ['pairs of overlaid', 'single'] : ['single', 'pairs of overlaid'];
    throw new UserError(
      `--weights: ${file} is a model for ${wants} digits, but ${split.name} has ${has} ones. Choose the data set that it was trained on.`,
    );
  }
}

export interface TestDataFlags extends DataFlags {
  readonly limitTest?: number;
  readonly overlays?: number;
}

/**
 * The test examples that weights are to be shown: those of the named data set, or of the one they were trained on, prepared as in their training.
 *
 * @throws UserError when the data are missing or damaged, or are not what the model takes
 */
export function openTestData(opened: OpenedWeights, flags: TestDataFlags): ExampleSet {
  const { given, model, metadata } = opened;
  const dataset = flags.dataset === undefined ? trainedDataset(opened) : datasetName(flags.dataset);
  const noted = metadata['dataset'] === dataset ? metadata['recipe'] : undefined;
  const split = loadTestData(dataset, {
    dataDir: flags.dataDir,
    limit: flags.limitTest,
    overlays: flags.overlays,
    recipe: noted === undefined ? undefined : recipeOfNote(noted, given),
    classNames: model.description.classNames,
  });
  checkFit(given, model, split);
  return split;
}
