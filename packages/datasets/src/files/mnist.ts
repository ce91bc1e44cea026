/** MNIST and its relatives (Fashion-MNIST) from their four IDX files, plain or gzip, under either of the names in circulation. */
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DataError } from '../errors.js';
import { decodeIdx, encodeIdx } from '../formats/idx.js';
import { checkLabels, imageDataset, type ImageDataset, type Split } from '../values/dataset.js';
import { digitNames, fashionNames } from '../values/classNames.js';
import { readBytes } from './bytes.js';

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
function locate(folders: readonly string[], names: readonly string[], what: string): string {
  for (const folder of folders) {
    for (const name of names) {
      const path = join(folder, name);
      if (existsSync(path)) return path;
    }
  }
  const [folder] = folders.slice(-1) as [string];
  const looked = existsSync(folder)
    ? `is missing in ${folder}`
    : `is missing: the folder ${folder} does not exist`;
  throw new DataError(
    `${names[0]!} (or ${names[1]!}) of ${what} ${looked}; put the four IDX files there, or name their folder with --data-dir or CAPSNET_DATA.`,
    folder,
  );
}

/**
 * Reads a split of MNIST or Fashion-MNIST.
 * @param directory the folder of the files, or a folder with a sub-folder of the data set's name
 * @throws DataError: a missing, truncated or foreign file, counts that differ, a label out of range
 */
export function readIdxDataset(name: IdxDatasetName, split: Split, directory: string): ImageDataset {
  const folders = [join(directory, name), directory].filter(
    (folder, index) => index === 1 || (existsSync(folder) && statSync(folder).isDirectory()),
  );
  const imagesPath = locate(folders, idxFileNames(split, 'images'), name);
  const labelsPath = locate(folders, idxFileNames(split, 'labels'), name);
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
