/** Which distortions the training images get: those of the reference, or those that the flags of augmentation name. */
import type { GeneralAugmentation } from '@capsnet/datasets';
import type { DatasetName } from './names.js';

/** The settings of augmentation. Each stands for the largest change to either side. */
export interface AugmentationSettings {
  readonly augmentFlip?: boolean | undefined;
  readonly augmentRotate?: number | undefined;
  readonly augmentShift?: number | undefined;
  readonly augmentScale?: number | undefined;
  readonly augmentErase?: number | undefined;
  readonly augmentColour?: number | undefined;
}

/**
 * Whether images are augmented when nobody says: photographed and scanned ones are, as in the papers; the generated digits are distorted
 * already, and overlaid digits are shifted by their nature.
 */
export const augmentsByDefault = (dataset: DatasetName): boolean =>
  dataset !== 'digits' && dataset !== 'multimnist';

/** What a folder of images gets: what photographs of one thing differ by. No mirror, since letters and digits would become others. */
const folderDefaults: GeneralAugmentation = { rotate: 10, shift: 0.08, scale: 0.1, colour: 0.1 };

const said = (settings: AugmentationSettings): GeneralAugmentation => {
  const { augmentFlip, augmentRotate, augmentShift, augmentScale, augmentErase, augmentColour } = settings;
  return {
    ...(augmentFlip === undefined ? {} : { flip: augmentFlip }),
    ...(augmentRotate === undefined ? {} : { rotate: augmentRotate }),
    ...(augmentShift === undefined ? {} : { shift: augmentShift }),
    ...(augmentScale === undefined ? {} : { scale: augmentScale }),
    ...(augmentErase === undefined ? {} : { erase: augmentErase }),
    ...(augmentColour === undefined ? {} : { colour: augmentColour }),
  };
};

/** Whether a flag of augmentation asks for some. */
export const asksForAugmentation = (settings: AugmentationSettings): boolean =>
  Object.values(said(settings)).some((value) => value !== false && value !== 0);

/**
 * The general augmentation: for a folder its defaults with what was said above them; for another data set what was said alone, and `undefined` when nothing was,
 * for then it has the reference's.
 */
export function generalAugmentation(
  dataset: DatasetName,
  settings: AugmentationSettings,
): GeneralAugmentation | undefined {
  const own = said(settings);
  if (dataset === 'folder') return { ...folderDefaults, ...own };
  return Object.keys(own).length > 0 ? own : undefined;
}
