/** From a data set and a recipe to single examples: image, labels, and the targets of the decoder. */
import { drawGeneralAugmentation, generalAugmenter } from '../augment/general.js';
import { drawMnistAugmentation, mnistAugmenter } from '../augment/mnist.js';
import { augmentNorb, centerCrop, drawNorbAugmentation, preprocessNorb } from '../augment/norb.js';
import { crop } from '../augment/geometry.js';
import { scaleImages } from '../augment/preprocess.js';
import { multiMnistExamples } from '../multimnist/stream.js';
import type { RandomKey } from '../random.js';
import { imageSize, type ImageDataset, type ImageShape } from '../values/dataset.js';
import type { ImagesRecipe, NorbRecipe, Recipe } from './recipe.js';

/** A data set prepared by a recipe: examples by index, each a function of (index, key) alone. */
export interface Examples {
  readonly shape: ImageShape;
  readonly classes: number;
  readonly labelsPerImage: number;
  /** How many pictures the decoder should draw for an example; 0 when its target is the image itself. */
  readonly targetsPerImage: number;
  /** Examples in an epoch. */
  readonly count: number;
  /** Makes example `index` with what `key` stands for. A function of its arguments; writes all of the three outputs. */
  make(index: number, key: RandomKey, image: Float32Array, labels: Int32Array, targets: Float32Array): void;
}

/** The maker of the examples of a recipe. */
export function examplesOf(dataset: ImageDataset, recipe: Recipe): Examples {
  switch (recipe.kind) {
    case 'images':
      return imageExamples(dataset, recipe);
    case 'norb':
      return norbExamples(dataset, recipe);
    case 'multimnist':
      return multiMnistExamples(dataset, recipe);
  }
}

function copyLabels(dataset: ImageDataset, index: number, out: Int32Array): void {
  const { labelsPerImage, labels } = dataset;
  for (let which = 0; which < labelsPerImage; which++) out[which] = labels[index * labelsPerImage + which]!;
}

const plain = (dataset: ImageDataset) => ({
  classes: dataset.classes,
  labelsPerImage: dataset.labelsPerImage,
  count: dataset.count,
});

function imageExamples(dataset: ImageDataset, { divisor, augment }: ImagesRecipe): Examples {
  const { shape } = dataset;
  const size = imageSize(shape);
  const scaled = new Float32Array(size);
  const mnist = mnistAugmenter(shape);
  const general = generalAugmenter(shape);
  return {
    ...plain(dataset),
    shape,
    targetsPerImage: 0,
    make(index, key, image, labels) {
      const source = dataset.images.subarray(index * size, (index + 1) * size);
      copyLabels(dataset, index, labels);
      if (!augment) {
        scaleImages(source, divisor, image);
        return;
      }
      scaleImages(source, divisor, scaled);
      if (augment.kind === 'mnist') mnist(scaled, drawMnistAugmentation(key, shape), image);
      else general(scaled, drawGeneralAugmentation(key, augment), image);
    },
  };
}

function norbExamples(dataset: ImageDataset, recipe: NorbRecipe): Examples {
  const { statistics, scale, patch, augment, target } = recipe;
  const { shape } = dataset;
  const size = imageSize(shape);
  const channels = shape[2];
  const scaledShape: ImageShape = [scale, scale, channels];
  return {
    ...plain(dataset),
    shape: [patch, patch, channels],
    targetsPerImage: target === 'unit' ? 1 : 0,
    make(index, key, image, labels, targets) {
      copyLabels(dataset, index, labels);
      const source = dataset.images.subarray(index * size, (index + 1) * size);
      const prepared = preprocessNorb(source, shape, statistics, scale);
      const drawn = augment ? drawNorbAugmentation(key, scaledShape, patch) : undefined;
      if (drawn) augmentNorb(prepared, scaledShape, drawn, patch, image);
      else centerCrop(prepared, scaledShape, patch, image);
      if (target !== 'unit') return;
      if (drawn) crop(prepared, scaledShape, drawn.top, drawn.left, patch, patch, targets);
      else targets.set(image);
      for (let at = 0; at < targets.length; at++) {
        const channel = at % channels;
        const value =
          (targets[at]! * (statistics.deviation[channel]! || 1) + statistics.mean[channel]!) / 255;
        targets[at] = value < 0 ? 0 : value > 1 ? 1 : value;
      }
    },
  };
}
