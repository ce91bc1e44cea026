/**
 * The user's own images as a data set: every file is opened, decoded and brought to one size before anything is trained, so that whatever is wrong with one of
 * them is told by its name at once.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { sideLimits, type ColourMode, type ResizeMode } from '../choices.js';
import { DataError } from '../errors.js';
import { systemReason } from '../files/bytes.js';
import { decodeImage } from '../images/decode.js';
import { imageHeader } from '../images/header.js';
import { prepareImage } from '../images/prepare.js';
import type { RandomKey } from '../random.js';
import { imageDataset, imageSize, subset, type ImageDataset, type ImageShape } from '../values/dataset.js';
import { copiesOf, toldCopies } from './copies.js';
import { byName, listImages, namesOf, type ListedImage, type Listing } from './layout.js';
import { splitListing } from './split.js';

/** How a folder of images is read. */
export interface FolderOptions {
  /** Height and width of what the model sees; by default what `chooseSize` says. */
  readonly size?: readonly [height: number, width: number] | undefined;
  readonly resize?: ResizeMode | undefined;
  /** `auto`: colour when one image has some. */
  readonly colour?: ColourMode | undefined;
  /** For a folder that does not split: which share of each class is for testing, and what decides which. */
  readonly testShare?: number | undefined;
  readonly splitKey: RandomKey;
  /** The classes of a model, in its order: the folder may have no others. Without them the folder's own. */
  readonly classNames?: readonly string[] | undefined;
}

/** How images were brought to the model's size: plain data that weights carry. */
export interface Preparation {
  readonly shape: ImageShape;
  readonly resize: ResizeMode;
}

/** A folder of images as data sets, and what is to be known of it. */
export interface ImageFolder {
  readonly train: ImageDataset;
  readonly test: ImageDataset;
  readonly preparation: Preparation;
  /** What the user should know, in sentences. */
  readonly notes: readonly string[];
  /** Depends on the names of the files and their labels alone. */
  readonly fingerprint: string;
}

/** Share of each class that is for testing when nobody says. */
export const defaultTestShare = 0.2;

/**
 * Height and width for images of these sizes: their own when all have one, of 28 to 224 pixels; else a square of the median of their longer sides, at least 28
 * and at most 96, so that a first training ends in minutes.
 */
export function chooseSize(sizes: readonly (readonly [height: number, width: number])[]): [number, number] {
  const [first] = sizes as [readonly [number, number]];
  const fits = (side: number): boolean => side >= sideLimits[0] && side <= sideLimits[1];
  if (sizes.every(([height, width]) => height === first[0] && width === first[1]) && first.every(fits))
    return [...first];
  const longer = sizes.map((size) => Math.max(...size)).sort((a, b) => a - b);
  const side = Math.min(96, Math.max(sideLimits[0], longer[Math.floor(longer.length / 2)]!));
  return [side, side];
}

/** A mark of what a folder holds: names and labels. */
export const fingerprintOf = ({ images }: Listing): string =>
  createHash('sha256')
    .update(JSON.stringify(images.map(({ name, labels, split }) => [name, labels, split ?? ''])))
    .digest('hex')
    .slice(0, 16);

/**
 * Reads a folder (or CSV file) of images, both splits.
 *
 * @throws DataError: no images, an empty class, too few images of a class, images that cannot be read; by name
 */
