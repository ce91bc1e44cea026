/** The data sets that commands take by name. */
import { oneOf } from '../options/values.js';

export const datasetNames = [
  'digits',
  'mnist',
  'fashion-mnist',
  'multimnist',
  'smallnorb',
  'toys',
  'folder',
] as const;
export type DatasetName = (typeof datasetNames)[number];

/** Reads `--dataset`, proposing the nearest name for an unknown one. */
export const datasetName = oneOf('--dataset', 'data set', datasetNames);
