/**
 * MultiMNIST as a stream (Sabour, Frosst, Hinton 2017; the reference's generator): each base digit meets a random other digit, both move by up
 * to 6 pixels on a 36 x 36 field, and their sum is cut at 1. Nothing is stored: example i of an epoch is made from its key.
 */
import { shift } from '../augment/geometry.js';
import type { Examples } from '../batches/examples.js';
import type { MultiMnistRecipe } from '../batches/recipe.js';
import { DataError } from '../errors.js';
import { draws, type Draws, type RandomKey } from '../random.js';
import { imageSize, type ImageDataset, type ImageShape } from '../values/dataset.js';
import { overlay, overlayBorder } from './merge.js';

/** Which digit lies on the base digit, and where both stand. */
export interface OverlayParameters {
  readonly top: number;
  readonly baseShift: readonly [x: number, y: number];
  readonly topShift: readonly [x: number, y: number];
}

/** Uniform over the images that are not the base and, unless `sameClass`, of another class. */
function drawTop(dataset: ImageDataset, base: number, sameClass: boolean, draw: Draws): number {
  for (;;) {
    const top = draw.integer(dataset.count);
    if (top !== base && (sameClass || dataset.labels[top] !== dataset.labels[base])) return top;
  }
}

const drawShift = (draw: Draws, largest: number): readonly [number, number] => [
  draw.integer(2 * largest + 1) - largest,
  draw.integer(2 * largest + 1) - largest,
];

/** Draws what happens to image `base`. */
export function drawOverlay(
  key: RandomKey,
  dataset: ImageDataset,
  base: number,
  { maximumShift, sameClass }: Pick<MultiMnistRecipe, 'maximumShift' | 'sameClass'>,
): OverlayParameters {
  const draw = draws(key);
  return {
    top: drawTop(dataset, base, sameClass, draw),
    baseShift: drawShift(draw, maximumShift),
    topShift: drawShift(draw, maximumShift),
  };
}

/** Throws DataError unless pairs of different classes can be made of the data set. */
export function checkOverlayable(dataset: ImageDataset, sameClass: boolean): void {
  const several = sameClass ? dataset.count > 1 : dataset.labels.some((label) => label !== dataset.labels[0]);
  if (dataset.labelsPerImage !== 1 || dataset.shape[2] !== 1 || !several) {
    throw new DataError(
      `${dataset.name} cannot be overlaid: pairs need grey images with one label each and at least two ${sameClass ? 'images' : 'classes'}; take more images or another data set.`,
    );
  }
}

/** Places digits of a data set on the padded field. */
export function overlayField(dataset: ImageDataset, divisor: number) {
  const [height, width] = dataset.shape;
  const shape: ImageShape = [height + 2 * overlayBorder, width + 2 * overlayBorder, 1];
  const size = imageSize(dataset.shape);
  const field = new Float32Array(imageSize(shape));
  return {
    shape,
    /** Writes digit `index`, moved by (dx, dy), into `out`. */
    place: (index: number, [dx, dy]: readonly [number, number], out: Float32Array): void => {
      const from = index * size;
      for (let y = 0; y < height; y++) {
        const to = (y + overlayBorder) * shape[1] + overlayBorder;
        for (let x = 0; x < width; x++) field[to + x] = dataset.images[from + y * width + x]! / divisor;
      }
      shift(field, shape, dx, dy, out);
    },
  };
}

/** The training stream: `passes` times every image as the base. The two targets are the shifted single digits, base first. */
export function multiMnistExamples(dataset: ImageDataset, recipe: MultiMnistRecipe): Examples {
  checkOverlayable(dataset, recipe.sameClass);
  const { shape, place } = overlayField(dataset, recipe.divisor);
  const size = imageSize(shape);
  return {
    shape,
    classes: dataset.classes,
    labelsPerImage: 2,
    targetsPerImage: 2,
    count: dataset.count * recipe.passes,
    make(index, key, image, labels, targets) {
      const base = index % dataset.count;
      const { top, baseShift, topShift } = drawOverlay(key, dataset, base, recipe);
      const [baseTarget, topTarget] = [targets.subarray(0, size), targets.subarray(size, 2 * size)];
      place(base, baseShift, baseTarget);
      place(top, topShift, topTarget);
      overlay(baseTarget, topTarget, image);
      labels[0] = dataset.labels[base]!;
      labels[1] = dataset.labels[top]!;
    },
  };
}
