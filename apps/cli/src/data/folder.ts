/** `--dataset folder`: the user's own images, read as the settings say, or as a weights file remembers. */
import { limit as firstOf, type ImageDataset, type PicturesOrigin, type Recipe } from '@capsnet/datasets';
import { defaultTestShare, readImageFolder, readTestFolder, type ColourMode } from '@capsnet/datasets/node';
import type { ResizeMode } from '@capsnet/datasets/images';
import { foldIn, randomKey } from '@capsnet/tensor';
import { UserError } from '../errors.js';
import { sidesOf } from '../settings/setting.js';
import { orUserError } from './errors.js';
import { exampleSet, type ExampleSet } from './examples.js';

export interface FolderSettings {
  readonly dataDir?: string | undefined;
  readonly imageSize?: string | undefined;
  readonly resize?: ResizeMode | undefined;
  readonly channels?: ColourMode | undefined;
  readonly testShare?: number | undefined;
}

export interface FolderRequest extends FolderSettings {
  readonly seed: number;
  readonly limitTrain?: number | undefined;
  readonly limitTest?: number | undefined;
  readonly notify?: ((note: string) => void) | undefined;
}

export interface Folder {
  readonly train: ImageDataset;
  readonly test: ImageDataset;
  readonly pictures: PicturesOrigin;
}

/** Folded into the seed: which images test, and which are left when there is a limit, have nothing to do with weights and order. */
const streams = { split: 0x73706c69, limit: 0x6c696d69 } as const;

function directoryOf(dataDir: string | undefined): string {
  if (dataDir !== undefined) return dataDir;
  throw new UserError(
    '--dataset folder wants --data-dir DIR, a folder with a sub-folder of PNG or JPEG images for each class. See docs/own-images.md.',
  );
}

/**
 * Reads both splits. Since the images are sorted by class, a limit takes a seeded sample, in proportion to the classes.
 *
 * @throws UserError for whatever is wrong with folder or images, by name
 */
export function loadFolder(request: FolderRequest): Folder {
  const { dataDir, imageSize, resize, channels, testShare = defaultTestShare, seed, notify } = request;
  const read = orUserError(() =>
    readImageFolder(directoryOf(dataDir), {
      size: imageSize === undefined ? undefined : sidesOf(imageSize),
      resize,
      colour: channels,
      testShare,
      splitKey: foldIn(randomKey(seed), streams.split),
    }),
  );
  for (const note of read.notes) notify?.(note);
  const sampleKey = foldIn(randomKey(seed), streams.limit);
  return {
    train: firstOf(read.train, request.limitTrain, sampleKey),
    test: firstOf(read.test, request.limitTest, sampleKey),
    pictures: { ...read.preparation, seed, testShare, fingerprint: read.fingerprint },
  };
}

export interface TestFolderRequest {
  readonly dataDir?: string | undefined;
  readonly limit?: number | undefined;
  readonly recipe?: Recipe | undefined;
  readonly classNames?: readonly string[] | undefined;
  /** Of weights that answer together with these. */
  readonly others?: readonly PicturesOrigin[] | undefined;
  readonly notify?: ((note: string) => void) | undefined;
}

/**
 * Reads images for weights that were trained on a folder: of that very folder the part that was held out, of another one all that is for testing.
 *
 * @throws UserError when the weights were trained on something else, or for whatever is wrong with the images
 */
export function loadTestFolder({
  dataDir,
  limit,
  recipe,
  classNames,
  others = [],
  notify,
}: TestFolderRequest): ExampleSet {
  const pictures = recipe?.kind === 'images' ? recipe.pictures : undefined;
  if (!recipe || !pictures)
    throw new UserError(
      '--dataset folder: these weights were not trained on a folder of images, so nothing says how to prepare some for them. Test them on their own data set.',
    );
  const directory = directoryOf(dataDir);
  const { shape, resize, seed, testShare, fingerprint } = pictures;
  const { test, drawnFrom, notes } = orUserError(() =>
    readTestFolder(directory, {
      preparation: { shape, resize },
      splitOf: fingerprint,
      testShare,
      splitKey: foldIn(randomKey(seed), streams.split),
      classNames,
    }),
  );
  const drawn = [pictures, ...others].filter((other) => other.fingerprint === drawnFrom);
  if (
    drawn.some((other) => other.seed !== seed || other.testShare !== testShare) ||
    (drawn.length > 0 && drawn.length <= others.length)
  )
    throw new UserError(
      `--weights: they were trained on different parts of ${directory}: what one has held out, another was trained on. Split the folder into train/ and test/ and train them on that, or test on other images.`,
    );
  for (const note of notes) notify?.(note);
  return orUserError(() => exampleSet(firstOf(test, limit, foldIn(randomKey(seed), streams.limit)), recipe));
}
