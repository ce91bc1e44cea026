/**
 * Downloads a data set: mirror after mirror until a file with the right SHA-256 is there. A file has its name only when it is whole and checked; until then its bytes
 * are in `NAME.part`, from which a later attempt goes on.
 */
import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  fsyncSync,
  openSync,
  closeSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { DataError } from '../errors.js';
import { systemReason } from '../files/bytes.js';
import type { RemoteDataset, RemoteFile } from './catalogue.js';
import { download, Interruption, MirrorError } from './download.js';

/** What happens during a fetch; `from`, `done` and `bytes` count bytes of the file. */
export type FetchEvent =
  | { readonly kind: 'present'; readonly file: string }
  /** There is a file of the name, with other bytes than were published. It stays until the right one is there. */
  | { readonly kind: 'different'; readonly file: string }
  | {
      readonly kind: 'start';
      readonly file: string;
      readonly url: string;
      readonly from: number;
      readonly bytes: number;
    }
  | { readonly kind: 'progress'; readonly file: string; readonly done: number; readonly bytes: number }
  | { readonly kind: 'problem'; readonly file: string; readonly url: string; readonly reason: string }
  | { readonly kind: 'done'; readonly file: string; readonly bytes: number };

/** Where files go, and how patient a fetch is. */
export interface FetchOptions {
  /** The folder of data sets; files go into its sub-folder of the data set's name. */
  readonly directory: string;
  readonly onEvent?: (event: FetchEvent) => void;
  /** Milliseconds of silence after which a connection is given up. Default 30,000. */
  readonly silence?: number;
  /** How often a server may break off without having sent anything new. Default 3. */
  readonly attempts?: number;
}

const sizeOf = (file: string): number => (existsSync(file) ? statSync(file).size : 0);

/** SHA-256 of a file, in hexadecimal. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

/** The folder of a data set's files. */
export const folderOf = (directory: string, { name }: RemoteDataset): string => join(directory, name);

/** The files that are not there. */
export const missingFiles = (dataset: RemoteDataset, directory: string): RemoteFile[] =>
  dataset.files.filter(({ name }) => !existsSync(join(folderOf(directory, dataset), name)));

/** How to come by the files without this program: those that are not there, or those named. */
export function byHand(
  dataset: RemoteDataset,
  directory: string,
  wanted: readonly Pick<RemoteFile, 'name'>[] = missingFiles(dataset, directory),
): string {
  const files = wanted.map(({ name }) => name);
  return `By hand: get ${files.join(', ')} from ${dataset.mirrors.join(' or ')} on a machine with network, and put ${files.length === 1 ? 'it' : 'them'} into ${folderOf(directory, dataset)} (or name another folder with --data-dir).`;
}

/**
 * Fetches what is missing of a data set, and what is there with other bytes than were published.
 *
 * @returns the folder with the files
 * @throws DataError when no mirror gives a right file: which said what, and how to place files by hand; or when the folder cannot be written
 */
export async function fetchDataset(dataset: RemoteDataset, options: FetchOptions): Promise<string> {
  const folder = folderOf(options.directory, dataset);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw new DataError(`${folder} ${systemReason(cause)}: name another folder with --data-dir.`, folder, {
      cause,
    });
  }
  for (const file of dataset.files) await fetchFile(dataset, file, folder, options);
  return folder;
}

async function fetchFile(
  dataset: RemoteDataset,
  file: RemoteFile,
  folder: string,
  { directory, onEvent, silence = 30_000, attempts = 3 }: FetchOptions,
): Promise<void> {
  const path = join(folder, file.name);
  if (existsSync(path)) {
    if ((await sha256Of(path)) === file.sha256) {
      onEvent?.({ kind: 'present', file: path });
      return;
    }
    onEvent?.({ kind: 'different', file: path });
  }
  const part = `${path}.part`;
  const problems: string[] = [];
  for (const mirror of dataset.mirrors) {
    const url = new URL(file.name, mirror).href;
    const problem = (reason: string): void => {
      problems.push(`${mirror}: ${reason}`);
      onEvent?.({ kind: 'problem', file: path, url, reason });
    };
    try {
      for (let anew = false; !anew;) {
        // Bytes of an earlier run, or of another mirror, may be the wrong ones: then this mirror is asked for all of them.
        anew = sizeOf(part) === 0;
        await downloadWhole(url, part, file, { silence, attempts, onEvent, path });
        if ((await sha256Of(part)) === file.sha256) {
          settle(part, path);
          onEvent?.({ kind: 'done', file: path, bytes: file.bytes });
          return;
        }
        rmSync(part, { force: true });
        if (!anew)
          onEvent?.({
            kind: 'problem',
            file: path,
            url,
            reason:
              'with the part that was here the bytes are not those of the file (SHA-256 differs); beginning anew',
          });
      }
      problem('its bytes are not those of the file (SHA-256 differs); nothing of it is kept');
    } catch (error) {
      if (!(error instanceof MirrorError || error instanceof Interruption)) throw writingError(error, path);
      problem(error.message);
    }
  }
  if (sizeOf(part) === 0) rmSync(part, { force: true });
  throw new DataError(
    `${dataset.name}: ${file.name} could not be fetched. ${problems.join('; ')}. Behind a proxy, set HTTPS_PROXY. ${byHand(dataset, directory, unsettled(dataset, directory, file))}`,
    path,
  );
}

/** The files that are still to come after one that could not be fetched. */
const unsettled = (dataset: RemoteDataset, directory: string, failed: RemoteFile): RemoteFile[] => {
  const missing = missingFiles(dataset, directory);
  return missing.includes(failed) ? missing : [failed, ...missing];
};

/** Goes on with the same server as long as it sends something, and a few times when it does not. */
async function downloadWhole(
  url: string,
  part: string,
  { bytes }: RemoteFile,
  {
    silence,
    attempts,
    onEvent,
    path,
  }: Required<Pick<FetchOptions, 'silence' | 'attempts'>> & {
    readonly onEvent: FetchOptions['onEvent'];
    readonly path: string;
  },
): Promise<void> {
  const size = (): number => sizeOf(part);
  if (size() === bytes) return; // whole, but ended before the check
  for (let failures = 0; ;) {
    const from = size();
    onEvent?.({ kind: 'start', file: path, url, from, bytes });
    try {
      await download(url, part, {
        ...{ bytes, silence },
        onProgress: (done) => onEvent?.({ kind: 'progress', file: path, done, bytes }),
      });
      return;
    } catch (error) {
      if (!(error instanceof Interruption)) throw error;
      failures = size() > from ? 0 : failures + 1;
      if (failures >= attempts) throw error;
      onEvent?.({ kind: 'problem', file: path, url, reason: `${error.message}; going on at byte ${size()}` });
    }
  }
}

/** The name is given last, when the bytes are on the disk. */
function settle(part: string, path: string): void {
  const descriptor = openSync(part, 'r+');
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(part, path);
}

function writingError(error: unknown, path: string): unknown {
  const isSystem = error instanceof Error && 'syscall' in error;
  return isSystem
    ? new DataError(
        `${path} cannot be written (${error.message}): free some space, or name another folder with --data-dir.`,
        path,
        { cause: error },
      )
    : error;
}
