/** Margin loss plus reconstruction loss: what capsule networks are trained on. */
import { add, mul, type Tensor } from '@capsnet/tensor';
import { marginLoss } from './marginLoss.js';
import { reconstructionLoss } from './reconstructionLoss.js';

/** Weight of the reconstruction: 0.0005 a pixel of a 28x28 image (Sabour et al. 2017, section 4.1). */
export const reconstructionWeight = 0.392;

/** A loss and its parts, scalars. */
export interface LossParts {
  readonly loss: Tensor;
  readonly margin: Tensor;
  /** Mean squared error of the reconstruction, unweighted; the mean of both for two decodings. */
  readonly reconstruction: Tensor;
}

/**
 * margin + weight * mse.
 * Sabour et al. 2017, section 4.1: the margin loss of eq. 4 plus the scaled-down error of the reconstruction.
 *
 * @param labels [batch, classes] @param lengths [batch, classes]
 * @param images [batch, height, width, channels], like `reconstruction`
 */
export function fullLoss(
  labels: Tensor,
  lengths: Tensor,
  images: Tensor,
  reconstruction: Tensor,
  weight = reconstructionWeight,
): LossParts {
  const margin = marginLoss(labels, lengths);
  const mse = reconstructionLoss(images, reconstruction);
  return { loss: add(margin, mul(mse, weight)), margin, reconstruction: mse };
}

/** What two overlaid digits are trained on. */
export interface MultiLossOperands {
  /** One-hot labels of the two digits [batch, classes]. */
  readonly labels: readonly [Tensor, Tensor];
  readonly lengths: Tensor;
  /** The two digits alone, and their reconstructions. */
  readonly images: readonly [Tensor, Tensor];
  readonly reconstructions: readonly [Tensor, Tensor];
}

/**
 * margin(y1 + y2) + weight/2 mse1 + weight/2 mse2: Sabour et al. 2017, section 6 (MultiMNIST).
 *
 * @throws TensorError when shapes differ
 */
export function fullLossMulti(
  { labels, lengths, images, reconstructions }: MultiLossOperands,
  weight = reconstructionWeight,
): LossParts {
  const margin = marginLoss(add(labels[0], labels[1]), lengths);
  const reconstruction: Tensor = mul(
    add(reconstructionLoss(images[0], reconstructions[0]), reconstructionLoss(images[1], reconstructions[1])),
    0.5,
  );
  return { loss: add(margin, mul(reconstruction, weight)), margin, reconstruction };
}
