/** From the numbers that a network sees, or draws, back to a picture that a person recognises. */
import { imageSize, type Recipe } from '@capsnet/datasets';
import type { ExampleSet } from '../data/examples.js';

/** A picture as bytes, row by row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Grey, or red, green and blue. */
  readonly channels: 1 | 3;
  readonly bytes: Uint8Array;
}

/** What a batch holds: what the network sees, or what its decoder draws. */
export type Drawn = 'input' | 'reconstruction';

/**
 * The brightness, 0 to 1, that a value of a channel stands for. smallNORB is standardised before the network sees it; its decoder draws bytes / 255, unless
 * the recipe has it draw the standardised values, as the reference does.
 */
function brightnessOf(recipe: Recipe, drawn: Drawn): (value: number, channel: number) => number {
  if (recipe.kind !== 'norb') return (value) => value;
  if (drawn === 'reconstruction' && recipe.target === 'unit') return (value) => value;
  const { mean, deviation } = recipe.statistics;
  return (value, channel) => (value * (deviation[channel] || 1) + mean[channel]!) / 255;
}

/**
 * The picture at `position` of a batch. Of images with three channels the colours; of a stereo pair (two channels) the left one.
 *
 * @param values the batch, [count, height, width, channels]
 */
export function pictureOf(
  { shape, recipe }: Pick<ExampleSet, 'shape' | 'recipe'>,
  values: ArrayLike<number>,
  position: number,
  drawn: Drawn,
): Picture {
  const [height, width, stored] = shape;
  const channels = stored === 3 ? 3 : 1;
  const start = position * imageSize(shape);
  const brightness = brightnessOf(recipe, drawn);
  const bytes = new Uint8Array(height * width * channels);
  for (let pixel = 0; pixel < height * width; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      const value = brightness(values[start + pixel * stored + channel]!, channel);
      bytes[pixel * channels + channel] = Math.round(255 * Math.min(1, Math.max(0, value)));
    }
  }
  return { width, height, channels, bytes };
}
