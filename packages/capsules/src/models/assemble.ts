/** A model from its parts: what the files of the models have in common. */
import { sameShape, showShape, TensorError, type Tensor } from '@capsnet/tensor';
import { foldIn } from '@capsnet/tensor';
import { initializeAll, type Parameters, type ParameterSpecs } from '../layers/parameters.js';
import { marginLoss } from '../losses/marginLoss.js';
import type { ModelDescription } from './description.js';
import type { ApplyOptions, Model, ModelOutput } from './model.js';

export interface ModelParts {
  readonly parameters: ParameterSpecs;
  readonly state?: ParameterSpecs;
  readonly apply: (
    parameters: Parameters,
    state: Parameters,
    images: Tensor,
    options: ApplyOptions,
  ) => ModelOutput;
  /** The margin loss unless named. */
  readonly classificationLoss?: (labels: Tensor, output: ModelOutput) => Tensor;
}

export function assemble(description: ModelDescription, parts: ModelParts): Model {
  const {
    parameters: parameterSpecs,
    state: stateSpecs = {},
    classificationLoss = (labels, { lengths }) => marginLoss(labels, lengths),
  } = parts;
  const classes = description.classNames.length;
  return {
    description,
    parameterSpecs,
    stateSpecs,
    init: (key) => ({
      parameters: initializeAll(foldIn(key, 0), parameterSpecs),
      state: initializeAll(foldIn(key, 1), stateSpecs),
    }),
    apply(parameters, state, images, options) {
      if (images.rank !== 4 || !sameShape(images.shape.slice(1), description.input)) {
        throw new TensorError(
          description.kind,
          `images ${showShape(images.shape)}: this model takes [batch,${description.input.join(',')}] (batch, height, width, channels). Resize them, or describe a model of their size.`,
        );
      }
      for (const labels of [options.labels, options.secondLabels]) {
        if (labels && !sameShape(labels.shape, [images.shape[0]!, classes])) {
          throw new TensorError(
            description.kind,
            `labels ${showShape(labels.shape)}: wanted [${images.shape[0]},${classes}], one-hot: oneHot(labels, ${classes}).`,
          );
        }
      }
      return parts.apply(parameters, state, images, options);
    },
    classificationLoss,
  };
}
