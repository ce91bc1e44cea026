/**
 * The augmentation that Efficient-CapsNet is trained with on MNIST (Mazzia, Salvetti, Chiaberge 2021, "Experimental settings", and their
 * code): rotate, shift, squish, erase, in this order. Each step is a function of the image and explicit parameters; the
 * parameters are drawn apart from it, from a key.
 */
import { draws, foldIn, type RandomKey } from '../random.js';
import { imageSize, type ImageShape } from '../values/dataset.js';
import { rotate, shift } from './geometry.js';
import { resizeWidth } from './resize.js';

/** Empty columns and rows around the drawing. */
export type Margins = readonly [left: number, right: number, top: number, bottom: number];

/** The margins of zeros around what is drawn. A blank image has none to move within: all are 0. */
export function shiftMargins(image: Float32Array, [height, width, channels]: ImageShape): Margins {
  const stride = width * channels;
  const isEmpty = (from: number, to: number): boolean => {
    for (let at = from; at < to; at++) if (image[at] !== 0) return false;
    return true;
  };
  let top = 0;
  while (top < height && isEmpty(top * stride, (top + 1) * stride)) top++;
  if (top === height) return [0, 0, 0, 0];
  let bottom = height - 1;
  while (isEmpty(bottom * stride, (bottom + 1) * stride)) bottom--;
  // Each row narrows the margins: it is looked at from both sides up to the drawing found so far.
  let left = stride;
  let right = -1;
  for (let row = top * stride; row <= bottom * stride; row += stride) {
    let at = 0;
    while (at < left && image[row + at] === 0) at++;
    left = at;
    at = stride - 1;
    while (at > right && image[row + at] === 0) at--;
    right = at;
  }
  return [Math.floor(left / channels), width - 1 - Math.floor(right / channels), top, height - 1 - bottom];
}

/**
 * The shift within the margins: magnitudes in [0, 1) and directions (0: left or up). Left and up are floor(-magnitude * margin), as in
 * the reference: the floor of a negative number, so that the least magnitude already moves by one; right and down are
 * floor(magnitude * (1 + margin)).
 */
export function shiftAmounts(
  [left, right, top, bottom]: Margins,
  [magnitudeX, magnitudeY]: readonly [number, number],
  [directionY, directionX]: readonly [number, number],
): [dx: number, dy: number] {
  const amount = (magnitude: number, direction: number, before: number, after: number) =>
    (direction === 0 ? Math.floor(-magnitude * before) : Math.floor(magnitude * (1 + after))) + 0;
  return [amount(magnitudeX, directionX, left, right), amount(magnitudeY, directionY, top, bottom)];
}

/**
 * Makes the image narrower by `widthModulation` columns (Lanczos-3, anti-aliased, not clipped: ringing may leave the range by a
 * little) and puts it at column floor(widthModulation / 2) + offsetModulation of an empty image.
 */
export function squish(
  image: Float32Array,
  shape: ImageShape,
  widthModulation: number,
  offsetModulation: number,
  out: Float32Array = new Float32Array(image.length),
  scratch?: Float32Array,
): Float32Array {
  const [height, width, channels] = shape;
  const narrow = width - widthModulation;
  const resized = resizeWidth(image, shape, narrow, 'lanczos3', scratch);
  const offset = Math.floor(widthModulation / 2) + offsetModulation;
  const columns = Math.min(narrow, width - offset) * channels;
  out.fill(0);
  for (let y = 0; y < height; y++) {
    const to = (y * width + offset) * channels;
    const from = y * narrow * channels;
    for (let at = 0; at < columns; at++) out[to + at] = resized[from + at]!;
  }
  return out;
}

/** Sets the square of `size` pixels whose first corner is (row, column) to zero. */
export function erase(
  image: Float32Array,
  [height, width, channels]: ImageShape,
  row: number,
  column: number,
  size: number,
  out: Float32Array = new Float32Array(image.length),
): Float32Array {
  if (out !== image) out.set(image);
  const end = Math.min(column + size, width) * channels;
  for (let y = row; y < Math.min(row + size, height); y++) {
    out.fill(0, y * width * channels + column * channels, y * width * channels + end);
  }
  return out;
}

