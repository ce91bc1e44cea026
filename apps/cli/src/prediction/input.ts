/** From a picture of a user to what a model sees: scaled as the model's data set is, and prepared by the recipe that stands in the weights. */
import { centerCrop, standardise, type ImageShape, type Recipe } from '@capsnet/datasets';
import { prepareImage, type DecodedImage, type ResizeMode } from '@capsnet/datasets/images';

export interface InputOptions {
  /** Dark strokes on a light ground become light ones on black, as the data sets of digits have them. */
  readonly invert: boolean;
  readonly resize: ResizeMode;
}

/** A stereo pair (smallNORB) gets the one picture for both eyes. */
export const isStereo = ([, , channels]: ImageShape): boolean => channels === 2;

/**
 * The values of one image, height * width * channels of `shape`.
 *
 * @param recipe how the training prepared its test images
 */
export function modelInput(
  picture: DecodedImage,
  shape: ImageShape,
  recipe: Recipe,
  { invert, resize }: InputOptions,
): Float32Array {
  const [height, width, channels] = shape;
  const stored = isStereo(shape) ? 1 : channels;
  // smallNORB is scaled to more than the model sees, of which it sees the middle.
  const [rows, columns] = recipe.kind === 'norb' ? [recipe.scale, recipe.scale] : [height, width];
  const scaled = prepareImage(picture, [rows, columns, stored], resize);
  const bytes = Float32Array.from({ length: rows * columns * channels }, (_, at) => {
    const value = scaled[channels === stored ? at : Math.floor(at / channels)]!;
    return 255 * (invert ? 1 - value : value);
  });
  if (recipe.kind !== 'norb') return bytes.map((value) => value / recipe.divisor);
  const whole = standardise(bytes, recipe.statistics);
  const window = new Float32Array(height * width * channels);
  centerCrop(whole, [rows, columns, channels], recipe.patch, window);
  return window;
}

/** Mean brightness of the outermost pixels, 0 to 1. */
export function edgeBrightness({ width, height, channels, data }: DecodedImage): number {
  let [sum, count] = [0, 0];
  for (let y = 0; y < height; y++) {
    const step = y === 0 || y === height - 1 || width === 1 ? 1 : width - 1;
    for (let x = 0; x < width; x += step)
      for (let channel = 0; channel < channels; channel++, count++)
        sum += data[(y * width + x) * channels + channel]!;
  }
  return sum / count;
}
