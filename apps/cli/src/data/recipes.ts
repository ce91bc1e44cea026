/**
 * How each data set is prepared, for training and for testing, as the reference does unless an option says otherwise.
 */
import {
  channelStatistics,
  mnistDivisor,
  multiMnistDivisor,
  norbPatch,
  norbScale,
  overlayMaximumShift,
  type ChannelStatistics,
  type ImageDataset,
  type Recipe,
} from '@capsnet/datasets';
import type { DatasetName } from './load.js';

export interface RecipeOptions {
  /** Distort the training images. */
  readonly augment: boolean;
  /** `multimnist`: how often the training stream takes each image as the base of a pair in an epoch. 10, as the reference. */
  readonly passes?: number | undefined;
  /** `multimnist`: pairs that each image is tested in. */
  readonly overlays?: number | undefined;
  /** `multimnist`: let both digits of a training pair be of one class, as the reference does. */
  readonly sameClass?: boolean | undefined;
}

export interface Recipes {
  readonly training: Recipe;
  readonly testing: Recipe;
}

/** Pairs a test image stands in when nobody says. The paper takes 1,000, which is ten million pairs. */
export const defaultOverlays = 10;

/**
 * The recipes of a data set.
 *
 * @param training the images that will train: their statistics standardise smallNORB, also when testing
 */
export function recipesOf(name: DatasetName, training: ImageDataset, options: RecipeOptions): Recipes {
  const { augment } = options;
  switch (name) {
    case 'digits':
    case 'mnist':
    case 'fashion-mnist': {
      const plain = { kind: 'images', divisor: mnistDivisor } as const;
      return { training: augment ? { ...plain, augment: { kind: 'mnist' } } : plain, testing: plain };
    }
    case 'multimnist': {
      const { passes = 10, overlays = defaultOverlays, sameClass = false } = options;
      const pairs = {
        kind: 'multimnist',
        divisor: multiMnistDivisor,
        maximumShift: overlayMaximumShift,
      } as const;
      return {
        training: { ...pairs, passes, sameClass },
        testing: { ...pairs, passes: overlays, sameClass: false },
      };
    }
    case 'smallnorb':
    case 'toys': {
      const testing = norbRecipe(channelStatistics(training.images, training.shape[2]));
      return { training: { ...testing, augment }, testing };
    }
  }
}

/** The middle window of images standardised by the given statistics; targets in 0..1. */
export const norbRecipe = (statistics: ChannelStatistics) =>
  ({ kind: 'norb', statistics, scale: norbScale, patch: norbPatch, augment: false, target: 'unit' }) as const;

/**
 * Whether images are augmented when nobody says: photographed and scanned ones are, as in the papers; the generated digits are distorted
 * already, and overlaid digits are shifted by their nature.
 */
export const augmentsByDefault = (dataset: DatasetName): boolean =>
  dataset !== 'digits' && dataset !== 'multimnist';
