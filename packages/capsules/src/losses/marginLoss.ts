/** The loss of classification by capsule lengths. */
import { add, mean, mul, relu, square, sub, sum, type Tensor } from '@capsnet/tensor';
import { checkSameShape } from './check.js';

/** The constants of the margin loss: m+, m- and lambda of Sabour et al. 2017, eq. 4. */
export interface MarginLossOptions {
  /** A present class should be at least this long. */
  readonly present?: number;
  /** An absent class should be at most this long. */
  readonly absent?: number;
  /** Weight of absent classes. */
  readonly lambda?: number;
}

/**
 * Margin loss, Sabour et al. 2017, eq. 4:
 * sum over classes of T max(0, 0.9 - |v|)^2 + 0.5 (1 - T) max(0, |v| - 0.1)^2, averaged over the batch. At both hinges the
 * gradient is 0.
 *
 * @param labels T [batch, classes]: one-hot, two-hot for two overlaid digits
 * @param lengths [batch, classes]
 * @returns a scalar
 * @throws TensorError when labels and lengths have different shapes
 */
export function marginLoss(
  labels: Tensor,
  lengths: Tensor,
  { present = 0.9, absent = 0.1, lambda = 0.5 }: MarginLossOptions = {},
): Tensor {
  checkSameShape('marginLoss', 'labels', labels, 'lengths', lengths);
  const missing: Tensor = mul(labels, square(relu(sub(present, lengths))));
  const surplus: Tensor = mul(mul(sub(1, labels), lambda), square(relu(sub(lengths, absent))));
  return mean(sum(add(missing, surplus), -1));
}
