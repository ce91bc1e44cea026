/** Counting what a network gets right. */
import {
  add,
  argmax,
  cast,
  div,
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
 * 1 at the largest entries of each row, 0 elsewhere: [..., classes] -> [..., classes]. On ties the higher index wins, as when the last places of a
 * stable ascending sort are taken (the convention of the published code).
 * Used where an image has several classes, as two overlaid digits (Sabour et al. 2017, section 6).
 *
 * @param counts how many of each row: one number, or [..., 1]
 */
export function largest(scores: Tensor, counts: Tensor | number): Tensor {
  const classes = scores.shape.at(-1)!;
  const mine = expandDims(scores, -1);
  const theirs = expandDims(scores, -2);
  const index: Tensor = cast(range(classes), 'float32');
  // later[i, j] = 1 where j stands behind i
  const later: Tensor = greater(reshape(index, [1, classes]), reshape(index, [classes, 1]));
  const ahead: Tensor = add(greater(theirs, mine), mul(equal(theirs, mine), later));
  return less(sum(ahead, -1), counts);
}

/**
 * `largest` for two: 1 at the two largest entries of each row, 0 elsewhere, [..., classes] -> [..., classes].
 * Used for two overlaid digits (Sabour et al. 2017, section 6).
 */
export const twoLargest = (scores: Tensor): Tensor => largest(scores, 2);

/**
 * Share of the true classes of a sample, however many it has, that are among as many longest capsules: [batch]. With one class each it is `correct`, but for
 * ties. Sabour et al. 2017, section 6, take the two longest capsules as the answer for two digits; this takes as many as there are classes.
 *
 * @param labels [batch, classes], the sum of the one-hot labels; at least one a row
 * @param lengths [batch, classes]
 * @throws TensorError when labels and lengths have different shapes
 */
export function shareCorrect(labels: Tensor, lengths: Tensor): Tensor {
  checkSameShape('shareCorrect', 'labels', labels, 'lengths', lengths);
  const counts: Tensor = sum(labels, -1, { keepDims: true });
  return div(sum(mul(labels, largest(lengths, counts)), -1), reshape(counts, [labels.shape[0]!]));
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
