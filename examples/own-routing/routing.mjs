// A routing algorithm is a function from children to parents. This one asks of each child whether the *others* agree with it:
//
//   uHat[k,j] = u[j] W[k,j]                     what child j predicts of parent k
//   m[k,j]    = sum over i of uHat[k,i] - uHat[k,j]   what all others predict
//   a[k,j]    = sharpness * cos(uHat[k,j], m[k,j])    agreement, whatever the lengths
//   c         = softmax of a over the parents
//   v[k]      = squash(sum over j of c[k,j] uHat[k,j])
//
// Nothing here is known to the engine: the derivative follows from the operations, and `compile` fuses them.
import { squash } from '@capsnet/capsules';
import { add, expandDims, matmul, mul, rsqrt, softmax, square, sub, sum, transpose } from '@capsnet/tensor';

/** x / |x| along the last axis, with a finite derivative at 0. */
const direction = (x) => mul(x, rsqrt(add(sum(square(x), -1, { keepDims: true }), 1e-7)));

/**
 * @param {import('@capsnet/tensor').Tensor} u children [batch, children, i]
 * @param {import('@capsnet/tensor').Tensor} weights [parents, children, i, z]
 * @returns {{ capsules: import('@capsnet/tensor').Tensor, couplings: import('@capsnet/tensor').Tensor }}
 *   parents [batch, parents, z], and how much each child spoke for each of them [batch, parents, children]
 */
export function routeByOthers(u, weights, sharpness = 4) {
  const uHat = matmul(transpose(u, [1, 0, 2]), weights); // [parents, children, batch, z]
  const others = sub(sum(uHat, 1, { keepDims: true }), uHat);
  const agreement = mul(sum(mul(direction(uHat), direction(others)), -1), sharpness);
  const couplings = softmax(agreement, 0);
  const votes = sum(mul(uHat, expandDims(couplings, -1)), 1);
  return { capsules: transpose(squash(votes), [1, 0, 2]), couplings: transpose(couplings, [2, 0, 1]) };
}
