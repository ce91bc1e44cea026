/** Images of any size to the one size that a model sees: fitted into it, or cropped to fill it. */
import { crop } from '../augment/geometry.js';
import { resize } from '../augment/resize.js';
import type { ResizeMode } from '../choices.js';
import type { ImageShape } from '../values/dataset.js';
import type { DecodedImage } from './decode.js';

/**
 * The image in the wanted size and number of channels, values from 0 to 1: height * width * channels of them. Scaling down averages over
 * what a pixel covers (anti-aliasing), so that thin strokes do not break.
 *
 * @throws RangeError when other than 1 or 3 channels are asked for
 */
export function prepareImage(
  image: DecodedImage,
  [height, width, channels]: ImageShape,
  mode: ResizeMode = 'fit',
): Float32Array {
  const coloured = withChannels(image, channels);
  const scaled =
    mode === 'fit' ? fitted(coloured, image, height, width) : cropped(coloured, image, height, width);
  // The sums of weights are 1 up to rounding.
  for (let at = 0; at < scaled.length; at++) scaled[at] = Math.min(1, Math.max(0, scaled[at]!));
  return scaled;

  function fitted(data: Float32Array, from: Size, toHeight: number, toWidth: number): Float32Array {
    const scale = Math.min(toHeight / from.height, toWidth / from.width);
    const rows = Math.min(toHeight, Math.max(1, Math.round(from.height * scale)));
    const columns = Math.min(toWidth, Math.max(1, Math.round(from.width * scale)));
    const small = resize(data, [from.height, from.width, channels], rows, columns, 'triangle');
    if (rows === toHeight && columns === toWidth) return small;
    const edge = edgeColour(data, from, channels);
    const out = Float32Array.from({ length: toHeight * toWidth * channels }, (_, at) => edge[at % channels]!);
    const [top, left] = [Math.floor((toHeight - rows) / 2), Math.floor((toWidth - columns) / 2)];
    const run = columns * channels;
    for (let row = 0; row < rows; row++)
      out.set(small.subarray(row * run, (row + 1) * run), ((top + row) * toWidth + left) * channels);
    return out;
  }

  function cropped(data: Float32Array, from: Size, toHeight: number, toWidth: number): Float32Array {
    const scale = Math.max(toHeight / from.height, toWidth / from.width);
    const rows = Math.min(from.height, Math.max(1, Math.round(toHeight / scale)));
    const columns = Math.min(from.width, Math.max(1, Math.round(toWidth / scale)));
    const [top, left] = [Math.floor((from.height - rows) / 2), Math.floor((from.width - columns) / 2)];
    const window =
      rows === from.height && columns === from.width
        ? data
        : crop(data, [from.height, from.width, channels], top, left, rows, columns);
    return resize(window, [rows, columns, channels], toHeight, toWidth, 'triangle');
  }
}

type Size = Pick<DecodedImage, 'height' | 'width'>;

/** Mean of the outermost pixels, for each channel. */
function edgeColour(data: Float32Array, { height, width }: Size, channels: number): number[] {
  const sums = new Array<number>(channels).fill(0);
  let count = 0;
  for (let y = 0; y < height; y++) {
    const step = y === 0 || y === height - 1 || width === 1 ? 1 : width - 1;
    for (let x = 0; x < width; x += step, count++)
      for (let channel = 0; channel < channels; channel++)
        sums[channel]! += data[(y * width + x) * channels + channel]!;
  }
  return sums.map((sum) => sum / count);
}

/** Grey as brightness (ITU-R BT.601: 0.299 red + 0.587 green + 0.114 blue), colour from grey by repetition. */
function withChannels({ channels: stored, data }: DecodedImage, wanted: number): Float32Array {
  if (wanted === stored) return data;
  if (wanted === 1)
    return Float32Array.from(
      { length: data.length / 3 },
      (_, pixel) => 0.299 * data[3 * pixel]! + 0.587 * data[3 * pixel + 1]! + 0.114 * data[3 * pixel + 2]!,
    );
  if (stored === 1 && wanted === 3)
    return Float32Array.from({ length: data.length * 3 }, (_, at) => data[Math.floor(at / 3)]!);
  throw new RangeError(`prepareImage: ${wanted} channels of an image of ${stored}. Ask for 1 or 3.`);
}
