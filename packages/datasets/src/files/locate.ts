/** Whether a data set is at hand, by the rules that the readers go by. */
import { dirname } from 'node:path';
import { DataError } from '../errors.js';
import type { Split } from '../values/dataset.js';
import { locateIdxDataset, type IdxDatasetName } from './mnist.js';
import { locateNorbDataset } from './norb.js';

/** The data sets that come as files. */
export type FileDatasetName = IdxDatasetName | 'smallnorb';

function fileOf(name: FileDatasetName, split: Split, directories: readonly string[]): string {
  if (name === 'smallnorb') return locateNorbDataset(directories, split).dat;
  const files = locateIdxDataset(name, split, directories);
  return 'archive' in files ? files.archive : files.images;
}

/**
 * The folder with the files of a data set, under any of the names that its reader takes; undefined when a file is missing. Nothing is read.
 *
 * @param directories looked into in this order: each may hold the files, or a sub-folder of the data set's name that does
 * @throws Error for a defect only: a folder that is missing or may not be read has no files
 */
export function locateDataset(name: FileDatasetName, directories: readonly string[]): string | undefined {
  try {
    fileOf(name, 'test', directories);
    return dirname(fileOf(name, 'train', directories));
  } catch (error) {
    // A folder that may not be read is none that has them.
    if (error instanceof DataError || (error as NodeJS.ErrnoException).code !== undefined) return undefined;
    throw error;
  }
}
