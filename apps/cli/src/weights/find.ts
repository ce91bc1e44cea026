/**
 * Weights by name: `--weights efficient-capsnet-mnist` is the file of that name in the folder `weights` of the clone, or in the user's folder, where
 * those who have the npm package alone keep what they downloaded. Anything with a folder or the ending of a weights file in it is a path.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dataDirectory } from '@capsnet/datasets/node';
import { UserError } from '../errors.js';
import { suggestion } from '../options/nearest.js';

const ending = '.safetensors';

/** The folder `weights` of the repository that this program was started from; undefined for an installed package. */
export function cloneFolder(from = dirname(fileURLToPath(import.meta.url))): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    // The workspace of this project, not that of somebody who depends on it.
    const weights = join(folder, 'weights');
    if (existsSync(join(folder, 'packages', 'capsules')) && existsSync(weights)) return weights;
    if (folder === dirname(folder)) return undefined;
  }
}

/** Where weights are looked for by name, the first that has them: the clone, then `weights` in the user's folder of data (or in CAPSNET_DATA). */
export const weightsFolders = (): readonly string[] => [
  ...(cloneFolder() === undefined ? [] : [cloneFolder()!]),
  join(dataDirectory(), 'weights'),
];

export interface NamedWeights {
  readonly name: string;
  readonly file: string;
}

/** All weights that have a name, sorted by it. */
export function listWeights(folders = weightsFolders()): NamedWeights[] {
  const found = new Map<string, string>();
  for (const folder of folders) {
    const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(ending)) : [];
    for (const file of files) {
      const name = file.slice(0, -ending.length);
      if (!found.has(name)) found.set(name, join(folder, file));
    }
  }
  return [...found].map(([name, file]) => ({ name, file })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Where the weights of the project are for who has none of them. */
export const weightsOrigin = (folders = weightsFolders()): string =>
  `Those of the project lie in the folder "weights" of its repository, which the packages do not carry; files NAME${ending} in ${folders.at(-1)} can be given by name.`;

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

/**
 * The file that `--weights` means.
 *
 * @throws UserError for a name that no folder has, with the names that there are
 */
export function findWeights(given: string, folders = weightsFolders()): string {
  if (/[\\/]/.test(given) || isFile(given)) return given;
  const known = listWeights(folders);
  const found = known.find(({ name }) => name === given);
  if (found) return found.file;
  const names = known.map(({ name }) => name);
  if (/\.(safetensors|h5|hdf5)$/i.test(given)) {
    const name = given.slice(0, -ending.length);
    if (!given.endsWith(ending) || !names.includes(name)) return given;
    throw new UserError(
      `--weights: there is no file "${given}" here, but weights of that name: give "${name}", without the ending.`,
    );
  }
  const there =
    names.length === 0
      ? `No weights have a name here. ${weightsOrigin(folders)}`
      : `There are: ${names.join(', ')}. Give one of these names, a .safetensors file, or put ${given}${ending} into ${folders.at(-1)}.`;
  throw new UserError(
    `--weights: there are no weights called "${given}".${suggestion(given, names)} ${there}`,
  );
}