export function readImageFolder(directory: string, options: FolderOptions): ImageFolder {
  const listing = checkKnown(listImages(directory), options.classNames, directory);
  const { testShare = defaultTestShare, splitKey, resize = 'fit' } = options;
  const split = splitListing(listing, testShare, splitKey, directory);
  const all = [...split.train, ...split.test];
  const { images, shape, copies } = readAll(all, directory, options);
  const dataset = datasetOf(directory, all, images, shape, options.classNames ?? listing.classNames);
  const range = (from: number, to: number) =>
    Int32Array.from({ length: to - from }, (_, index) => from + index);
  const count = split.train.length;
  // An image stands on one side only: a copy in the training part of a test image is left out of it, where we split.
  const testCopies = listing.isSplit ? new Set<number>() : copies.trainCopiesOfTest(count);
  const train = subset(
    dataset,
    range(0, count).filter((index) => !testCopies.has(index)),
  );
  const test = { ...subset(dataset, range(count, all.length)), split: 'test' as const };
  if (!listing.isSplit) checkLeft(train, directory);
  const colour = shape[2] === 3 ? 'colour' : 'grey';
  return {
    train,
    test,
    preparation: { shape, resize },
    fingerprint: fingerprintOf(listing),
    notes: [
      `${directory}: ${all.length} images of ${listing.classNames.length} classes, ${listing.isSplit ? 'split by the folder' : `${test.count} of them (${Math.round(100 * testShare)} % of each class) for testing`}; as ${shape[0]}x${shape[1]} ${colour}.`,
      ...listing.notes,
      ...split.notes,
      ...toldCopies(copies, all, count, listing.isSplit),
    ],
  };
}

/** @throws DataError for a class of which copies of test images were all that there was */
function checkLeft({ labels, classNames }: ImageDataset, directory: string): void {
  const left = new Set(labels);
  const gone = classNames.filter((_, number) => !left.has(number)).map((name) => `"${name}"`);
  if (gone.length === 0) return;
  throw new DataError(
    `${directory}: of ${namesOf(gone)} no image is left for training, because all are copies of ones that were drawn for testing: add images that differ, or split the folder into train/ and test/.`,
    directory,
  );
}

/**
 * Reads a folder to test a model on: its test part when it has one, the part that was held out when `splitOf` is the fingerprint of this very folder, else
 * all of its images.
 *
 * @returns as `drawnFrom` the fingerprint of a folder that does not split its images by itself
 * @throws DataError as `readImageFolder`, and for a class that the model does not know
 */
export function readTestFolder(
  directory: string,
  {
    preparation,
    splitOf,
    ...options
  }: FolderOptions & { readonly preparation: Preparation; readonly splitOf?: string | undefined },
): {
  readonly test: ImageDataset;
  readonly drawnFrom: string | undefined;
  readonly notes: readonly string[];
} {
  const listing = checkKnown(listImages(directory), options.classNames, directory);
  const fingerprint = fingerprintOf(listing);
  const known = listing.isSplit || fingerprint === splitOf;
  const { shape, resize } = preparation;
  const wanted = {
    ...options,
    size: [shape[0], shape[1]] as const,
    resize,
    colour: shape[2] === 3 ? ('colour' as const) : ('grey' as const),
  };
  const chosen = known
    ? splitListing(listing, options.testShare ?? defaultTestShare, options.splitKey, directory).test
    : listing.images;
  const { images } = readAll(chosen, directory, wanted);
  const test = datasetOf(directory, chosen, images, shape, options.classNames ?? listing.classNames);
  const which = listing.isSplit
    ? 'its test images'
    : known
      ? 'the images held out when the weights were trained'
      : 'all of its images';
  return {
    test: { ...test, split: 'test' },
    drawnFrom: listing.isSplit ? undefined : fingerprint,
    notes: [`${directory}: ${which}, ${chosen.length}.`, ...listing.notes],
  };
}

function checkKnown(listing: Listing, classNames: readonly string[] | undefined, directory: string): Listing {
  const unknown = classNames ? listing.classNames.filter((name) => !classNames.includes(name)) : [];
  if (unknown.length > 0)
    throw new DataError(
      `${directory} has ${unknown.length === 1 ? 'the class' : 'the classes'} ${namesOf(unknown.map((name) => `"${name}"`))}, which the weights do not know (they know ${namesOf(classNames!.map((name) => `"${name}"`))}): take the folder that they were trained on, or images of the same classes.`,
      directory,
    );
  return listing;
}

