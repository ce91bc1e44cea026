/**
 * Geometric steps: rotation and, more generally, any affine map, with bilinear sampling; whole-pixel shifts; crops and padding. Each is a
 * pure function of an image (H x W x C values, row-major) and explicit parameters. `out` may be given to save the allocation; it must
 * not be the image itself.
 */
import type { ImageShape } from '../values/dataset.js';

/** source x = a x + b y + c, source y = d x + e y + f, for the destination pixel (x, y). */
export type AffineMap = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** Samples the image bilinearly at the inverse image of every destination pixel; outside it is `border`, for all channels or for each. */
export function warpAffine(
  image: Float32Array,
  shape: ImageShape,
  [a, b, c, d, e, f]: AffineMap,
  out: Float32Array = new Float32Array(image.length),
  border: number | readonly number[] = 0,
): Float32Array {
  const [height, width, channels] = shape;
  const outside = typeof border === 'number' ? new Array<number>(channels).fill(border) : border;
  const stride = width * channels;
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += channels) {
      const sourceX = a * x + b * y + c;
      const sourceY = d * x + e * y + f;
      const left = Math.floor(sourceX);
      const top = Math.floor(sourceY);
      if (left >= 0 && top >= 0 && left < width - 1 && top < height - 1) {
        // All four neighbours exist: by far the most frequent case, so it has no branches.
        const right = sourceX - left; // weight of the right neighbour
        const below = sourceY - top;
        const from = top * stride + left * channels;
        for (let channel = 0; channel < channels; channel++) {
          const at = from + channel;
          out[to + channel] =
            (image[at]! * (1 - right) + image[at + channels]! * right) * (1 - below) +
            (image[at + stride]! * (1 - right) + image[at + stride + channels]! * right) * below;
        }
      } else if (left < -1 || top < -1 || left >= width || top >= height) {
        for (let channel = 0; channel < channels; channel++) out[to + channel] = outside[channel]!;
      } else sampleAtEdge(image, shape, sourceX, sourceY, out, to, outside);
    }
  }
  return out;
}

/** One pixel of which some neighbours lie outside the image. */
function sampleAtEdge(
  image: Float32Array,
  [height, width, channels]: ImageShape,
  sourceX: number,
  sourceY: number,
  out: Float32Array,
  to: number,
  outside: readonly number[],
): void {
  const [left, top] = [Math.floor(sourceX), Math.floor(sourceY)];
  const [right, below] = [sourceX - left, sourceY - top];
  const value = (x: number, y: number, channel: number): number =>
    x >= 0 && x < width && y >= 0 && y < height
      ? image[(y * width + x) * channels + channel]!
      : outside[channel]!;
  for (let channel = 0; channel < channels; channel++) {
    out[to + channel] =
      (value(left, top, channel) * (1 - right) + value(left + 1, top, channel) * right) * (1 - below) +
      (value(left, top + 1, channel) * (1 - right) + value(left + 1, top + 1, channel) * right) * below;
  }
}

/**
 * Rotates about (width / 2, height / 2) by `angle` degrees, counter-clockwise as displayed, with zeros moving in: OpenCV's
 * getRotationMatrix2D and warpAffine, but with exact positions where OpenCV rounds them to 1/32 pixel (results differ by < 2e-2).
 */
export function rotate(
  image: Float32Array,
  shape: ImageShape,
  angle: number,
  out: Float32Array = new Float32Array(image.length),
): Float32Array {
  const cosine = Math.cos((angle * Math.PI) / 180);
  const sine = Math.sin((angle * Math.PI) / 180);
  const centerY = shape[0] / 2;
  const centerX = shape[1] / 2;
  // The inverse of [[cos, sin], [-sin, cos]] about the centre: destination to source.
  const offsetX = centerX - cosine * centerX + sine * centerY;
  const offsetY = centerY - sine * centerX - cosine * centerY;
  return warpAffine(image, shape, [cosine, -sine, offsetX, sine, cosine, offsetY], out);
}

/** Moves the image right by `dx` and down by `dy` whole pixels; zeros move in, what leaves is lost. */
export function shift(
  image: Float32Array,
  shape: ImageShape,
  dx: number,
  dy: number,
  out: Float32Array = new Float32Array(image.length),
): Float32Array {
  const [height, width, channels] = shape;
  out.fill(0);
  const fromX = Math.max(0, -dx);
  const count = Math.min(width, width - dx) - fromX;
  if (count <= 0) return out;
  for (let y = Math.max(0, -dy); y < Math.min(height, height - dy); y++) {
    const from = (y * width + fromX) * channels;
    const to = ((y + dy) * width + fromX + dx) * channels;
    for (let at = 0; at < count * channels; at++) out[to + at] = image[from + at]!;
  }
  return out;
}

/** The window of `height` x `width` pixels whose first row and column are `top` and `left`. Throws RangeError outside the image. */
export function crop(
  image: Float32Array,
  shape: ImageShape,
  top: number,
  left: number,
  height: number,
  width: number,
  out: Float32Array = new Float32Array(height * width * shape[2]),
): Float32Array {
  const [fullHeight, fullWidth, channels] = shape;
  if (top < 0 || left < 0 || top + height > fullHeight || left + width > fullWidth) {
    throw new RangeError(
      `crop: rows ${top}..${top + height - 1}, columns ${left}..${left + width - 1} leave the image of ${fullHeight}x${fullWidth}. Crop inside it.`,
    );
  }
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * fullWidth + left) * channels;
    for (let at = 0; at < width * channels; at++) out[y * width * channels + at] = image[from + at]!;
  }
  return out;
}

/** Surrounds the image by `border` pixels of zero. */
export function pad(
  image: Float32Array,
  shape: ImageShape,
  border: number,
  out: Float32Array = new Float32Array((shape[0] + 2 * border) * (shape[1] + 2 * border) * shape[2]),
): Float32Array {
  const [height, width, channels] = shape;
  const stride = (width + 2 * border) * channels;
  out.fill(0);
  for (let y = 0; y < height; y++) {
    const to = (y + border) * stride + border * channels;
    for (let at = 0; at < width * channels; at++) out[to + at] = image[y * width * channels + at]!;
  }
  return out;
}
