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
 * @param before called when the new contents are on the disk, just before they take the file's name
 * @throws what the file system throws; the file then has its previous contents, and no remains are left beside it.
 */
export function writeFileAtomically(
  file: string,
  contents: string | Uint8Array,
  before: () => void = () => undefined,
): void {
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}.tmp`);
  const bytes = typeof contents === 'string' ? Buffer.from(contents) : contents;
  try {
    const handle = openSync(temporary, 'w');
    try {
      for (let offset = 0; offset < bytes.length;) offset += writeSync(handle, bytes, offset);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    before();
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
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