function datasetOf(
  directory: string,
  listed: readonly ListedImage[],
  images: Uint8Array,
  shape: ImageShape,
  classNames: readonly string[],
): ImageDataset {
  const labelsPerImage = Math.max(...listed.map(({ labels }) => labels.length));
  const labels = new Int32Array(listed.length * labelsPerImage).fill(-1);
  const numbers = new Map(classNames.map((name, number) => [name, number]));
  listed.forEach((image, index) => {
    labels.set(
      image.labels.map((label) => numbers.get(label)!).sort((a, b) => a - b),
      index * labelsPerImage,
    );
  });
  const sources = listed.map(({ name }) => name);
  const common = { name: 'folder', split: 'train' as const, shape, count: listed.length };
  return imageDataset({ ...common, images, labels, labelsPerImage, classNames, sources }, directory);
}

/** Every image as bytes of one shape. All that cannot be read is told together. */
function readAll(listed: readonly ListedImage[], directory: string, options: FolderOptions) {
  const { resize = 'fit', colour = 'auto' } = options;
  const problems: DataError[] = [];
  const attempt = <Result>(run: () => Result): Result | undefined => {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      problems.push(error);
      return undefined;
    }
  };
  const complain = (): void => {
    const [first] = problems.sort((a, b) => byName(a.path ?? '', b.path ?? ''));
    if (!first) return;
    if (problems.length === 1) throw first;
    const names = problems.slice(0, 3).map(({ message }) => message.replace(/\.$/, ''));
    const more = problems.length - names.length;
    throw new DataError(
      `${problems.length} images of ${directory} cannot be read: ${names.join('; ')}${more > 0 ? `; and ${more} more` : ''}.`,
      first.path,
    );
  };
  const headers = listed.map(({ path }) => attempt(() => imageHeader(readFile(path), path)));
  if (problems.length > 0) {
    // Told together with those whose heads are whole.
    headers.forEach((header, index) => {
      const { path } = listed[index]!;
      if (header) attempt(() => decodeImage(readFile(path), path));
    });
    complain();
  }
  const sizes = headers.map((header) => {
    const { height, width, orientation } = header!;
    return orientation >= 5 ? ([width, height] as const) : ([height, width] as const);
  });
  const [height, width] = options.size ?? chooseSize(sizes);
  const mayHaveColour =
    colour === 'colour' || (colour === 'auto' && headers.some((header) => header!.colour));
  const shape: ImageShape = [height, width, mayHaveColour ? 3 : 1];
  const size = imageSize(shape);
  const images = new Uint8Array(listed.length * size);
  const hashes: string[] = [];
  let coloured = colour === 'colour';
  listed.forEach(({ path }, index) => {
    attempt(() => {
      const bytes = readFile(path);
      hashes.push(createHash('sha1').update(bytes).digest('base64'));
      const pixels = prepareImage(decodeImage(bytes, path), shape, resize);
      const own = images.subarray(index * size, (index + 1) * size);
      for (let at = 0; at < size; at++) own[at] = Math.round(255 * pixels[at]!);
      coloured ||= mayHaveColour && hasColour(own);
    });
  });
  complain();
  const copies = copiesOf(hashes);
  if (!mayHaveColour || coloured) return { images, shape, copies };
  return { images: images.filter((_, at) => at % 3 === 0), shape: [height, width, 1] as ImageShape, copies };
}

/** Whether the channels of a pixel differ by more than what JPEG makes of grey. */
function hasColour(pixels: Uint8Array): boolean {
  for (let at = 0; at < pixels.length; at += 3) {
    const [red, green, blue] = [pixels[at]!, pixels[at + 1]!, pixels[at + 2]!];
    if (Math.max(red, green, blue) - Math.min(red, green, blue) > 8) return true;
  }
  return false;
}

function readFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new DataError(
      `${path} ${systemReason(cause)}: put the file there, or remove it from the data set.`,
      path,
      { cause },
    );
  }
}
