/** Softmax, and the squashes decomposed: exact at 0 and for long vectors, as the engine's own are. */
import { longestSquashed } from '@capsnet/tensor';
import type { Lowering, Rule } from '../rule.js';

export const softmax: Rule = (tensor, to) =>
  to.node('Softmax', [to.valueOf(tensor.inputs[0]!)], {
    axis: { int: tensor.attributes<'softmax'>().axis },
  });

/** Smallest normal float32: what divides in the place of a smaller length. */
const smallest = 2 ** -126;

/** |s| over the last axis, scaled by the largest component, so that no square overflows or vanishes. */
function stableNorm(s: string, to: Lowering): string {
  const over = (operator: string, x: string): string =>
    to.node(operator, [x, to.integers([-1])], { keepdims: { int: 1 } });
  const largest = to.node('Max', [over('ReduceMax', to.node('Abs', [s])), to.float(smallest)]);
  const scaled = to.node('Div', [s, largest]);
  const root = to.node('Sqrt', [over('ReduceSum', to.node('Mul', [scaled, scaled]))]);
  return to.node('Mul', [largest, root]);
}

/**
 * The length of v, given n = |s|:
 * - `exponential`: 1 - exp(-n) = 2t/(1 + t) with t = tanh(n/2), which neither overflows nor cancels;
 * - `sabour`: n^2/(1 + n^2) n/(n + epsilon), the first factor as 1/(1 + 1/n^2).
 */
function squashedLength(n: string, kind: 'exponential' | 'sabour', epsilon: number, to: Lowering): string {
  const one = to.float(1);
  const divisor = (x: string): string => to.node('Max', [x, to.float(smallest)]);
  if (kind === 'exponential') {
    const t = to.node('Tanh', [to.node('Mul', [n, to.float(0.5)])]);
    return to.node('Div', [to.node('Add', [t, t]), to.node('Add', [one, t])]);
  }
  const inverse = to.node('Reciprocal', [divisor(n)]);
  const share = to.node('Reciprocal', [to.node('Add', [one, to.node('Mul', [inverse, inverse])])]);
  const unit = to.node('Div', [n, divisor(to.node('Add', [n, to.float(epsilon)]))]);
  return to.node('Mul', [share, unit]);
}

export const squash: Rule = (tensor, to) => {
  const { kind, epsilon } = tensor.attributes<'squash'>();
  const s = to.valueOf(tensor.inputs[0]!);
  const n = stableNorm(s, to);
  const length = to.node('Min', [squashedLength(n, kind, epsilon, to), to.float(longestSquashed)]);
  const factor = to.node('Div', [length, to.node('Max', [n, to.float(smallest)])]);
  return to.node('Mul', [s, factor]);
};
