/**
 * The data sets that commands take by name, a split at a time.
 */
import { DataError, digits, limit as firstOf, type ImageDataset, type Split } from '@capsnet/datasets';
import { dataDirectory, readIdxDataset } from '@capsnet/datasets/node';
import { UserError } from '../errors.js';
import { oneOf } from '../options/values.js';

export const datasetNames = ['digits', 'mnist', 'fashion-mnist'] as const;
export type DatasetName = (typeof datasetNames)[number];

/** Reads `--dataset`, proposing the nearest name for an unknown one. */
export const datasetName = oneOf('--dataset', 'data set', datasetNames);

export interface LoadOptions {
  /** Value of `--data-dir`. */
  readonly dataDir?: string | undefined;
  /** Only the first images. */
  readonly limit?: number | undefined;
}

/**
 * Loads a split, or its first `limit` images.
 *
 * @throws UserError when files are missing, damaged or do not belong together
 */
export function loadSplit(name: DatasetName, split: Split, { dataDir, limit }: LoadOptions): ImageDataset {
  if (name === 'digits')
    return digits({ split, ...(limit === undefined ? {} : { count: Math.min(limit, generated[split]) }) });
  try {
    return firstOf(readIdxDataset(name, split, dataDirectory({ dataDir })), limit);
  } catch (error) {
    if (error instanceof DataError) throw new UserError(error.message);
    throw error;
  }
}

/** As many generated digits as MNIST has images. */
const generated: Readonly<Record<Split, number>> = { train: 60_000, test: 10_000 };
