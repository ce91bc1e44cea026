/**
 * Files that appear whole or not at all: written under another name in the same folder, flushed to the disk, then renamed, which replaces the old file
 * in one step. A reader, or a crash at any moment, finds the previous contents or the new ones.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isRunning } from './process.js';

/**
 * Replaces the contents of `file`.
 *
 * @throws what the file system throws; the file then has its previous contents, and no remains are left beside it.
 */
export function writeFileAtomically(file: string, contents: string | Uint8Array): void {
  const replacement = openReplacement(file);
  try {
    replacement.write(typeof contents === 'string' ? Buffer.from(contents) : contents, 0);
    replacement.commit();
  } catch (error) {
    replacement.abandon();
    throw error;
  }
}

/** The new contents of a file, before they take its name. */
export interface Replacement {
  /** Writes bytes at a place of the new contents. */
  write(bytes: Uint8Array, at: number): void;
  /** Brings the contents to the disk, calls `before`, and gives them the file's name. */
  commit(before?: () => void): void;
  /** Removes what has been written; the file stays as it is. */
  abandon(): void;
}

/** Begins to replace a file; exactly one of `commit` and `abandon` has to follow, or `abandon` after a `commit` that failed. */
export function openReplacement(file: string): Replacement {
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}.tmp`);
  const handle = openSync(temporary, 'w');
  let open = true;
  const close = (): void => {
    if (open) closeSync(handle);
    open = false;
  };
  return {
    write(bytes, at) {
      for (let done = 0; done < bytes.length;)
        done += writeSync(handle, bytes, done, bytes.length - done, at + done);
    },
    commit(before) {
      fsyncSync(handle);
      close();
      before?.();
      renameSync(temporary, file);
    },
    abandon() {
      close();
      rmSync(temporary, { force: true });
    },
  };
}

/** The names that `writeFileAtomically` and `prepareDirectory` write under, with the process that does. */
const temporaryName = /^\..+\.(\d+)\.tmp$|^\.capsnet-(\d+)\.probe$/;

/** Removes the half-written files that processes left in a folder when they were killed. */
export function removeRemains(directory: string): void {
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory)) {
    const match = temporaryName.exec(name);
    if (match && !isRunning(Number(match[1] ?? match[2]))) rmSync(join(directory, name), { force: true });
  }
}
