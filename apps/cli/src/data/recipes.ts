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
  type PicturesOrigin,
  type ImageDataset,
  type Recipe,
} from '@capsnet/datasets';
import type { DatasetName } from './names.js';
import { generalAugmentation, type AugmentationSettings } from './augmentation.js';
import { UserError } from '../errors.js';

export interface RecipeOptions extends AugmentationSettings {
  /** Distort the training images. */
  readonly augment: boolean;
  /** `multimnist`: how often the training stream takes each image as the base of a pair in an epoch. 10, as the reference. */
  readonly passes?: number | undefined;
  /** `multimnist`: pairs that each image is tested in. */
  readonly overlays?: number | undefined;
  /** `multimnist`: let both digits of a training pair be of one class, as the reference does. */
  readonly sameClass?: boolean | undefined;
  /** `smallnorb`, `toys`: whose statistics standardise the test images. The reference takes their own; the default is those of the training. */
  readonly testStatistics?: 'train' | 'own' | undefined;
  /** `smallnorb`, `toys`: what the decoder draws: bytes / 255, or, as the reference, the standardised image. */
  readonly target?: 'unit' | 'standardised' | undefined;
  /** The images that will test, for `testStatistics: 'own'`. */
  readonly testImages?: ImageDataset | undefined;
  /** `folder`: how its images were brought to one shape, for testing other images later. */
  readonly pictures?: PicturesOrigin | undefined;
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
  const { augment, pictures } = options;
  const general = augment ? generalAugmentation(name, options) : undefined;
  switch (name) {
    case 'digits':
    case 'mnist':
    case 'fashion-mnist':
    case 'folder': {
      const testing = {
        kind: 'images' as const,
        divisor: name === 'folder' ? 255 : mnistDivisor,
        ...(pictures ? { pictures } : {}),
      };
      const distorted = general ? ({ kind: 'general', ...general } as const) : ({ kind: 'mnist' } as const);
      return { training: augment ? { ...testing, augment: distorted } : testing, testing };
    }
    case 'multimnist': {
      refuseGeneral(name, general);
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
      refuseGeneral(name, general);
      const { testStatistics = 'train', target = 'unit' } = options;
      const of = (images: ImageDataset) => ({
        ...norbRecipe(channelStatistics(images.images, images.shape[2])),
        target,
      });
      const fromTraining = of(training);
      const testing = testStatistics === 'own' && options.testImages ? of(options.testImages) : fromTraining;
      return { training: { ...fromTraining, augment }, testing };
    }
  }
}

/** The middle window of images standardised by the given statistics; targets in 0..1. */
export const norbRecipe = (statistics: ChannelStatistics) =>
  ({ kind: 'norb', statistics, scale: norbScale, patch: norbPatch, augment: false, target: 'unit' }) as const;

/** Pairs of digits and smallNORB have distortions of their own; two kinds at once would be neither. */
function refuseGeneral(name: DatasetName, general: object | undefined): void {
  if (general)
    throw new UserError(
      `--augment-rotate and its like do not go with ${name}, which has distortions of its own (--augment). Leave them out.`,
    );
}
