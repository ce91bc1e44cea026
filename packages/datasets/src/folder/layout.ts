/**
 * A folder of the user's own images: which files belong to which class and which split. Known are
 *
 *   DIR/cat/1.jpg  DIR/dog/2.png                    a sub-folder a class
 *   DIR/train/cat/1.jpg  DIR/test/cat/2.jpg         the same for each split
 *   DIR/labels.csv  or  DIR/train.csv, DIR/test.csv files and their labels (csv.ts)
 *   FILE.csv                                        the same, under any name
 *
 * Only names are looked at here; no image is opened.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, extname, join, relative, resolve, sep } from 'node:path';
import { DataError } from '../errors.js';
import { systemReason } from '../files/bytes.js';
import type { Split } from '../values/dataset.js';
import { readLabelsFile } from './csv.js';

/** One image file and what is said of it. */
export interface ListedImage {
  readonly path: string;
  /** Below the folder, with `/`: the name in outputs. */
  readonly name: string;
  readonly labels: readonly string[];
  /** Absent when the folder does not split its images. */
  readonly split?: Split;
}

/** The images of a folder, before any of them is opened. */
export interface Listing {
  readonly images: readonly ListedImage[];
  /** Sorted; numbers by value. */
  readonly classNames: readonly string[];
  /** Whether the folder says which images are for testing. */
  readonly isSplit: boolean;
  /** What was left aside, in sentences. */
  readonly notes: readonly string[];
}

/** More classes are refused: every class is a capsule, and the loss pushes all but one of them down. */
export const mostClasses = 200;

const readable = new Set(['.png', '.jpg', '.jpeg']);
const pictures = new Set([
  '.gif',
  '.webp',
  '.bmp',
  '.tif',
  '.tiff',
  '.heic',
  '.heif',
  '.avif',
  '.jp2',
  '.svg',
]);
const isReadable = (name: string): boolean => readable.has(extname(name).toLowerCase());
const isPicture = (name: string): boolean => pictures.has(extname(name).toLowerCase());

const natural = new Intl.Collator('en', { numeric: true });
/** By value where names are numbers; by code where that leaves two names equal. */
export const byName = (a: string, b: string): number => natural.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);

const layouts =
  'Wanted: a sub-folder a class with PNG or JPEG files, or train/ and test/ with such sub-folders, or labels.csv with a file and its labels a row.';

/**
 * Lists the images of a folder, or of a CSV file.
 *
 * @throws DataError: nothing there, no images, fewer than two classes or more than 200, a class without images, a wrong row of a CSV file
 */
export function listImages(directory: string): Listing {
  const root = resolve(directory);
  const stats = statOf(root);
  const listing = stats.isDirectory() ? listFolder(root) : listLabels([[root, undefined]], dirname(root));
  return checkClasses(listing, directory);
}

type Unchecked = Omit<Listing, 'classNames'> & { readonly emptyClasses: readonly string[] };

