/**
 * A recipe says how examples are made of a data set, as plain data: it can be printed, stored beside the weights and posted to a
 * worker, which then makes the same bits.
 */
import type { ChannelStatistics } from '../augment/norb.js';
import type { GeneralAugmentation } from '../augment/general.js';
import type { RandomKey } from '../random.js';
import type { ImageShape } from '../values/dataset.js';

/** Where images came from that were files of any size: what is needed to prepare others in the same way, and to find the same test images again. */
export interface PicturesOrigin {
  readonly shape: ImageShape;
  readonly resize: 'fit' | 'crop';
  /** Of the split, where the folder has none of its own. */
  readonly seed: number;
  readonly testShare: number;
  /** Tells the folder of the training from others. */
  readonly fingerprint: string;
}

/** Images divided by a number; the reconstruction's target is the image the model sees. */
export interface ImagesRecipe {
  readonly kind: 'images';
  /** 256 for MNIST as in the reference; data of floats in 0..1 takes 1. */
  readonly divisor: number;
  readonly augment?: { readonly kind: 'mnist' } | ({ readonly kind: 'general' } & GeneralAugmentation);
  readonly pictures?: PicturesOrigin;
}

/** smallNORB: standardised, resized, cropped (augment/norb.ts). */
export interface NorbRecipe {
  readonly kind: 'norb';
  /** Of the training split, also for testing; those of the test split itself reproduce the published figures. */
  readonly statistics: ChannelStatistics;
  readonly scale: number;
  readonly patch: number;
  /** Random window, brightness and contrast; otherwise the middle window. */
  readonly augment: boolean;
  /**
   * What the decoder should draw: `unit`, the window before brightness and contrast as bytes / 255, which a sigmoid can reach; or
   * `standardised`, what the model sees, as the reference does.
   */
  readonly target: 'unit' | 'standardised';
}

/** MultiMNIST: pairs of the data set's digits, shifted and laid over each other; the targets are the single shifted digits. */
export interface MultiMnistRecipe {
  readonly kind: 'multimnist';
  readonly divisor: number;
  /** How often an epoch uses each image as the base. The reference: 10. */
  readonly passes: number;
  readonly maximumShift: number;
  /** The reference lets both digits be of one class (label 2); default is not to. */
  readonly sameClass: boolean;
}

/** How images of a data set become what a model sees, told apart by `kind`. */
export type Recipe = ImagesRecipe | NorbRecipe | MultiMnistRecipe;

/** A recipe without random distortions. Pairs of overlaid digits stay: there is nothing else to learn from. */
export function undistorted(recipe: Recipe): Recipe {
  switch (recipe.kind) {
    case 'images': {
      const { augment: _, ...plain } = recipe;
      return plain;
    }
    case 'norb':
      return { ...recipe, augment: false };
    case 'multimnist':
      return recipe;
  }
}

/** How examples are put into batches. */
export interface BatchOptions {
  readonly key: RandomKey;
  readonly batchSize: number;
  /** Default true. */
  readonly shuffle?: boolean;
  /** Leave out a last batch that is not full. Default false. */
  readonly dropLast?: boolean;
  /**
   * From this epoch on (from 0) examples are not distorted: what was learned from distorted images is refined on images as they are
   * (He et al. 2019, "Data augmentation revisited", refine on less distorted ones). Default: all epochs as the recipe says.
   */
  readonly undistortedFrom?: number;
  /** Make only the part of each batch that is this process's, see `shardOf`. Default all of it. */
  readonly shard?: Shard;
}

/** Which of several processes that share each batch this one is. */
export interface Shard {
  /** From 0 to size - 1. */
  readonly rank: number;
  readonly size: number;
}
