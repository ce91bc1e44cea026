/** How far a decoder's image is from the one it was to redraw. */
import { mean, square, sub, type Tensor } from '@capsnet/tensor';
import { checkSameShape } from './check.js';

/**
 * Mean squared error over all elements.
 *
 * Departure from Sabour et al. 2017, section 4.1, who sum over the pixels and weigh by 0.0005: 0.392 = 784 * 0.0005 with
 * the mean, as
 * the published code writes it.
 *
 * @param images [batch, height, width, channels], like `reconstruction`
 * @returns a scalar
 * @throws TensorError when the shapes differ
 */
export function reconstructionLoss(images: Tensor, reconstruction: Tensor): Tensor {
  checkSameShape('reconstructionLoss', 'images', images, 'reconstruction', reconstruction);
  return mean(square(sub(images, reconstruction)));
}
