/**
 * Efficient-CapsNet: Mazzia, Salvetti, Chiaberge, "Efficient-CapsNet: capsule network with self-attention routing", Scientific
 * Reports 11, 2021, figure 1.
 *
 *   image -> convolutions, each ReLU and normalised -> depthwise convolution -> primary capsules, squash
 *         -> every primary capsule predicts every class capsule; self-attention routing; squash -> class capsules
 *         -> length: the class                -> mask -> decoder: the image again
 */
import { fullyConnectedCaps } from '../capsules/fullyConnectedCaps.js';
import { primaryCaps } from '../capsules/primaryCapsules.js';
import { depthwiseConv2d } from '../layers/convolution.js';
import type { Affine } from '../layers/dense.js';
import { layerOf, spec } from '../layers/parameters.js';
import { assemble } from './assemble.js';
import { applyBackbone, backboneSpecs } from './backbone.js';
import { decoderSpecs } from './decoder.js';
import type { EfficientCapsnetDescription } from './description.js';
import { applyHead } from './head.js';
import type { Model } from './model.js';
import { checkPrimary } from './primary.js';

export function efficientCapsnet(description: EfficientCapsnetDescription): Model {
  const { input, classNames, backbone, primary, dimensions, decoder } = description;
  checkPrimary(description);
  const classes = classNames.length;
  const channels = backbone.convolutions.at(-1)!.filters;
  const specs = backboneSpecs(backbone, input[2]);
  return assemble(description, {
    parameters: {
      ...specs.parameters,
      primary: depthwiseConv2d.specs({ channels, kernel: primary.kernel }),
      digit: {
        W: spec([classes, primary.capsules, primary.dimensions, dimensions], 'heNormal'),
        b: spec([classes, primary.capsules, 1], 'zeros'),
      },
      ...decoderSpecs(decoder, classes * dimensions, input),
    },
    state: specs.state,
    apply(parameters, state, images, options) {
      const { features, state: moved } = applyBackbone(backbone, parameters, state, images, options);
      const { kernel, bias } = layerOf<Affine>(parameters, 'primary');
      const children = primaryCaps(features, kernel, bias, primary);
      options.observe?.('primary', children);
      const { capsules, couplings } = fullyConnectedCaps(layerOf<'W' | 'b'>(parameters, 'digit'), children);
      options.observe?.('digit', capsules);
      return applyHead(description, parameters, { capsules, couplings, state: moved }, options);
    },
  });
}
