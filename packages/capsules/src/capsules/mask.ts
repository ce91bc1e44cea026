/**
 * Masking: of all parent capsules a decoder sees one (Sabour et al. 2017, section 4.1): that of the true label during training, the
 * longest one afterwards. For two overlaid digits it runs twice, once a digit.
 *
 * A mask is a tensor of 0 and 1, [batch, parents]; it is a constant for differentiation.
 */
import {
  argmax,
  expandDims,
  mul,
  oneHot,
  reshape,
  showShape,
  square,
  stopGradient,
  sum,
  TensorError,
  where,
  type Tensor,
} from '@capsnet/tensor';

function checkCapsules(operation: string, capsules: Tensor): [number, number, number] {
  if (capsules.rank !== 3)
    throw new TensorError(
      operation,
      `capsules ${showShape(capsules.shape)} are not [batch, parents, dimensions].`,
    );
  return capsules.shape as [number, number, number];
}

/** Squared lengths without an epsilon, so that short capsules keep their order. */
const squaredLengths = (capsules: Tensor): Tensor => stopGradient(sum(square(capsules), -1));

/**
 * 1 at the longest capsule (the first one on ties), 0 elsewhere: [batch, parents, dimensions] -> [batch, parents].
 * What the decoder sees of an image without a label (Sabour et al. 2017, section 4.1).
 *
 * @throws TensorError when capsules do not have three axes
 */
export function longestMask(capsules: Tensor): Tensor {
  const [, parents] = checkCapsules('longestMask', capsules);
  return oneHot(argmax(squaredLengths(capsules), -1), parents);
}

/**
 * Masks of the longest and of the second longest capsule.
 * [batch, parents, dimensions] -> [batch, parents] twice, for two overlaid digits (Sabour et al. 2017, section 6).
 *
 * @throws TensorError when capsules do not have three axes
 */
export function twoLongestMasks(capsules: Tensor): readonly [Tensor, Tensor] {
  const [, parents] = checkCapsules('twoLongestMasks', capsules);
  const lengths = squaredLengths(capsules);
  const first: Tensor = oneHot(argmax(lengths, -1), parents);
  return [first, oneHot(argmax(where(first, -1, lengths), -1), parents)];
}

/**
 * Keeps the capsules that `mask` marks, sets the others to 0 and flattens:
 * [batch, parents, dimensions] x [batch, parents] -> [batch, parents * dimensions].
 * Sabour et al. 2017, section 4.1: "we mask out all but the activity vector of the correct digit capsule".
 *
 * @throws TensorError when capsules do not have three axes, or the mask does not fit them
 */
export function mask(capsules: Tensor, marks: Tensor): Tensor {
  const [batch, parents, dimensions] = checkCapsules('mask', capsules);
  if (marks.rank !== 2 || marks.shape[0] !== batch || marks.shape[1] !== parents) {
    throw new TensorError(
      'mask',
      `the mask ${showShape(marks.shape)} does not fit capsules ${showShape(capsules.shape)}. Give [${batch},${parents}], for example one-hot labels.`,
    );
  }
  return reshape(mul(capsules, expandDims(stopGradient(marks), -1)), [batch, parents * dimensions]);
}

/**
 * The capsules of the labels, flattened: `mask` by one-hot (or two-hot) labels.
 * [batch, parents, dimensions] x [batch, parents] -> [batch, parents * dimensions] (Sabour et al. 2017, section 4.1).
 *
 * @throws TensorError when capsules do not have three axes, or the labels do not fit them
 */
export const maskByLabel = (capsules: Tensor, labels: Tensor): Tensor => mask(capsules, labels);

/**
 * The longest capsule, flattened for the decoder.
 * [batch, parents, dimensions] -> [batch, parents * dimensions] (Sabour et al. 2017, section 4.1).
 *
 * @throws TensorError when capsules do not have three axes
 */
export const maskByLongest = (capsules: Tensor): Tensor => mask(capsules, longestMask(capsules));

/**
 * The capsules of two labels, each flattened by itself (two overlaid digits).
 * [batch, parents, dimensions] with labels [batch, parents] -> [batch, parents * dimensions] twice (Sabour et al. 2017,
 * section 6).
 *
 * @throws TensorError when capsules do not have three axes, or the labels do not fit them
 */
export const maskByTwoLabels = (
  capsules: Tensor,
  first: Tensor,
  second: Tensor,
): readonly [Tensor, Tensor] => [mask(capsules, first), mask(capsules, second)];

/**
 * The longest and the second longest capsule, each flattened by itself.
 * [batch, parents, dimensions] -> [batch, parents * dimensions] twice (Sabour et al. 2017, section 6).
 *
 * @throws TensorError when capsules do not have three axes
 */
export function maskByTwoLongest(capsules: Tensor): readonly [Tensor, Tensor] {
  const [first, second] = twoLongestMasks(capsules);
  return [mask(capsules, first), mask(capsules, second)];
}
