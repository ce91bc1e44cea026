/** Primary capsules: from feature maps to the first capsules. */
import { add, conv2d, mul, reshape, showShape, TensorError, type Shape, type Tensor } from '@capsnet/tensor';
import { squash as exponentialSquash, squashSabour, type Squash } from './squash.js';

/** Sizes of `primaryCaps`: capsules, dimensions of each, stride in pixels. */
export interface PrimaryCapsOptions {
  /** Number of capsules; `capsules * dimensions` channels (times the size of the map that the filter leaves). */
  readonly capsules: number;
  readonly dimensions: number;
  readonly stride?: number;
  readonly squash?: Squash;
}

/**
 * Primary capsules of Efficient-CapsNet (2021, section "Primary capsules"): a depthwise convolution as wide as the map, which costs
 * a filter a channel instead of a filter a pair of channels; its channels, in order, are the capsules.
 *
 * @param x [batch, height, width, channels]
 * @param kernel [kh, kw, 1, channels]
 * @param bias [channels]
 * @returns squashed capsules [batch, capsules, dimensions]
 * @throws TensorError when the convolution's output does not divide into the capsules
 */
export function primaryCaps(x: Tensor, kernel: Tensor, bias: Tensor, options: PrimaryCapsOptions): Tensor {
  const { capsules, dimensions, stride = 1, squash = exponentialSquash } = options;
  const map: Tensor = add(conv2d(x, kernel, { strides: stride, groups: kernel.shape[3]! }), bias);
  const [batch, height, width, channels] = map.shape as [number, number, number, number];
  if (height * width * channels !== capsules * dimensions) {
    throw new TensorError(
      'primaryCaps',
      `the depthwise convolution of ${showShape(x.shape)} by ${showShape(kernel.shape)} gives ${showShape(map.shape)}, ${height * width * channels} numbers a sample, not ${capsules} capsules of ${dimensions}. Change the filter, the stride or the capsules.`,
    );
  }
  return squash(reshape(map, [batch, capsules, dimensions]) as Tensor);
}

/** Sizes of `primaryCapsSabour`: kinds of capsules, dimensions of each, stride in pixels. */
export interface SabourPrimaryCapsOptions {
  /** Kinds of capsules C: each place of the map has one of each. */
  readonly capsules: number;
  readonly dimensions: number;
  readonly stride?: number;
  /** What the convolution is divided by; C in the published code, 1 in the paper. Default C. */
  readonly divisor?: number;
  readonly squash?: Squash;
}

/**
 * Primary capsules of the original CapsNet (Sabour et al. 2017, section 4): a convolution without bias or ReLU, whose channels
 * are C capsules of L dimensions at each place.
 *
 * Departures, from the published Efficient-CapsNet code: the result is divided by C, and biases [C, L] are added, before
 * the squash.
 *
 * @param x [batch, height, width, channels]
 * @param kernel [kh, kw, channels, C * L]
 * @param biases [C, L]
 * @returns squashed capsules [batch, height', width', C, L]
 * @throws TensorError when the kernel does not have C * L filters
 */
export function primaryCapsSabour(
  x: Tensor,
  kernel: Tensor,
  biases: Tensor,
  options: SabourPrimaryCapsOptions,
): Tensor {
  const { capsules, dimensions, stride = 1, divisor = capsules, squash = squashSabour() } = options;
  if (kernel.shape[3] !== capsules * dimensions) {
    throw new TensorError(
      'primaryCapsSabour',
      `kernel ${showShape(kernel.shape)} has ${kernel.shape[3]} filters, ${capsules} capsules of ${dimensions} need ${capsules * dimensions}.`,
    );
  }
  const map: Tensor = conv2d(x, kernel, { strides: stride });
  const [batch, height, width] = map.shape as [number, number, number, number];
  const grouped: Tensor = reshape(map, [batch, height, width, capsules, dimensions]);
  return squash<Shape>(add(divisor === 1 ? grouped : mul(grouped, 1 / divisor), biases));
}
