/**
 * The plain convolutional baseline that Mazzia et al. 2021 compare with (section "Results"): the backbone of Efficient-CapsNet, pooled
 * over the map, a hidden layer, a softmax; trained on the cross entropy, with the same decoder reading the hidden layer. Departure:
 * the paper does not print the layers; the hidden layer is as wide as the published size asks for.
 */
import {
  add,
  expandDims,
  logSoftmax,
  mean,
  mul,
  neg,
  sameShape,
  showShape,
  softmax,
  sum,
  TensorError,
  type Tensor,
} from '@capsnet/tensor';
import { dense, type Affine } from '../layers/dense.js';
import { layerOf } from '../layers/parameters.js';
import { assemble } from './assemble.js';
import { applyBackbone, backboneSpecs } from './backbone.js';
import { applyDecoder, decoderSpecs } from './decoder.js';
import { mapSides, type CnnDescription } from './description.js';
import type { Model } from './model.js';

export function cnn(description: CnnDescription): Model {
  const { input, classNames, backbone, hidden, decoder } = description;
  mapSides(input, backbone.convolutions);
  const classes = classNames.length;
  const specs = backboneSpecs(backbone, input[2]);
  return assemble(description, {
    parameters: {
      ...specs.parameters,
      hidden: dense.specs({
        inputs: backbone.convolutions.at(-1)!.filters,
        outputs: hidden,
        initializer: 'heNormal',
      }),
      scores: dense.specs({ inputs: hidden, outputs: classes }),
      ...decoderSpecs(decoder, hidden, input),
    },
    state: specs.state,
    apply(parameters, state, images, options) {
      const { mode, noise, observe } = options;
      const { features, state: moved } = applyBackbone(backbone, parameters, state, images, options);
      const pooled: Tensor = mean(features, [1, 2]);
      observe?.('pool', pooled);
      let code = dense.apply(layerOf<Affine>(parameters, 'hidden'), pooled, 'relu');
      observe?.('hidden', code);
      if (noise) {
        if (mode !== 'play') throw new TensorError('cnn', `noise is for mode play, the mode is ${mode}.`);
        if (!sameShape(noise.shape, code.shape))
          throw new TensorError(
            'cnn',
            `noise ${showShape(noise.shape)} does not fit the hidden layer ${showShape(code.shape)}.`,
          );
        code = add(code, noise);
      }
      const logits = dense.apply(layerOf<Affine>(parameters, 'scores'), code);
      observe?.('scores', logits);
      const capsules: Tensor = expandDims(code, 1);
      const output = { capsules, lengths: softmax(logits), logits, state: moved };
      return decoder
        ? { ...output, reconstruction: applyDecoder(decoder, parameters, code, input, observe) }
        : output;
    },
    classificationLoss: (labels, { logits }) => neg(mean(sum(mul(labels, logSoftmax(logits!)), -1))),
  });
}
