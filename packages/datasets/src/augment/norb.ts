/**
 * smallNORB as Efficient-CapsNet takes it (Mazzia, Salvetti, Chiaberge 2021, and their code): each camera standardised over the split, 96
 * -> 64 pixels, and a window of 48: a random one with random brightness and contrast for training, the middle one for testing.
 */
import { draws, type RandomKey } from '../random.js';
import { imageSize, type ImageShape } from '../values/dataset.js';
import { crop } from './geometry.js';
import { resize } from './resize.js';

/** Mean and (population) standard deviation of each channel. */
export interface ChannelStatistics {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/**
 * The statistics of each channel over all images, in float64, with the deviation taken about the mean. Bytes are counted first: half a
 * gigabyte then needs one quick pass, and no rounding.
 */
export function channelStatistics(images: Uint8Array | Float32Array, channels: number): ChannelStatistics {
  const pixels = images.length / channels;
  const of = Array.from({ length: channels }, (_, channel) =>
    images instanceof Uint8Array
      ? byteStatistics(images, channel, channels)
      : floatStatistics(images, channel, channels),
  );
  return {
    mean: of.map(({ sum }) => sum / pixels),
    deviation: of.map(({ squares }) => Math.sqrt(squares / pixels)),
  };
}

function byteStatistics(images: Uint8Array, channel: number, channels: number) {
  const counts = new Float64Array(256);
  for (let at = channel; at < images.length; at += channels) counts[images[at]!]! += 1;
  const sum = counts.reduce((total, count, value) => total + count * value, 0);
  const mean = (sum * channels) / images.length;
  return { sum, squares: counts.reduce((total, count, value) => total + count * (value - mean) ** 2, 0) };
}

function floatStatistics(images: Float32Array, channel: number, channels: number) {
  let sum = 0;
  for (let at = channel; at < images.length; at += channels) sum += images[at]!;
  const mean = (sum * channels) / images.length;
  let squares = 0;
  for (let at = channel; at < images.length; at += channels) squares += (images[at]! - mean) ** 2;
  return { sum, squares };
}

/** (value - mean) / deviation, channel by channel; a channel that never changes becomes 0. */
export function standardise(
  images: ArrayLike<number>,
  { mean, deviation }: ChannelStatistics,
  out: Float32Array = new Float32Array(images.length),
): Float32Array {
  const channels = mean.length;
  for (let at = 0; at < images.length; at++) {
    const channel = at % channels;
    out[at] = (images[at]! - mean[channel]!) / (deviation[channel]! || 1);
  }
  return out;
}

/** The sizes of the reference: 96 pixels become 64, of which a window of 48 is used. */
export const norbScale = 64;
/** Side of the window of a smallNORB image that a model sees, in pixels. */
export const norbPatch = 48;

/** Standardises and resizes one image of bytes: H x W x C to `scale` x `scale` x C. */
export function preprocessNorb(
  image: ArrayLike<number>,
  shape: ImageShape,
  statistics: ChannelStatistics,
  scale = norbScale,
): Float32Array {
  return resize(standardise(image, statistics), shape, scale, scale, 'bilinear');
}

/** The middle `patch` rows and columns. */
export function centerCrop(
  image: Float32Array,
  shape: ImageShape,
  patch: number,
  out?: Float32Array,
): Float32Array {
  return crop(image, shape, (shape[0] - patch) >> 1, (shape[1] - patch) >> 1, patch, patch, out);
}

/** Adds `delta` to every value; no clipping. */
export function brightness(
  image: Float32Array,
  delta: number,
  out: Float32Array = new Float32Array(image.length),
): Float32Array {
  for (let at = 0; at < image.length; at++) out[at] = image[at]! + delta;
  return out;
}

/** (value - mean) * factor + mean with the mean of each channel of this image; no clipping. */
export function contrast(
  image: Float32Array,
  channels: number,
  factor: number,
  out: Float32Array = new Float32Array(image.length),
): Float32Array {
  const pixels = image.length / channels;
  for (let channel = 0; channel < channels; channel++) {
    let sum = 0;
    for (let at = channel; at < image.length; at += channels) sum += image[at]!;
    const mean = sum / pixels;
    for (let at = channel; at < image.length; at += channels) out[at] = (image[at]! - mean) * factor + mean;
  }
  return out;
}

/** What was drawn for one smallNORB image: the window's corner in pixels, added brightness, factor of contrast. */
export interface NorbAugmentation {
  readonly top: number;
  readonly left: number;
  readonly delta: number;
  readonly factor: number;
}

/** Corner uniform in 0..size-patch, brightness uniform in +-2, contrast uniform in 0.5..1.5. */
export function drawNorbAugmentation(
  key: RandomKey,
  [height, width]: ImageShape,
  patch = norbPatch,
): NorbAugmentation {
  const draw = draws(key);
  return {
    top: draw.integer(height - patch + 1),
    left: draw.integer(width - patch + 1),
    delta: draw.uniform(-2, 2),
    factor: draw.uniform(0.5, 1.5),
  };
}

/** Crop, brightness, contrast, of an image that `preprocessNorb` made. */
export function augmentNorb(
  image: Float32Array,
  shape: ImageShape,
  { top, left, delta, factor }: NorbAugmentation,
  patch = norbPatch,
  out: Float32Array = new Float32Array(imageSize([patch, patch, shape[2]])),
): Float32Array {
  crop(image, shape, top, left, patch, patch, out);
  brightness(out, delta, out);
  return contrast(out, shape[2], factor, out);
}
