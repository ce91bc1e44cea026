/**
 * Self-attention routing: children vote for parents, and the votes that agree with the others weigh more. Nothing is iterated.
 * Efficient-CapsNet (Mazzia, Salvetti, Chiaberge 2021), section "Self-attention routing", eq. 4 to 7.
 */
import {
  add,
  div,
  expandDims,
  matmul,
  mul,
  showShape,
  softmax,
  sum,
  TensorError,
  transpose,
  type Shape,
  type Tensor,
} from '@capsnet/tensor';
import { squash as exponentialSquash, type Squash } from './squash.js';

/** What routing gives: the parents, and how much each child spoke for each of them. */
export interface Routed {
  /** Parent capsules [batch, parents, dimensions]. */
  readonly capsules: Tensor;
  /** Coupling coefficients [batch, parents, children]; they sum to 1 over the parents. */
  readonly couplings: Tensor;
}

/**
 * Routes children to parents by self-attention (Mazzia, Salvetti, Chiaberge 2021; equations below).
 *
 * - uHat[k,j] = u[j] W[k,j]: what child j predicts of parent k (eq. 4);
 * - a[k,j] = sum over m of uHat[k,j] . uHat[k,m] / sqrt(z): its agreement with all predictions (eq. 6);
 * - c = softmax of a over the parents (eq. 7), plus a learned bias (added after the softmax);
 * - v[k] = squash(sum over j of c[k,j] uHat[k,j]) (eq. 5).
 *
 * Departure: the agreement is computed as uHat[k,j] . (sum over m of uHat[k,m]), which is the same number in a time and
 * memory linear in the children.
 *
 * @param u children [batch, children, i]
 * @param weights [parents, children, i, z]
 * @param bias [parents, children, 1]
 * @throws TensorError when the shapes do not fit
 * @returns parents [batch, parents, z] and couplings [batch, parents, children]
 */
export function selfAttentionRouting(
  u: Tensor,
  weights: Tensor,
  bias: Tensor,
  squash: Squash = exponentialSquash,
): Routed {
  const [parents, children, i, z] = weights.shape as [number, number, number, number];
  const fits = u.rank === 3 && weights.rank === 4 && u.shape[1] === children && u.shape[2] === i;
  if (!fits) {
    throw new TensorError(
      'selfAttentionRouting',
      `children ${showShape(u.shape)} and weights ${showShape(weights.shape)}: wanted [batch, children, i] and [parents, children, i, z] with the same children and i.`,
    );
  }
  if (bias.rank !== 3 || bias.shape[0] !== parents || bias.shape[1] !== children || bias.shape[2] !== 1) {
    throw new TensorError(
      'selfAttentionRouting',
      `bias ${showShape(bias.shape)} does not fit weights ${showShape(weights.shape)}: wanted [${parents},${children},1].`,
    );
  }
  // Batch third, [parents, children, batch, ...], throughout: the weights are used as they lie in memory, in both directions.
  const uHat: Tensor = matmul(transpose(u, [1, 0, 2]), weights);
  const consensus: Tensor = sum(uHat, 1, { keepDims: true });
  const logits: Tensor = div(sum(mul(uHat, consensus), -1), Math.sqrt(z));
  const couplings: Tensor = softmax(logits, 0);
  const votes: Tensor = mul(uHat, expandDims(add(couplings, bias), -1));
  return {
    capsules: transpose(squash<Shape>(sum(votes, 1)), [1, 0, 2]),
    couplings: transpose(couplings, [2, 0, 1]),
  };
}
