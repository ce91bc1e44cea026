/**
 * Operations that could be composed of others and are not, because a form of their own is exact where the
 * composition overflows or divides 0 by 0, and saves passes over memory: softmax and the squashes of capsule networks.
 */
import { TensorError, showShape } from '../errors.js';
import { sameShape, sizeOf } from '../shape/rules.js';
import { defineOp, type OpSample } from './define.js';

/** exp(x) / sum exp(x) along `axis`, computed on x minus its largest element. */
export const softmax = defineOp({
  name: 'softmax',
  kind: 'capsule',
  infer: ([x], _: { readonly axis: number }) => ({ shape: x!.shape, dtype: 'float32' as const }),
  reference([x], { axis }, output) {
    const length = x!.shape[axis]!;
    const inner = sizeOf(x!.shape.slice(axis + 1));
    const outer = sizeOf(x!.shape.slice(0, axis));
    for (let o = 0; o < outer; o++)
      for (let i = 0; i < inner; i++) {
        const at = (k: number): number => (o * length + k) * inner + i;
        let largest = -Infinity;
        for (let k = 0; k < length; k++) largest = Math.max(largest, x!.data[at(k)]!);
        let total = 0;
        for (let k = 0; k < length; k++) total += Math.exp(x!.data[at(k)]! - largest);
        for (let k = 0; k < length; k++) output.data[at(k)] = Math.exp(x!.data[at(k)]! - largest) / total;
      }
  },
  samples: [0, 1, 2].map((axis) => ({ shapes: [[3, 4, 5]], attributes: { axis } })),
});

/**
 * Which squash, over the last axis, with n = |s|:
 * - `exponential`: v = (1 - exp(-n)) s/n (Efficient-CapsNet, Mazzia et al. 2021, eq. 3);
 * - `sabour`: v = n^2/(1 + n^2) s/(n + epsilon) (Sabour et al. 2017, eq. 1).
 */
export interface SquashAttributes {
  readonly kind: 'exponential' | 'sabour';
  /** Added to n in the division of `sabour`; `exponential` needs none. */
  readonly epsilon: number;
}

/**
 * Longest vector that a squash gives. Both formulas stay below 1 for every real vector, and both round to 1 in float32 (for
 * n > 17, n > 4000): the cap keeps the promise `length < 1` in floating point too, rounding of the length included.
 */
export const longestSquashed = 1 - 2 ** -20;

/** |s| without overflow of s^2 or its loss below the smallest float: scaled by the largest component. */
function stableNorm(data: ArrayLike<number>, start: number, length: number): number {
  let largest = 0;
  for (let k = 0; k < length; k++) largest = Math.max(largest, Math.abs(data[start + k]!));
  if (largest === 0) return 0;
  let total = 0;
  for (let k = 0; k < length; k++) total += (data[start + k]! / largest) ** 2;
  return largest * Math.sqrt(total);
}

/** The factor c(n) of v = c(n) s, and n c'(n), both finite for every n >= 0. */
export function squashFactors(
  { kind, epsilon }: SquashAttributes,
  n: number,
): { factor: number; slope: number } {
  if (kind === 'exponential') {
    // c = (1 - e^-n)/n -> 1; n c' = e^-n - c -> 0
    const length = Math.min(-Math.expm1(-n), longestSquashed);
    const factor = n === 0 ? 1 : length / n;
    return { factor, slope: n === 0 ? 0 : Math.exp(-n) - factor };
  }
  if (n === 0) return { factor: 0, slope: 0 };
  // c = n^2/(1+n^2)/(n+eps); n c' = c (2/(1+n^2) - n/(n+eps)); 1/(1 + 1/n^2) does not overflow
  const share = 1 / (1 + 1 / n / n);
  const unit = n / (n + epsilon);
  const factor = Math.min(share * unit, longestSquashed) / n;
  return { factor, slope: factor * (2 * (1 - share) - unit) };
}

const squashSamples: readonly OpSample<SquashAttributes>[] = [
  { shapes: [[3, 4, 5]], attributes: { kind: 'exponential', epsilon: 0 } },
  { shapes: [[6, 1]], attributes: { kind: 'exponential', epsilon: 0 } },
  { shapes: [[2, 16]], attributes: { kind: 'sabour', epsilon: 1e-7 } },
];

const checkCapsules = (name: string, shape: readonly number[]): void => {
  if (shape.length < 1)
    throw new TensorError(
      name,
      `${showShape(shape)} has no axis of capsule dimensions. Give at least [dimension].`,
    );
};

export const squash = defineOp({
  name: 'squash',
  kind: 'capsule',
  infer([s], _: SquashAttributes) {
    checkCapsules('squash', s!.shape);
    return { shape: s!.shape, dtype: 'float32' };
  },
  reference([s], attributes, output) {
    const length = s!.shape.at(-1)!;
    for (let start = 0; start < output.data.length; start += length) {
      const { factor } = squashFactors(attributes, stableNorm(s!.data, start, length));
      for (let k = start; k < start + length; k++) output.data[k] = factor * s!.data[k]!;
    }
  },
  samples: squashSamples,
});

/** (s, dv) -> ds = c dv + n c' u (u . dv), u = s/n. At s = 0 the unit vector is taken as 0, which gives the limit. */
export const squashGradient = defineOp({
  name: 'squashGradient',
  kind: 'capsule',
  infer([s, dv], _: SquashAttributes) {
    checkCapsules('squashGradient', s!.shape);
    if (!sameShape(s!.shape, dv!.shape)) {
      throw new TensorError(
        'squashGradient',
        `s ${showShape(s!.shape)} and its upstream gradient ${showShape(dv!.shape)} must have one shape.`,
      );
    }
    return { shape: s!.shape, dtype: 'float32' };
  },
  reference([s, dv], attributes, output) {
    const length = s!.shape.at(-1)!;
    for (let start = 0; start < output.data.length; start += length) {
      const n = stableNorm(s!.data, start, length);
      const { factor, slope } = squashFactors(attributes, n);
      let along = 0;
      if (n > 0) for (let k = start; k < start + length; k++) along += (s!.data[k]! / n) * dv!.data[k]!;
      for (let k = start; k < start + length; k++)
        output.data[k] = factor * dv!.data[k]! + (n > 0 ? slope * along * (s!.data[k]! / n) : 0);
    }
  },
  samples: squashSamples.map((sample) => ({ ...sample, shapes: [sample.shapes[0]!, sample.shapes[0]!] })),
});
