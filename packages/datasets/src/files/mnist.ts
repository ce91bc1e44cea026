/**
 * MNIST and its relatives (Fashion-MNIST) from their four IDX files, plain or gzip, under either of the names in circulation; or from
 * one `.npz` of the data set's name, as Keras distributes MNIST.
 */
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DataError } from '../errors.js';
import { decodeIdx, encodeIdx } from '../formats/idx.js';
import { checkLabels, imageDataset, type ImageDataset, type Split } from '../values/dataset.js';
import { digitNames, fashionNames } from '../values/classNames.js';
import { readBytes } from './bytes.js';
import { readNpzDataset } from './npz.js';

/** The data sets that come as IDX files. */
export type IdxDatasetName = 'mnist' | 'fashion-mnist';

const classNamesOf: Readonly<Record<IdxDatasetName, readonly string[]>> = {
  mnist: digitNames,
  'fashion-mnist': fashionNames,
};

const stems: Readonly<Record<Split, string>> = { train: 'train', test: 't10k' };

/** The names under which a file of a split is found, the published one first. */
export function idxFileNames(split: Split, part: 'images' | 'labels'): string[] {
  const type = part === 'images' ? 'idx3-ubyte' : 'idx1-ubyte';
  const stem = `${stems[split]}-${part}`;
  return [`${stem}-${type}`, `${stem}-${type}.gz`, `${stem}.${type}`, `${stem}.${type}.gz`];
}

/** The first of the files that exists in one of the folders. */
function find(folders: readonly string[], names: readonly string[]): string | undefined {
  return folders
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((path) => existsSync(path));
}

function missing(name: IdxDatasetName, names: readonly string[], directories: readonly string[]): DataError {
  const [folder] = directories as [string];
  const looked = existsSync(folder)
    ? `is missing in ${folder}`
    : `is missing: the folder ${folder} does not exist`;
  const others = directories.length > 1 ? ` (nor is it in ${directories.slice(1).join(' or ')})` : '';
  return new DataError(
    `${names[0]!} (or ${names[1]!}) of ${name} ${looked}${others}; put the four IDX files (or ${name}.npz) there, or name their folder with --data-dir or CAPSNET_DATA.`,
    folder,
  );
}

const isDirectory = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();

/** Where a split is: two IDX files, or an archive of both splits. */
type Located = { readonly images: string; readonly labels: string } | { readonly archive: string };

/**
 * The files of a split, from the first of the folders that has it.
 * @throws DataError when there are none, or one of two
 */
export function locateIdxDataset(
  name: IdxDatasetName,
  split: Split,
  directories: readonly string[],
): Located {
  const imageNames = idxFileNames(split, 'images');
  const labelNames = idxFileNames(split, 'labels');
  for (const place of directories) {
    const folders = [join(place, name), place].filter((folder) => isDirectory(folder));
    const images = find(folders, imageNames);
    const labels = find(folders, labelNames);
    if (images && labels) return { images, labels };
    // One of the two is a broken set, which the next folder should not hide.
    if (images || labels) throw missing(name, images ? labelNames : imageNames, [folders[0]!]);
    const archive = find(folders, [`${name}.npz`]);
    if (archive) return { archive };
  }
  throw missing(name, imageNames, directories);
}

/**
 * Reads a split of MNIST or Fashion-MNIST from the first of the folders that has it.
 * @param directories a folder of the files, or one with a sub-folder of the data set's name; or several such
 * @throws DataError: a missing, truncated or foreign file, counts that differ, a label out of range
 */
export function readIdxDataset(
  name: IdxDatasetName,
  split: Split,
  directories: string | readonly string[],
): ImageDataset {
  const places = typeof directories === 'string' ? [directories] : directories;
  const files = locateIdxDataset(name, split, places);
  return 'archive' in files
    ? readNpzDataset(split, files.archive, name, classNamesOf[name])
    : readIdxFiles(name, split, files.images, files.labels);
}

function readIdxFiles(
  name: IdxDatasetName,
  split: Split,
  imagesPath: string,
  labelsPath: string,
): ImageDataset {
  const images = decodeIdx(readBytes(imagesPath), 3, imagesPath);
  const labels = decodeIdx(readBytes(labelsPath), 1, labelsPath);
  const [count, height, width] = images.axes as [number, number, number];
  if (labels.axes[0] !== count) {
    throw new DataError(
      `${labelsPath} has ${labels.axes[0]!} labels, but ${imagesPath} has ${count} images: take both files of the same split.`,
      labelsPath,
    );
  }
  const classNames = classNamesOf[name];
  checkLabels(labels.data, 1, classNames.length, labelsPath);
  return imageDataset(
    { name, split, shape: [height, width, 1], count, images: images.data, labels: labels.data, classNames },
    imagesPath,
  );
}

/**
 * Writes a data set of one-channel byte images as the two IDX files of its split and returns their paths.
 * Throws DataError when it has floats, several channels or several labels: IDX of MNIST's kind has no place for them.
 */
export function writeIdxDataset(
  dataset: ImageDataset,
  directory: string,
  options: { gzip?: boolean } = {},
): string[] {
  const { images, labels, count, shape } = dataset;
  if (!(images instanceof Uint8Array) || shape[2] !== 1 || dataset.labelsPerImage !== 1) {
    throw new DataError(
      `${dataset.name} (${shape.join('x')}) does not fit MNIST's IDX files, which hold grey byte images with one label: choose another format.`,
    );
  }
  mkdirSync(directory, { recursive: true });
  const parts = [
    ['images', encodeIdx({ axes: [count, shape[0], shape[1]], data: images })],
    ['labels', encodeIdx({ axes: [count], data: Uint8Array.from(labels) })],
  ] as const;
  return parts.map(([part, bytes]) => {
    const path = join(directory, idxFileNames(dataset.split, part)[options.gzip ? 1 : 0]!);
    writeFileSync(path, options.gzip ? gzipSync(bytes) : bytes);
    return path;
  });
}
