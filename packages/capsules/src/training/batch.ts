/** What a model is trained and tested on. */
import { fill, type Tensor } from '@capsnet/tensor';
import { add, mul } from '@capsnet/tensor';
import { correct, multiCorrect, shareCorrect } from '../losses/accuracy.js';
import { reconstructionWeight as defaultWeight, type LossParts } from '../losses/fullLoss.js';
import { reconstructionLoss } from '../losses/reconstructionLoss.js';
import type { Model, ModelOutput } from '../models/model.js';
import { TensorError } from '@capsnet/tensor';

/** Images and what is known of them. */
export interface Batch {
  /** [batch, height, width, channels] */
  readonly images: Tensor;
  /** One-hot, float32 [batch, classes]. */
  readonly labels: Tensor;
  /** Labels of the second of two overlaid digits. */
  readonly secondLabels?: Tensor;
  /** What the decoder is to draw, if not `images`: the digit of `labels` alone. */
  readonly targets?: Tensor;
  /** The digit of `secondLabels` alone. */
  readonly secondTargets?: Tensor;
  /** `labels` may mark several classes of an image. */
  readonly severalLabels?: true;
  /** When several processes share each batch: images of the whole batch, and false for an image that only stands in, where none was left. */
  readonly part?: { readonly whole: number; readonly counted: boolean };
}

/**
 * Loss of a model's output, for one and for two decodings: classification + weight * reconstruction.
 * Of a batch with shapes as `Batch` says; scalars.
 *
 * @throws TensorError when the batch lacks what the model's loss needs
 */
export function batchLoss(
  model: Model,
  output: ModelOutput,
  batch: Batch,
  weight = defaultWeight,
): LossParts {
  const { reconstruction, secondReconstruction } = output;
  const { images, labels, secondLabels, targets = images, secondTargets } = batch;
  if (secondReconstruction && !(secondLabels && secondTargets && batch.targets)) {
    throw new TensorError(
      'batchLoss',
      'a model with two decodings needs secondLabels, targets and secondTargets in its batches.',
    );
  }
  const margin = model.classificationLoss(secondLabels ? add(labels, secondLabels) : labels, output);
  if (!reconstruction) return { loss: margin, margin, reconstruction: fill([], 0) };
  const first = reconstructionLoss(targets, reconstruction);
  const mse: Tensor = secondReconstruction
    ? mul(add(first, reconstructionLoss(secondTargets!, secondReconstruction)), 0.5)
    : first;
  return { loss: add(margin, mul(mse, weight)), margin, reconstruction: mse };
}

/** For each sample 1 when it is right; of two digits, or several classes, the share that is among the as many longest: [batch]. */
export function batchCorrect(
  { labels, secondLabels, severalLabels }: Batch,
  { lengths }: ModelOutput,
): Tensor {
  if (secondLabels) return multiCorrect(add(labels, secondLabels), lengths);
  return severalLabels ? shareCorrect(labels, lengths) : correct(labels, lengths);
}
