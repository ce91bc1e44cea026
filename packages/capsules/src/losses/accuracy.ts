/** Counting what a network gets right. */
import {
  add,
  argmax,
  cast,
  equal,
  expandDims,
  greater,
  less,
  mean,
  mul,
  range,
  reshape,
  sum,
  type Tensor,
} from '@capsnet/tensor';
import { checkSameShape } from './check.js';

/**
 * 1 for each sample whose longest capsule is that of its label: [batch, classes] twice -> [batch].
 * The class of an image is its longest capsule (Sabour et al. 2017, section 3).
 *
 * @throws TensorError when labels and lengths have different shapes
 */
export function correct(labels: Tensor, lengths: Tensor): Tensor {
  checkSameShape('accuracy', 'labels', labels, 'lengths', lengths);
  return equal(cast(argmax(labels, -1), 'float32'), cast(argmax(lengths, -1), 'float32'));
}

/**
 * Share of samples whose longest capsule is that of their label.
 * Both are [batch, classes], the result is a scalar. The class of an image is its longest capsule (Sabour et al. 2017,
 * section 3).
 *
 * @throws TensorError when labels and lengths have different shapes
 */
export const accuracy = (labels: Tensor, lengths: Tensor): Tensor => mean(correct(labels, lengths));

/**
 * 1 at the two largest entries of each row, 0 elsewhere. On ties the higher index wins, as when the last two places of a
 * stable ascending sort are taken (the convention of the published code).
 * Used for two overlaid digits (Sabour et al. 2017, section 6). [..., classes] -> [..., classes].
 */
export function twoLargest(scores: Tensor): Tensor {
  const classes = scores.shape.at(-1)!;
  const mine = expandDims(scores, -1);
  const theirs = expandDims(scores, -2);
  const index: Tensor = cast(range(classes), 'float32');
  // later[i, j] = 1 where j stands behind i
  const later: Tensor = greater(reshape(index, [1, classes]), reshape(index, [classes, 1]));
  const ahead: Tensor = add(greater(theirs, mine), mul(equal(theirs, mine), later));
  return less(sum(ahead, -1), 2);
}

/**
 * Share of the two true classes that are among the two longest capsules, for each sample: [batch].
 * Labels and lengths are [batch, classes]. Sabour et al. 2017, section 6, take the two longest capsules as the answer.
 *
 * @throws TensorError when labels and lengths have different shapes
 */
export function multiCorrect(labels: Tensor, lengths: Tensor): Tensor {
  checkSameShape('multiAccuracy', 'labels', labels, 'lengths', lengths);
  return mul(sum(mul(twoLargest(labels), twoLargest(lengths)), -1), 0.5);
}

/**
 * Mean over the samples of |two longest capsules, intersected with the two true classes| / 2.
 * A scalar. Sabour et al. 2017, section 6, take the two longest capsules as the answer.
 *
 * @param labels [batch, classes], the sum of the two one-hot labels
 */
export const multiAccuracy = (labels: Tensor, lengths: Tensor): Tensor => mean(multiCorrect(labels, lengths));
