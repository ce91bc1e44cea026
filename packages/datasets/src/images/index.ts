/** @capsnet/datasets/images: pictures from files, in Node and in browsers. */
export { DataError } from '../errors.js';
export { decodeImage, type DecodedImage } from './decode.js';
export { imageHeader, type ImageHeader } from './header.js';
export { resizeModes, type ResizeMode } from '../choices.js';
export { prepareImage } from './prepare.js';