function listFolder(root: string): Unchecked {
  const [all, train, test] = ['labels.csv', 'train.csv', 'test.csv'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  if (existsSync(all)) return listLabels([[all, undefined]], root);
  if (existsSync(train) || existsSync(test)) {
    const lacking = [train, test].find((file) => !existsSync(file));
    if (lacking !== undefined)
      throw new DataError(
        `${lacking} is missing beside ${lacking === train ? 'test.csv' : 'train.csv'}: write both, or one labels.csv of all images.`,
        lacking,
      );
    return listLabels(
      [
        [train, 'train'],
        [test, 'test'],
      ],
      root,
    );
  }
  const folders = subFolders(root);
  const splits = {
    train: splitFolder(root, folders, ['train', 'training']),
    test: splitFolder(root, folders, ['test', 'testing', 'val', 'valid', 'validation']),
  };
  if (splits.train === undefined) return listClasses(root, root, undefined);
  if (splits.test === undefined)
    throw new DataError(
      `${join(root, splits.train)} stands alone: put images for testing into ${join(root, 'test')}, with the same sub-folders, or the classes' folders right into ${root}.`,
      root,
    );
  const [trainPart, testPart] = [
    listClasses(join(root, splits.train), root, 'train'),
    listClasses(join(root, splits.test), root, 'test'),
  ];
  const others = folders.filter((name) => name !== splits.train && name !== splits.test);
  return {
    isSplit: true,
    images: [...trainPart.images, ...testPart.images],
    emptyClasses: [...trainPart.emptyClasses, ...testPart.emptyClasses],
    notes: [
      ...trainPart.notes,
      ...testPart.notes,
      ...(others.length > 0
        ? [`${root}: not used: ${others.join(', ')} (beside ${splits.train} and ${splits.test}).`]
        : []),
    ],
  };
}

/** The first of the names that is a folder of folders; a class may be called "train" too, and has images in it. */
const splitFolder = (
  root: string,
  folders: readonly string[],
  names: readonly string[],
): string | undefined =>
  names
    .flatMap((name) => folders.filter((folder) => folder.toLowerCase() === name))
    .find((folder) => subFolders(join(root, folder)).length > 0);

function listClasses(directory: string, root: string, split: Split | undefined): Unchecked {
  const classes = subFolders(directory).sort(byName);
  const loose = entries(directory).filter(({ name, file }) => file && isReadable(name)).length;
  if (classes.length === 0) {
    const found =
      loose > 0
        ? `has ${loose} images but no sub-folders, so nothing tells their classes`
        : 'has no sub-folders with images';
    throw new DataError(`${directory} ${found}. ${layouts}`, directory);
  }
  const images: ListedImage[] = [];
  const emptyClasses: string[] = [];
  let otherPictures = 0;
  for (const label of classes) {
    const files = filesBelow(join(directory, label));
    otherPictures += files.filter(isPicture).length;
    const own = files.filter(isReadable).sort(byName);
    if (own.length === 0) emptyClasses.push(join(directory, label));
    for (const path of own)
      images.push({ path, name: nameBelow(root, path), labels: [label], ...(split ? { split } : {}) });
  }
  const notes = [
    ...(loose > 0 ? [`${directory}: ${loose} images outside of the class folders are not used.`] : []),
    ...(otherPictures > 0
      ? [`${directory}: ${otherPictures} pictures that are neither PNG nor JPEG are not used; convert them.`]
      : []),
  ];
  return { images, emptyClasses, isSplit: split !== undefined, notes };
}

function listLabels(files: readonly (readonly [string, Split | undefined])[], root: string): Unchecked {
  const rows = files.flatMap(([file, split]) =>
    readLabelsFile(file).map((row) => ({ ...row, split: row.split ?? split })),
  );
  const lacking = rows.filter(({ path }) => !existsSync(path));
  if (lacking.length > 0)
    throw new DataError(
      `${files.map(([file]) => file).join(' and ')}: ${namesOf(lacking.map(({ path, row }) => `${path} (row ${row})`))} ${lacking.length === 1 ? 'does' : 'do'} not exist: put them there or remove the rows.`,
      root,
    );
  const withSplit = rows.filter(({ split }) => split !== undefined).length;
  if (withSplit > 0 && withSplit < rows.length) {
    const without = rows.find(({ split }) => split === undefined)!;
    throw new DataError(
      `${files[0]![0]}: row ${without.row} says no split, though others do: write train or test in each row.`,
      files[0]![0],
    );
  }
  // A file may have a row for each of its labels.
  const joined = new Map<string, (typeof rows)[number]>();
  for (const row of rows) {
    const key = JSON.stringify([row.path, row.split]);
    const before = joined.get(key);
    joined.set(key, before ? { ...before, labels: [...new Set([...before.labels, ...row.labels])] } : row);
  }
  return {
    isSplit: withSplit > 0,
    images: [...joined.values()].map(({ path, labels, split }) => ({
      ...{ path, labels, name: nameBelow(root, path) },
      ...(split ? { split } : {}),
    })),
    emptyClasses: [],
    notes: [],
  };
}

function checkClasses({ emptyClasses, ...listing }: Unchecked, directory: string): Listing {
  if (listing.images.length === 0) throw new DataError(`${directory} holds no images. ${layouts}`, directory);
  if (emptyClasses.length > 0) {
    throw new DataError(
      `${namesOf(emptyClasses)} ${emptyClasses.length === 1 ? 'is a class' : 'are classes'} without PNG or JPEG images: put some there, or remove ${emptyClasses.length === 1 ? 'it' : 'them'}.`,
      emptyClasses[0],
    );
  }
  const classNames = [...new Set(listing.images.flatMap(({ labels }) => labels))].sort(byName);
  if (classNames.length < 2)
    throw new DataError(
      `${directory} has one class ("${classNames[0]}"), and there is nothing to tell apart: add another one. ${layouts}`,
      directory,
    );
  if (classNames.length > mostClasses)
    throw new DataError(
      `${directory} has ${classNames.length} classes, at most ${mostClasses} are taken: join some, or check that it is the right folder.`,
      directory,
    );
  return { ...listing, classNames };
}

/** Up to three names, and how many more there are. */
export function namesOf(names: readonly string[]): string {
  const shown = names.slice(0, 3);
  const more = names.length - shown.length;
  if (more > 0) return `${shown.join(', ')} and ${more} more`;
  return shown.length > 1 ? `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}` : (shown[0] ?? '');
}

function statOf(path: string): ReturnType<typeof statSync> & object {
  try {
    return statSync(path);
  } catch (cause) {
    throw new DataError(
      `${path} ${systemReason(cause)}: name the folder of your images with --data-dir.`,
      path,
      {
        cause,
      },
    );
  }
}

/** What a folder holds, links followed; hidden names and the notes of file managers are passed over. */
function entries(directory: string): { name: string; file: boolean }[] {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch (cause) {
    throw new DataError(`${directory} ${systemReason(cause)}: check its permissions.`, directory, { cause });
  }
  return names
    .filter((name) => !name.startsWith('.') && name !== '__MACOSX')
    .flatMap((name) => {
      const stats = statSync(join(directory, name), { throwIfNoEntry: false });
      return stats && (stats.isFile() || stats.isDirectory()) ? [{ name, file: stats.isFile() }] : [];
    });
}

const subFolders = (directory: string): string[] =>
  entries(directory).flatMap(({ name, file }) => (file ? [] : [name]));

function filesBelow(directory: string): string[] {
  return entries(directory).flatMap(({ name, file }) => {
    const path = join(directory, name);
    return file ? [path] : filesBelow(path);
  });
}

const nameBelow = (root: string, path: string): string => {
  const below = relative(root, path);
  return (below.startsWith('..') ? path : below).split(sep).join('/');
};
