/**
 * What needs files, threads or the network.
 *
 * @module @capsnet/datasets/node
 */
export { dataDirectories, dataDirectory, type DataDirectoryOptions } from './files/dataDirectory.js';
export { readBytes, isGzip } from './files/bytes.js';
export { idxFileNames, readIdxDataset, writeIdxDataset, type IdxDatasetName } from './files/mnist.js';
export { locateDataset, type FileDatasetName } from './files/locate.js';
export { norbFileName, readNorbDataset, writeNorbDataset } from './files/norb.js';
export { readNpzDataset, writeNpzDataset } from './files/npz.js';
export { prefetch, shareDataset, type Prefetcher, type PrefetchOptions } from './batches/prefetch.js';
export {
  chooseSize,
  defaultTestShare,
  readImageFolder,
  readTestFolder,
  type FolderOptions,
  type ImageFolder,
  type Preparation,
} from './folder/read.js';
export { colourModes, sideLimits, type ColourMode } from './choices.js';
export { listImages, mostClasses, type ListedImage, type Listing } from './folder/layout.js';
export { remoteDatasets, type RemoteDataset, type RemoteFile } from './fetch/catalogue.js';
export {
  byHand,
  fetchDataset,
  folderOf,
  missingFiles,
  sha256Of,
  type FetchEvent,
  type FetchOptions,
} from './fetch/fetch.js';
