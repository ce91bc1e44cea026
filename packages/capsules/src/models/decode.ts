/** The decoder by itself: from capsules that somebody has changed to the images they stand for, without the network before them. */
import { showShape, TensorError, type Tensor } from '@capsnet/tensor';
import { mask } from '../capsules/mask.js';
import type { Parameters } from '../layers/parameters.js';
import { applyDecoder } from './decoder.js';
import type { Model } from './model.js';

/**
 * Draws what capsules stand for: perturbation (Sabour et al. 2017, section 5.1) costs one run of this, since the network before the
 * capsules is left out.
 *
 * @param parameters of the whole model
 * @param capsules class capsules [batch, classes, dimensions], as `apply` returns them
 * @param marks 1 at the capsule to decode, 0 elsewhere: [batch, classes]
 * @returns [batch, height, width, channels]
 * @throws TensorError when the model has no decoder, or the shapes do not fit
 */
export function decodeCapsules(
  model: Model,
  parameters: Parameters,
  capsules: Tensor,
  marks: Tensor,
): Tensor {
  const { decoder, input, kind } = model.description;
  if (!decoder) {
    throw new TensorError(
      'decodeCapsules',
      `this ${kind} has no decoder, so its capsules ${showShape(capsules.shape)} cannot be drawn. Use a model with one.`,
    );
  }
  return applyDecoder(decoder, parameters, mask(capsules, marks), input);
}
