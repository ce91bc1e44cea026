/**
 * Base-CapsNet: the capsule network without self-attention that Mazzia et al. 2021 compare with (section "Results"). Backbone, primary
 * capsules, class capsules and decoder are those of Efficient-CapsNet; all predictions weigh alike, which is dynamic routing with
 * one iteration. Departure: the paper does not print the layers; ours has more primary capsules, so that its size is the published one.
 */
import { dynamicRouting } from '../capsules/dynamicRouting.js';
import { primaryCaps } from '../capsules/primaryCapsules.js';
import { squash } from '../capsules/squash.js';
import { depthwiseConv2d } from '../layers/convolution.js';
import type { Affine } from '../layers/dense.js';
import { layerOf, spec } from '../layers/parameters.js';
import { assemble } from './assemble.js';
import { applyBackbone, backboneSpecs } from './backbone.js';
import { decoderSpecs } from './decoder.js';
import type { BaseCapsnetDescription } from './description.js';
import { applyHead } from './head.js';
import type { Model } from './model.js';
import { checkPrimary } from './primary.js';

export function baseCapsnet(description: BaseCapsnetDescription): Model {
  const { input, classNames, backbone, primary, dimensions, decoder } = description;
  checkPrimary(description);
  const classes = classNames.length;
  const specs = backboneSpecs(backbone, input[2]);
  return assemble(description, {
    parameters: {
      ...specs.parameters,
      primary: depthwiseConv2d.specs({
        channels: backbone.convolutions.at(-1)!.filters,
        kernel: primary.kernel,
      }),
      digit: {
        W: spec([primary.capsules, primary.dimensions, classes * dimensions], 'heNormal'),
        biases: spec([classes, dimensions], 'zeros'),
      },
      ...decoderSpecs(decoder, classes * dimensions, input),
    },
    state: specs.state,
    apply(parameters, state, images, options) {
      const { features, state: moved } = applyBackbone(backbone, parameters, state, images, options);
      const { kernel, bias } = layerOf<Affine>(parameters, 'primary');
      const children = primaryCaps(features, kernel, bias, primary);
      options.observe?.('primary', children);
      const { W, biases } = layerOf<'W' | 'biases'>(parameters, 'digit');
      const { capsules } = dynamicRouting(children, W, biases, 1, squash);
      options.observe?.('digit', capsules);
      return applyHead({ ...description, decodings: 1 }, parameters, { capsules, state: moved }, options);
    },
  });
}
