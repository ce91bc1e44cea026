/**
 * The data sets that commands take by name. A command asks for what it needs: training, validation and test examples together, or the
 * test examples alone.
 */
import {
  digits,
  limit as firstOf,
  splitOff,
  toys,
  type ImageDataset,
  type PicturesOrigin,
  type Recipe,
  type Split,
} from '@capsnet/datasets';
import { dataDirectories, readIdxDataset, readNorbDataset, shareDataset } from '@capsnet/datasets/node';
import { foldIn, randomKey } from '@capsnet/tensor';
import { UserError } from '../errors.js';
import { exampleSet, type ExampleSet } from './examples.js';
import { loadFolder, loadTestFolder, type FolderSettings } from './folder.js';
import type { DatasetName } from './names.js';
import { orUserError } from './errors.js';
import { recipesOf, type RecipeOptions } from './recipes.js';

export { datasetName, datasetNames, type DatasetName } from './names.js';

export interface SourceOptions {
  /** Value of `--data-dir`. */
  readonly dataDir?: string | undefined;
}

export interface LoadOptions extends SourceOptions {
  /** Only the first images. */
  readonly limit?: number | undefined;
}

/** As many generated images as are made when nobody says: of digits as many as MNIST has, of toys what renders within a minute. */
const generated: Readonly<Record<'digits' | 'toys', Readonly<Record<Split, number>>>> = {
  digits: { train: 60_000, test: 10_000 },
  toys: { train: 9_000, test: 3_000 },
};
/** Combinations of factors that there are. */
const mostToys = 24_300;

/**
 * Loads the images of a split as they are stored, or the first `limit` of them.
 *
 * @throws UserError when files are missing, damaged or do not belong together
 */
export function loadSplit(
  name: Exclude<DatasetName, 'folder'>,
  split: Split,
  { dataDir, limit }: LoadOptions,
): ImageDataset {
  const directories = dataDirectories({ dataDir });
  switch (name) {
    case 'digits':
      return digits({ split, count: Math.min(limit ?? Infinity, generated.digits[split]) });
    case 'toys':
      return toys({ split, count: Math.min(limit ?? generated.toys[split], mostToys) });
    case 'smallnorb':
      return orUserError(() => firstOf(readNorbDataset(split, directories), limit));
    case 'multimnist':
      return { ...orUserError(() => firstOf(readIdxDataset('mnist', split, directories), limit)), name };
    case 'mnist':
    case 'fashion-mnist':
      return orUserError(() => firstOf(readIdxDataset(name, split, directories), limit));
  }
}

/** Training images held out for choosing among weights (issue of the honest protocol); of a small set a twelfth. */
export const validationCount = (count: number): number => Math.max(1, Math.min(5000, Math.floor(count / 12)));

export interface TrainingDataOptions extends FolderSettings, RecipeOptions {
  readonly limitTrain?: number | undefined;
  readonly limitTest?: number | undefined;
  /** Training images to hold out, stratified by class; `true`: as `validationCount` says. */
  readonly validation?: number | true | undefined;
  /** Decides which. */
  readonly seed: number;
  /** Told what the user should know of the data. */
  readonly notify?: ((note: string) => void) | undefined;
}

export interface TrainingData {
  readonly training: ExampleSet;
  /** Held-out training images, prepared as for testing. No image of them, and no copy of one, is in `training`. */
  readonly validation: ExampleSet | undefined;
  readonly testing: ExampleSet;
}

/** Folded into the seed, so that the hold-out has nothing to do with weights and order. */
const holdOutStream = 0x686f6c64;

/**
 * Everything that a training needs.
 *
 * @throws UserError for missing or damaged files, and when too few images are left
 */
export function loadTrainingData(name: DatasetName, options: TrainingDataOptions): TrainingData {
  const { dataDir, limitTrain, limitTest, validation, seed } = options;
  const folder = name === 'folder' ? loadFolder(options) : undefined;
  const load = (split: Split, limit: number | undefined): ImageDataset =>
    folder ? folder[split] : loadSplit(name as Exclude<DatasetName, 'folder'>, split, { dataDir, limit });
  const testing = load('test', limitTest);
  const all = load('train', limitTrain);
  const { kept, held } = holdOut(all, validation, seed);
  return orUserError(() => {
    const recipes = recipesOf(name, kept, {
      ...options,
      pictures: folder?.pictures,
      testImages: testing,
    });
    return {
      // Shared with the thread that makes the batches now: the memory they were read into can go.
      training: exampleSet(shareDataset(kept), recipes.training),
      validation: held && exampleSet(held, recipes.testing),
      testing: exampleSet(testing, recipes.testing),
    };
  });
}

function holdOut(
  images: ImageDataset,
  wanted: number | true | undefined,
  seed: number,
): { kept: ImageDataset; held: ImageDataset | undefined } {
  if (wanted === undefined) return { kept: images, held: undefined };
  const count = wanted === true ? validationCount(images.count) : wanted;
  if (count >= images.count) {
    throw new UserError(
      `${images.name} has ${images.count} training images, of which ${count} cannot be held out for validation. Hold out fewer, or raise --limit-train.`,
    );
  }
  try {
    return splitOff(images, count, foldIn(randomKey(seed), holdOutStream));
  } catch (error) {
    // The number is right by now: nothing differs from what would be held out.
    if (!(error instanceof RangeError)) throw error;
    throw new UserError(
      `${images.name}: every training image is a copy of one of the ${count} that would be held out for validation. Add images that differ.`,
    );
  }
}

export interface TestDataOptions extends LoadOptions {
  /** What the weights were trained with; without it the data set's own recipe is made, which may need the training images. */
  readonly recipe?: Recipe | undefined;
  /** `multimnist`: pairs that each image is tested in. */
  readonly overlays?: number | undefined;
  /** `smallnorb`, `toys`: `own` standardises the test images by their own statistics, as the reference does, whatever the recipe says. */
  readonly testStatistics?: 'train' | 'own' | undefined;
  /** `folder`: the classes of the model, in its order. */
  readonly classNames?: readonly string[] | undefined;
  /** `folder`: of weights that answer together with these. */
  readonly others?: readonly PicturesOrigin[] | undefined;
  readonly notify?: ((note: string) => void) | undefined;
}

/**
 * The test examples of a data set.
 *
 * @throws UserError for missing or damaged files
 */
export function loadTestData(name: DatasetName, options: TestDataOptions): ExampleSet {
  if (name === 'folder') return loadTestFolder(options);
  return prepareTest(name, loadSplit(name, 'test', options), options);
}

/**
 * Test images, prepared as the options say.
 *
 * @throws UserError for missing or damaged files, where the preparation needs the training images
 */
export function prepareTest(
  name: Exclude<DatasetName, 'folder'>,
  images: ImageDataset,
  options: TestDataOptions,
): ExampleSet {
  const { dataDir, recipe, overlays } = options;
  return orUserError(() => {
    if (recipe?.kind === 'multimnist')
      return exampleSet(images, { ...recipe, passes: overlays ?? recipe.passes });
    if (recipe && !(recipe.kind === 'norb' && options.testStatistics === 'own'))
      return exampleSet(images, recipe);
    const { testStatistics } = options;
    // The test images' own statistics need no training images.
    const standardises = name === 'smallnorb' || name === 'toys';
    const statisticsFrom =
      standardises && testStatistics !== 'own' ? loadSplit(name, 'train', { dataDir }) : images;
    return exampleSet(
      images,
      recipesOf(name, statisticsFrom, { augment: false, overlays, testStatistics, testImages: images })
        .testing,
    );
  });
}
