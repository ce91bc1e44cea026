/** What follows the class capsules in every capsule network: lengths, the choice of a capsule, perturbation, reconstruction. */
import { add, expandDims, mul, sameShape, showShape, TensorError, type Tensor } from '@capsnet/tensor';
import { length } from '../capsules/length.js';
import { longestMask, mask, twoLongestMasks } from '../capsules/mask.js';
import type { Parameters } from '../layers/parameters.js';
import { applyDecoder } from './decoder.js';
import type { DecoderDescription, ImageShape } from './description.js';
import type { ApplyOptions, ModelOutput } from './model.js';

export interface HeadDescription {
  readonly input: ImageShape;
  readonly decoder: DecoderDescription | null;
  readonly decodings: 1 | 2;
}

/**
 * Adds noise [batch, dimensions] to the capsule that `chosen` [batch, classes] marks: perturbation, Sabour et al. 2017,
 * section 5.1.
 *
 * @param capsules [batch, classes, dimensions]
 * @throws TensorError when the noise does not fit the capsules
 */
export function perturb(capsules: Tensor, chosen: Tensor, noise: Tensor): Tensor {
  const [batch, , dimensions] = capsules.shape;
  if (!sameShape(noise.shape, [batch!, dimensions!])) {
    throw new TensorError(
      'perturb',
      `noise ${showShape(noise.shape)} does not fit capsules ${showShape(capsules.shape)}: wanted [${batch},${dimensions}], one number a dimension of the chosen capsule.`,
    );
  }
  return add(capsules, mul(expandDims(chosen, -1), expandDims(noise, 1)));
}

/** Masks of the capsules to decode: the labels where the mode looks at them, else the longest. */
function choose(
  capsules: Tensor,
  decodings: 1 | 2,
  { mode, labels, secondLabels }: ApplyOptions,
): readonly Tensor[] {
  if (mode === 'train' || (mode === 'play' && labels)) {
    if (!labels)
      throw new TensorError(
        'model',
        'mode train with a decoder needs one-hot labels: apply(..., { mode: "train", labels }).',
      );
    if (decodings === 1) return [labels];
    if (!secondLabels)
      throw new TensorError(
        'model',
        `mode ${mode} of a model with two decodings needs secondLabels beside labels.`,
      );
    return [labels, secondLabels];
  }
  return decodings === 1 ? [longestMask(capsules)] : twoLongestMasks(capsules);
}

/** From class capsules to the model's output. */
export function applyHead(
  { input, decoder, decodings }: HeadDescription,
  parameters: Parameters,
  encoded: { readonly capsules: Tensor; readonly couplings?: Tensor; readonly state: Parameters },
  options: ApplyOptions,
): ModelOutput {
  const { mode, noise, observe } = options;
  if (noise && mode !== 'play')
    throw new TensorError('model', `noise is for mode play, the mode is ${mode}.`);
  const needed = decoder !== null || noise !== undefined;
  const chosen = needed ? choose(encoded.capsules, decodings, options) : [];
  const capsules = noise ? perturb(encoded.capsules, chosen[0]!, noise) : encoded.capsules;
  const lengths = length(capsules);
  observe?.('length', lengths);
  const output = { ...encoded, capsules, lengths };
  if (!decoder) return output;
  const [reconstruction, secondReconstruction] = chosen.map((marks, index) =>
    applyDecoder(decoder, parameters, mask(capsules, marks), input, index === 0 ? observe : undefined),
  );
  return {
    ...output,
    reconstruction: reconstruction!,
    ...(secondReconstruction ? { secondReconstruction } : {}),
  };
}
