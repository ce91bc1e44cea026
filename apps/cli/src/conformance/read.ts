/** Folders of reference values on the disk. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemReason } from '../errors.js';
import { parseIndex, unreadable, type GoldenFolder } from './golden.js';

/** @throws UserError when there is no readable `index.json` with a list of cases */
export function readFolder(path: string): GoldenFolder {
  const index = join(path, 'index.json');
  let text: string;
  try {
    text = readFileSync(index, 'utf8');
  } catch (error) {
    throw unreadable(index, systemReason(error) ?? (error instanceof Error ? error.message : String(error)));
  }
  return { path, cases: parseIndex(text, index), read: (file) => readFileSync(join(path, file)) };
}
