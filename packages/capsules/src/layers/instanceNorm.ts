/** Instance normalisation: Ulyanov, Vedaldi, Lempitsky 2016. */
import { showShape, TensorError, type RandomKey, type Tensor } from '@capsnet/tensor';
import type { NormParameters } from './batchNorm.js';
import { normalize } from './normalize.js';
import { initializeAll, spec, type LayerParameters, type LayerSpecs } from './parameters.js';

/**
 * Instance normalisation (Ulyanov, Vedaldi, Lempitsky 2016, section 2) of [batch, height, width, channels]: each channel of
 * each sample alone.
 */
export const instanceNorm = {
  specs: ({ channels }: { readonly channels: number }): LayerSpecs<NormParameters> => ({
    gamma: spec([channels], 'ones'),
    beta: spec([channels], 'zeros'),
  }),
  init: (key: RandomKey, options: { readonly channels: number }): LayerParameters<NormParameters> =>
    initializeAll(key, instanceNorm.specs(options)) as LayerParameters<NormParameters>,
  /**
   * Normalises each channel of each sample over height and width (biased variance); training and testing are the same.
   *
   * @param x [batch, height, width, channels]
   */
  apply(
    { gamma, beta }: LayerParameters<NormParameters>,
    x: Tensor,
    { epsilon = 1e-3 }: { readonly epsilon?: number } = {},
  ): Tensor {
    if (x.rank !== 4 || gamma.shape[0] !== x.shape[3]) {
      throw new TensorError(
        'instanceNorm',
        `x ${showShape(x.shape)} and gamma ${showShape(gamma.shape)}: wanted [batch, height, width, channels] and [channels].`,
      );
    }
    return normalize(x, gamma, beta, [1, 2], epsilon).output;
  },
};
