/**
 * Images as plain values; what makes, changes, orders and batches them. Everything here also runs in a browser; what needs
 * files, threads or the network is in `@capsnet/datasets/node`.
 *
 * @module @capsnet/datasets
 */
export { DataError } from './errors.js';
export * from './random.js';
export * from './values/dataset.js';
export { contentHashes } from './values/hash.js';
export * from './values/classNames.js';
export { decodeIdx, encodeIdx, type IdxArray } from './formats/idx.js';
export * from './augment/geometry.js';
export * from './augment/resize.js';
export * from './augment/mnist.js';
export * from './augment/norb.js';
export * from './augment/general.js';
export * from './augment/preprocess.js';
export { digits, drawDigit, type DigitsOptions } from './digits/digits.js';
export { toys, toysCount, toyInstances, type ToysOptions } from './toys/toys.js';
export { overlay, overlayBorder, overlayMaximumShift } from './multimnist/merge.js';
export * from './batches/order.js';
export * from './batches/recipe.js';
export { examplesOf, type Examples } from './batches/examples.js';
export * from './batches/pipeline.js';
export * from './conformance/augmentCases.js';
