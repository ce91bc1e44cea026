/**
 * smallNORB from its three files a split: `-dat` (count x 2 cameras x 96 x 96 bytes), `-cat` (the category of each image) and `-info`
 * (instance 0-9, elevation 0-8, azimuth 0, 2 ... 34, lighting 0-5), plain or gzip.
 */
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DataError } from '../errors.js';
import { decodeNorbMatrix, encodeNorbMatrix } from '../formats/norbMatrix.js';
import { norbNames } from '../values/classNames.js';
import { checkLabels, imageDataset, type ImageDataset, type Split } from '../values/dataset.js';
import { readBytes } from './bytes.js';

/** The factors of an image in the order of the file, with their largest values (azimuth: even numbers, 10 degrees each). */
export const norbFactors = { instance: 9, elevation: 8, azimuth: 34, lighting: 5 } as const;

const side = 96;
const cameras = 2;
const splitNames: Readonly<Record<Split, string>> = { train: 'training', test: 'testing' };
const instances: Readonly<Record<Split, string>> = { train: '46789', test: '01235' };

/** The published name of a file, without `.gz`. */
export const norbFileName = (split: Split, part: 'dat' | 'cat' | 'info'): string =>
  `smallnorb-5x${instances[split]}x9x18x6x2x96x96-${splitNames[split]}-${part}.mat`;

type Part = 'dat' | 'cat' | 'info';

/**
 * The paths of a split's three files, from the first folder that has one of them.
 * @throws DataError when one is missing
 */
export function locateNorbDataset(
  directories: readonly string[],
  split: Split,
): Readonly<Record<Part, string>> {
  for (const folder of directories.flatMap((place) => [join(place, 'smallnorb'), place])) {
    if (!existsSync(folder) || !statSync(folder).isDirectory()) continue;
    const names = readdirSync(folder).sort();
    const find = (part: Part): string | undefined => {
      const pattern = new RegExp(`^smallnorb-.*-?${splitNames[split]}-${part}\\.mat(\\.gz)?$`);
      const name = names.find((file) => pattern.test(file));
      return name === undefined ? undefined : join(folder, name);
    };
    const paths = { dat: find('dat'), cat: find('cat'), info: find('info') };
    if (!paths.dat && !paths.cat && !paths.info) continue;
    for (const part of ['dat', 'cat', 'info'] as const)
      if (!paths[part]) throw missing(part, split, [folder]);
    return paths as Record<Part, string>;
  }
  throw missing('dat', split, directories);
}

function missing(part: Part, split: Split, directories: readonly string[]): DataError {
  const [directory] = directories as [string];
  const where = existsSync(directory)
    ? `is missing in ${directory}`
    : `is missing: the folder ${directory} does not exist`;
  return new DataError(
    `${norbFileName(split, part)} (or .gz) of smallnorb ${where}; put the dat, cat and info files there, or name their folder with --data-dir or CAPSNET_DATA.`,
    directory,
  );
}

/** camera x row x column to row x column x camera, image by image in place: the file is half a gigabyte. */
function interleaveCameras(data: Uint8Array, pixels: number): void {
  const one = new Uint8Array(pixels * cameras);
  for (let at = 0; at < data.length; at += one.length) {
    one.set(data.subarray(at, at + one.length));
    for (let pixel = 0; pixel < pixels; pixel++) {
      data[at + 2 * pixel] = one[pixel]!;
      data[at + 2 * pixel + 1] = one[pixels + pixel]!;
    }
  }
}

/**
 * Reads a split of smallNORB: 96 x 96 x 2 bytes an image (two cameras as channels), with its factors.
 * @throws DataError: a missing or foreign file, a wrong header field, counts that differ, a category or factor out of range
 */
