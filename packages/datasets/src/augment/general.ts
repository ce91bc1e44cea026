/**
 * Augmentation for images of any kind (the user's own): flip, rotate, shift, scale in one bilinear sampling, then colour, then erase. Every step
 * is off until its option is given.
 */
import { draws, type RandomKey } from '../random.js';
import { imageSize, type ImageShape } from '../values/dataset.js';
import { warpAffine } from './geometry.js';
import type { Augmenter } from './mnist.js';

/** What may vary. Values are the largest change to either side. */
export interface GeneralAugmentation {
  /** Mirror half of the images left to right. Not for digits and letters. */
  readonly flip?: boolean;
  /** Degrees. */
  readonly rotate?: number;
  /** Share of the side. */
  readonly shift?: number;
  /** 0.1: from 1/1.1 to 1.1 of the size. */
  readonly scale?: number;
  /** Side of an erased square, as a share of the image's side; half of the images lose one. */
  readonly erase?: number;
  /** Brightness (added), contrast (multiplied about the mean) and each channel's gain change by up to this; the result stays in 0..1. */
  readonly colour?: number;
}

/** What was drawn for one image. */
export interface GeneralParameters {
  readonly flip: boolean;
  readonly angle: number;
  /** Shares of width and height. */
  readonly shift: readonly [x: number, y: number];
  readonly scale: number;
  readonly brightness: number;
  readonly contrast: number;
  /** One gain a channel, of which the image takes as many as it has channels. */
  readonly gains: readonly number[];
  /** Shares of height and width of the first corner of the erased square, and its share of the side; undefined: none. */
  readonly erase: { readonly row: number; readonly column: number; readonly size: number } | undefined;
}

/** Draws the parameters; the number of draws does not depend on the options, so turning one on leaves the others as they were. */
export function drawGeneralAugmentation(key: RandomKey, options: GeneralAugmentation): GeneralParameters {
  const draw = draws(key);
  const { flip = false, rotate = 0, shift = 0, scale = 0, erase = 0, colour = 0 } = options;
  const around = (largest: number) => largest * draw.uniform(-1, 1) + 0;
  const mirrored = draw.chance();
  const angle = around(rotate);
  const [shiftX, shiftY] = [around(shift), around(shift)];
  const zoom = (1 + scale) ** draw.uniform(-1, 1);
  const [brightness, contrast] = [around(colour), 1 + around(colour)];
  const gains = Array.from({ length: 4 }, () => 1 + around(colour) / 2);
  const [erased, row, column] = [draw.chance(), draw.uniform(), draw.uniform()];
  return {
    flip: flip && mirrored,
    angle,
    shift: [shiftX, shiftY],
    scale: zoom,
    brightness,
    contrast,
    gains,
    erase:
      erase > 0 && erased ? { row: row * (1 - erase), column: column * (1 - erase), size: erase } : undefined,
  };
}

/** Applies drawn parameters to images of one shape whose values are in 0..1. `out` may be the image. */
export function generalAugmenter(shape: ImageShape): Augmenter<GeneralParameters> {
  const [height, width, channels] = shape;
  const warped = new Float32Array(imageSize(shape));
  return (image, parameters, out) => {
    const { flip, angle, shift, scale } = parameters;
    const moves = flip || angle !== 0 || scale !== 1 || shift[0] !== 0 || shift[1] !== 0;
    if (moves) {
      // Destination to source about the centre: undo the shift, turn back, undo scale and mirror.
      const cosine = Math.cos((angle * Math.PI) / 180) / scale;
      const sine = Math.sin((angle * Math.PI) / 180) / scale;
      const mirror = flip ? -1 : 1;
      const [centerX, centerY] = [(width - 1) / 2, (height - 1) / 2];
      const [toX, toY] = [centerX + shift[0] * width, centerY + shift[1] * height];
      const [a, b, d, e] = [mirror * cosine, -mirror * sine, sine, cosine];
      warpAffine(
        image,
        shape,
        [a, b, centerX - a * toX - b * toY, d, e, centerY - d * toX - e * toY],
        warped,
        edgeColour(image, shape),
      );
      out.set(warped);
    } else if (out !== image) out.set(image);
    recolour(out, channels, parameters);
    const hole = parameters.erase;
    if (!hole) return;
    const [top, left] = [Math.round(hole.row * height), Math.round(hole.column * width)];
    const rows = Math.max(1, Math.round(hole.size * height));
    const columns = Math.max(1, Math.round(hole.size * width));
    for (let y = top; y < Math.min(height, top + rows); y++) {
      out.fill(0, (y * width + left) * channels, (y * width + Math.min(width, left + columns)) * channels);
    }
  };
}

/**
 * The median of the outermost pixels, for each channel: what moves in looks like the background, be it black, white or a wall. The median, since the thing
 * itself may touch the edge.
 */
function edgeColour(image: Float32Array, [height, width, channels]: ImageShape): number[] {
  return Array.from({ length: channels }, (_, channel) => {
    const values: number[] = [];
    for (let y = 0; y < height; y++) {
      const step = y === 0 || y === height - 1 || width === 1 ? 1 : width - 1;
      for (let x = 0; x < width; x += step) values.push(image[(y * width + x) * channels + channel]!);
    }
    return values.sort((a, b) => a - b)[values.length >> 1]!;
  });
}

function recolour(
  image: Float32Array,
  channels: number,
  { brightness, contrast, gains }: GeneralParameters,
): void {
  if (brightness === 0 && contrast === 1 && gains.every((gain) => gain === 1)) return;
  let sum = 0;
  for (const value of image) sum += value;
  const mean = sum / image.length;
  for (let at = 0; at < image.length; at++) {
    const value = ((image[at]! - mean) * contrast + mean + brightness) * gains[at % channels]!;
    image[at] = value < 0 ? 0 : value > 1 ? 1 : value;
  }
}
