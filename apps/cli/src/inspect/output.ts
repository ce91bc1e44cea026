/** Files that a command was asked to write: refused before the work where that cannot be done, written whole or not at all. */
import { dirname } from 'node:path';
import { FailedRun, UserError, systemReason } from '../errors.js';
import { prepareDirectory } from '../options/output-directory.js';
import { writeFileAtomically } from '../runs/atomic.js';

/** @throws UserError when the name has another ending, or the folder cannot be written to */
export function checkOutput(flag: string, file: string, ending: `.${string}`): void {
  if (!file.toLowerCase().endsWith(ending))
    throw new UserError(`${flag}: "${file}" should end in ${ending}, the only format that is written.`);
  prepareDirectory(flag, dirname(file));
}

/** @throws FailedRun when the file cannot be written after all */
export function writeOutput(file: string, contents: string | Uint8Array): void {
  try {
    writeFileAtomically(file, contents);
  } catch (error) {
    const reason = systemReason(error);
    throw reason === undefined ? error : new FailedRun(`writing ${file} failed (${reason}).`);
  }
}