export function readNorbDataset(split: Split, directories: string | readonly string[]): ImageDataset {
  const paths = locateNorbDataset(typeof directories === 'string' ? [directories] : directories, split);
  const categories = decodeNorbMatrix(readBytes(paths.cat), 'integer', [undefined], paths.cat);
  const info = decodeNorbMatrix(readBytes(paths.info), 'integer', [undefined, 4], paths.info);
  const images = decodeNorbMatrix(readBytes(paths.dat), 'byte', [undefined, cameras, side, side], paths.dat);
  const count = images.axes[0]!;
  for (const [part, other] of [
    ['cat', categories],
    ['info', info],
  ] as const) {
    if (other.axes[0] !== count) {
      throw new DataError(
        `${paths[part]} has ${other.axes[0]!} entries, but ${paths.dat} has ${count} images: take the files of the same split.`,
        paths[part],
      );
    }
  }
  checkLabels(categories.data, 1, norbNames.length, paths.cat);
  const factors = Object.fromEntries(
    Object.entries(norbFactors).map(([factor, largest], column) => [
      factor,
      readFactor(info.data, column, factor, largest, paths.info),
    ]),
  );
  const data = images.data as Uint8Array;
  interleaveCameras(data, side * side);
  return imageDataset(
    {
      name: 'smallnorb',
      split,
      shape: [side, side, cameras],
      count,
      images: data,
      labels: Uint8Array.from(categories.data),
      classNames: norbNames,
      factors,
    },
    paths.dat,
  );
}

function readFactor(
  info: ArrayLike<number>,
  column: number,
  factor: string,
  largest: number,
  where: string,
): Int32Array {
  const values = Int32Array.from({ length: info.length / 4 }, (_, index) => info[4 * index + column]!);
  const wrong = values.findIndex(
    (value) => value < 0 || value > largest || (factor === 'azimuth' && value % 2 !== 0),
  );
  if (wrong >= 0) {
    throw new DataError(
      `${where} gives image ${wrong} the ${factor} ${values[wrong]!}, but ${factor} goes from 0 to ${largest}${factor === 'azimuth' ? ' in steps of 2' : ''}: check that the file belongs to smallNORB.`,
      where,
    );
  }
  return values;
}

/**
 * Writes a data set of smallNORB's kind as the three files of its split and returns their paths (dat, cat, info).
 * Throws DataError unless it has 96 x 96 x 2 byte images, one label each, and the four factors.
 */
export function writeNorbDataset(
  dataset: ImageDataset,
  directory: string,
  options: { gzip?: boolean } = {},
): string[] {
  const { images, labels, count, shape, factors, split } = dataset;
  const names = Object.keys(norbFactors);
  if (
    !(images instanceof Uint8Array) ||
    shape.join() !== `${side},${side},${cameras}` ||
    !names.every((name) => factors?.[name])
  ) {
    throw new DataError(
      `${dataset.name} (${shape.join('x')}) does not fit smallNORB's files, which hold 96x96x2 byte images with ${names.join(', ')}: choose another format.`,
    );
  }
  const pixels = side * side;
  const planes = new Uint8Array(images.length);
  for (let at = 0; at < images.length; at += cameras * pixels) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      planes[at + pixel] = images[at + 2 * pixel]!;
      planes[at + pixels + pixel] = images[at + 2 * pixel + 1]!;
    }
  }
  const info = Int32Array.from(
    { length: 4 * count },
    (_, at) => factors![names[at % 4]!]![Math.floor(at / 4)]!,
  );
  mkdirSync(directory, { recursive: true });
  const parts = [
    ['dat', encodeNorbMatrix({ type: 'byte', axes: [count, cameras, side, side], data: planes })],
    ['cat', encodeNorbMatrix({ type: 'integer', axes: [count], data: Int32Array.from(labels) })],
    ['info', encodeNorbMatrix({ type: 'integer', axes: [count, 4], data: info })],
  ] as const;
  return parts.map(([part, bytes]) => {
    const path = join(directory, norbFileName(split, part) + (options.gzip ? '.gz' : ''));
    writeFileSync(path, options.gzip ? gzipSync(bytes) : bytes);
    return path;
  });
}
