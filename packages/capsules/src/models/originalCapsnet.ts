/**
 * The original CapsNet: Sabour, Frosst, Hinton, "Dynamic Routing Between Capsules", 2017, figures 1 and 2, as re-implemented
 * beside Efficient-CapsNet (departures: see `primaryCapsSabour` and `dynamicRouting`).
 *
 *   image -> convolution 9x9, ReLU -> convolution 9x9, stride 2 -> primary capsules at every place, squash
 *         -> class capsules by dynamic routing -> length: the class      -> mask -> decoder: the image again
 */
import { digitCaps } from '../capsules/fullyConnectedCaps.js';
import { primaryCapsSabour } from '../capsules/primaryCapsules.js';
import { conv2d } from '../layers/convolution.js';
import type { Affine } from '../layers/dense.js';
import { layerOf, spec, type ParameterSpecs } from '../layers/parameters.js';
import { assemble } from './assemble.js';
import { decoderSpecs } from './decoder.js';
import { mapSides, type OriginalCapsnetDescription } from './description.js';
import { applyHead } from './head.js';
import type { Model } from './model.js';

export function originalCapsnet(description: OriginalCapsnetDescription): Model {
  const { input, classNames, convolutions, primary, dimensions, iterations, decoder } = description;
  const classes = classNames.length;
  const channels = [input[2], ...convolutions.map(({ filters }) => filters)];
  const primaryFilters = primary.capsules * primary.dimensions;
  const [height, width] = mapSides(input, [
    ...convolutions,
    { filters: primaryFilters, kernel: primary.kernel, stride: primary.stride },
  ]);
  const children = height * width * primary.capsules;
  const stem: Record<string, ParameterSpecs> = {};
  convolutions.forEach(({ filters, kernel }, index) => {
    stem[`conv${index + 1}`] = conv2d.specs({ channels: channels[index]!, filters, kernel });
  });
  return assemble(description, {
    parameters: {
      ...stem,
      primary: {
        kernel: spec([primary.kernel, primary.kernel, channels.at(-1)!, primaryFilters], 'glorotUniform'),
        biases: spec([primary.capsules, primary.dimensions], 'zeros'),
      },
      digit: {
        W: spec([children, primary.dimensions, classes * dimensions], 'glorotUniform'),
        biases: spec([classes, dimensions], 'zeros'),
      },
      ...decoderSpecs(decoder, classes * dimensions, input),
    },
    apply(parameters, state, images, options) {
      let features = images;
      convolutions.forEach(({ stride }, index) => {
        features = conv2d.apply(layerOf<Affine>(parameters, `conv${index + 1}`), features, {
          stride,
          activation: 'relu',
        });
        options.observe?.(`conv${index + 1}`, features);
      });
      const { kernel, biases } = layerOf<'kernel' | 'biases'>(parameters, 'primary');
      const map = primaryCapsSabour(features, kernel, biases, primary);
      options.observe?.('primary', map);
      const { capsules, couplings } = digitCaps(
        layerOf<'W' | 'biases'>(parameters, 'digit'),
        map,
        iterations,
      );
      options.observe?.('digit', capsules);
      return applyHead({ ...description, decodings: 1 }, parameters, { capsules, couplings, state }, options);
    },
  });
}