/** What is drawn for one image. */
export interface MnistAugmentation {
  /** Degrees, counter-clockwise; 0 for half of the images. */
  readonly angle: number;
  readonly shiftMagnitudes: readonly [x: number, y: number];
  readonly shiftDirections: readonly [y: number, x: number];
  readonly widthModulation: number;
  readonly offsetModulation: number;
  readonly eraseRow: number;
  readonly eraseColumn: number;
}

const deviation = 0.33;
const largest = 0.9999;
const patch = 4;

/**
 * Draws the parameters as the reference does for 28 x 28: angle trunc(30 clip(N(0, 0.33), +-0.9999)), applied when a second such draw is
 * not positive; shift magnitudes min(|N(0, 0.33)|, 0.9999); width modulation floor(7 a + 1) with a like them; the corner of the
 * erased 4 x 4 patch uniform in 4..22. For other sizes 7 stands for width / 4 and 22 for size - 6.
 */
export function drawMnistAugmentation(key: RandomKey, [height, width]: ImageShape): MnistAugmentation {
  const draw = draws(key);
  const signed = () => Math.max(-largest, Math.min(largest, draw.normal(0, deviation)));
  const magnitude = () => Math.min(Math.abs(draw.normal(0, deviation)), largest);
  const coin = () => (draw.chance() ? 1 : 0);
  const angle = Math.trunc(30 * signed()) + 0;
  const rotates = draw.normal(0, deviation) <= 0;
  const corner = (size: number) => patch + draw.integer(Math.max(1, size - 6 - patch + 1));
  return {
    angle: rotates ? angle : 0,
    shiftMagnitudes: [magnitude(), magnitude()],
    shiftDirections: [coin(), coin()],
    widthModulation: Math.floor(magnitude() * Math.floor(width / 4) + 1),
    offsetModulation: coin(),
    eraseRow: corner(height),
    eraseColumn: corner(width),
  };
}

/** An augmenter keeps scratch images between calls; what it computes depends on its arguments alone. */
export type Augmenter<Parameters> = (image: Float32Array, parameters: Parameters, out: Float32Array) => void;

/** Applies the four steps to images of one shape. `out` may be the image. */
export function mnistAugmenter(shape: ImageShape): Augmenter<MnistAugmentation> {
  const [height, width, channels] = shape;
  const size = imageSize(shape);
  const stride = width * channels;
  const rotated = new Float32Array(size);
  const shifted = new Float32Array(size);
  const resized = new Float32Array(size);
  return (image, parameters, out) => {
    const turned = parameters.angle === 0 ? image : rotate(image, shape, parameters.angle, rotated);
    const margins = shiftMargins(turned, shape);
    const [dx, dy] = shiftAmounts(margins, parameters.shiftMagnitudes, parameters.shiftDirections);
    const moved = dx === 0 && dy === 0 ? turned : shift(turned, shape, dx, dy, shifted);
    // Only the rows of the drawing need the sums of `squish`; it reads them to their end before it writes `out`, so the two may be one.
    const first = (margins[2] + dy) * stride;
    const end = (height - margins[3] + dy) * stride;
    const slab: ImageShape = [(end - first) / stride, width, channels];
    const { widthModulation, offsetModulation, eraseRow, eraseColumn } = parameters;
    squish(
      moved.subarray(first, end),
      slab,
      widthModulation,
      offsetModulation,
      out.subarray(first, end),
      resized,
    );
    out.fill(0, 0, first);
    out.fill(0, end);
    erase(out, shape, eraseRow, eraseColumn, patch, out);
  };
}

/** Augments one image with what `key` stands for. */
export function augmentMnist(
  image: Float32Array,
  shape: ImageShape,
  key: RandomKey,
  out: Float32Array = new Float32Array(image.length),
): Float32Array {
  mnistAugmenter(shape)(image, drawMnistAugmentation(key, shape), out);
  return out;
}

/** Augments a batch (N x H x W x C); image i takes the key `foldIn(key, i)`. */
export function augmentMnistBatch(
  images: Float32Array,
  shape: ImageShape,
  key: RandomKey,
  out: Float32Array = new Float32Array(images.length),
): Float32Array {
  const size = imageSize(shape);
  const augment = mnistAugmenter(shape);
  for (let index = 0, at = 0; at < images.length; index++, at += size) {
    augment(
      images.subarray(at, at + size),
      drawMnistAugmentation(foldIn(key, index), shape),
      out.subarray(at, at + size),
    );
  }
  return out;
}
