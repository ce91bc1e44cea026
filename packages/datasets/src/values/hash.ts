/** Telling images by their contents. */
import { imageSize, type ImageDataset } from './dataset.js';

/**
 * A number of 53 bits for each image that depends on its values alone: equal images have equal numbers, and different ones among a million
 * have different ones but for a chance of 1 in 10,000. Two FNV-1a hashes (Fowler, Noll, Vo; RFC 9923) side by side over 32-bit words, the
 * second with another start and the words turned, so that they differ independently.
 */
export function contentHashes({ shape, count, images }: ImageDataset): Float64Array {
  const size = imageSize(shape);
  const bytes = size * images.BYTES_PER_ELEMENT;
  const view = new Uint8Array(images.buffer, images.byteOffset, images.byteLength);
  const word = new Uint32Array(Math.ceil(bytes / 4)); // the last one filled up with zeros
  const wordBytes = new Uint8Array(word.buffer);
  const hashes = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    wordBytes.set(view.subarray(index * bytes, (index + 1) * bytes));
    let first = 0x811c9dc5;
    let second = 0x9e3779b9;
    for (const value of word) {
      first = Math.imul(first ^ value, 0x01000193);
      first ^= first >>> 15; // a plain product moves bits upwards only
      second = Math.imul(second ^ ((value << 13) | (value >>> 19)), 0x85ebca6b);
      second ^= second >>> 13;
    }
    hashes[index] = (first >>> 0) * 2 ** 21 + (second >>> 11);
  }
  return hashes;
}
