/** What every model is: a description, parameters to draw, and one pure function. */
import type { RandomKey, Tensor } from '@capsnet/tensor';
import type { Across } from '../distributed/group.js';
import type { Parameters, ParameterSpecs } from '../layers/parameters.js';
import type { ModelDescription } from './description.js';

/**
 * - `train`: batch statistics, which the returned state gathers; the decoder is fed the capsule of the label.
 * - `test`: gathered statistics; the decoder is fed the longest capsule.
 * - `play`: as `test`, with noise added to the dimensions of one capsule (that of the label, if labels are given).
 */
export type Mode = 'train' | 'test' | 'play';

/** What a forward pass needs to know besides images. */
export interface ApplyOptions {
  readonly mode: Mode;
  /** One-hot labels [batch, classes]; `train` needs them when the model has a decoder. */
  readonly labels?: Tensor;
  /** Labels of the second digit, for models with two decodings. */
  readonly secondLabels?: Tensor;
  /** Added to the chosen capsule in `play`: [batch, dimensions]. */
  readonly noise?: Tensor;
  /** Called with the output of every layer as the graph is built. */
  readonly observe?: (layer: string, output: Tensor) => void;
  /** In `train`: takes the statistics of batch normalisation over the parts of the batch in all processes of a group. */
  readonly across?: Across;
}

/** What a forward pass gives. Fields that a model does not have are absent. */
export interface ModelOutput {
  /** Class capsules [batch, classes, dimensions], perturbed in `play`. The CNN has one "capsule": its features [batch, 1, hidden]. */
  readonly capsules: Tensor;
  /** Lengths of the capsules, or the probabilities of the CNN: [batch, classes]. */
  readonly lengths: Tensor;
  /** [batch, height, width, channels]; absent without a decoder. */
  readonly reconstruction?: Tensor;
  /** Reconstruction of the second digit, for models with two decodings. */
  readonly secondReconstruction?: Tensor;
  /** Coupling coefficients [batch, classes, children], for models that route. */
  readonly couplings?: Tensor;
  /** Scores before the softmax, CNN only. */
  readonly logits?: Tensor;
  /** The statistics to use from now on: moved in `train`, as given otherwise. */
  readonly state: Parameters;
}

/** A model built from its description: specifications of its parameters, and pure functions. */
export interface Model {
  readonly description: ModelDescription;
  /** Shapes and starts of the parameters. */
  readonly parameterSpecs: ParameterSpecs;
  /** Shapes and starts of what is gathered rather than trained: moving statistics. */
  readonly stateSpecs: ParameterSpecs;
  /** Draws parameters and starts the state. */
  init(key: RandomKey): { readonly parameters: Parameters; readonly state: Parameters };
  /**
   * Builds the graph of a forward pass.
   *
   * @param images [batch, height, width, channels] as in the description
   * @throws TensorError when images, labels or noise do not fit
   */
  apply(parameters: Parameters, state: Parameters, images: Tensor, options: ApplyOptions): ModelOutput;
  /** The loss of classification that this model is trained on: the margin loss, or the cross entropy of the CNN. */
  classificationLoss(labels: Tensor, output: ModelOutput): Tensor;
}
