/**
 * What each operation of the reference values is here: from input tensors (in the order of the operands) and attributes to
 * outputs, through the public functions of `@capsnet/tensor`. Layers and losses are in `capsuleOperations.ts`.
 */
import {
  abs,
  add,
  argmax,
  broadcastTo,
  concat,
  conv2d,
  div,
  einsum,
  exp,
  gather,
  leakyRelu,
  log,
  logSoftmax,
  logSumExp,
  matmul,
  max,
  maximum,
  mean,
  minimum,
  mul,
  neg,
  oneHot,
  pad,
  pow,
  reciprocal,
  relu,
  reshape,
  rsqrt,
  sigmoid,
  slice,
  softmax,
  sqrt,
  square,
  stack,
  sub,
  sum,
  tanh,
  transpose,
  upsampleBilinear2x,
  where,
  type Tensor,
} from '@capsnet/tensor';
import { CaseError, type Attributes } from './attributes.js';

/** What an operation gives: its outputs in order, and by name what else can be compared. */
export interface Answer {
  readonly outputs: readonly Tensor[];
  readonly auxiliary?: Readonly<Record<string, Tensor>>;
}

export interface Operation {
  /** Fewest and most operands. */
  readonly operands: readonly [number, number];
  readonly run: (inputs: readonly Tensor[], attributes: Attributes) => Answer;
}

type Plain = (attributes: Attributes, ...inputs: Tensor[]) => Tensor;

/** An operation of one result and no auxiliary values. */
export const plain = (run: Plain, least: number, most = least): Operation => ({
  operands: [least, most],
  run: (inputs, attributes) => ({ outputs: [run(attributes, ...inputs)] }),
});
const unary = (f: (x: Tensor) => Tensor): Operation => plain((_, x) => f(x), 1);
const binary = (f: (a: Tensor, b: Tensor) => Tensor): Operation => plain((_, a, b) => f(a, b), 2);

type Reduction = (
  x: Tensor,
  axis: number | readonly number[] | null,
  options: { readonly keepDims: boolean },
) => Tensor;
const reduction = (f: Reduction): Operation =>
  plain(
    (attributes, x) => f(x, attributes.axes('axis'), { keepDims: attributes.flag('keepdims', false) }),
    1,
  );

const padding = (attributes: Attributes): 'valid' | 'same' => {
  const word = attributes.text('padding', 'valid').toLowerCase();
  if (word !== 'valid' && word !== 'same') throw attributes.wrong('padding', '"valid" or "same"');
  return word;
};

/** Functions of the engine with shapes that are not known before the program runs. */
export const operations: Readonly<Record<string, Operation>> = {
  add: binary((a, b) => add(a, b)),
  sub: binary((a, b) => sub(a, b)),
  mul: binary((a, b) => mul(a, b)),
  div: binary((a, b) => div(a, b)),
  maximum: binary((a, b) => maximum(a, b)),
  minimum: binary((a, b) => minimum(a, b)),
  pow: binary((a, b) => pow(a, b)),
  exp: unary(exp),
  log: unary(log),
  sqrt: unary(sqrt),
  tanh: unary(tanh),
  sigmoid: unary(sigmoid),
  relu: unary(relu),
  abs: unary(abs),
  neg: unary(neg),
  square: unary(square),
  rsqrt: unary(rsqrt),
  reciprocal: unary(reciprocal),
  leaky_relu: plain((attributes, x) => leakyRelu(x, attributes.number('alpha')), 1),
  pow_const: plain((attributes, x) => pow(x, attributes.number('exponent')), 1),
  where: plain((_, condition, a, b) => where(condition, a, b), 3),

  sum: reduction(sum),
  mean: reduction(mean),
  max: reduction(max),
  logsumexp: reduction(logSumExp),
  softmax: plain((attributes, x) => softmax(x, attributes.number('axis', -1)), 1),
  log_softmax: plain((attributes, x) => logSoftmax(x, attributes.number('axis', -1)), 1),
  argmax: plain((attributes, x) => argmax(x, attributes.number('axis', -1)), 1),

  matmul: plain(
    (attributes, a, b) =>
      matmul(a, b, {
        transposeA: attributes.flag('transpose_a', false),
        transposeB: attributes.flag('transpose_b', false),
      }),
    2,
  ),
  einsum: plain((attributes, ...tensors) => einsum(attributes.text('subscripts'), ...tensors), 1, 26),
  einsum_same_operand: plain((attributes, u) => {
    const operands = attributes.text('subscripts').split('->')[0]!.split(',');
    return einsum(attributes.text('subscripts'), ...operands.map(() => u));
  }, 1),
  conv2d: plain(
    (attributes, x, filter, bias) => {
      const y: Tensor = conv2d(x, filter, {
        strides: attributes.pair('strides', 1),
        padding: padding(attributes),
        groups: attributes.number('groups', 1),
      });
      return bias ? add(y, bias) : y;
    },
    2,
    3,
  ),

  transpose: plain((attributes, x) => transpose(x, attributes.numbers('perm')), 1),
  reshape: plain((attributes, x) => reshape(x, attributes.numbers('shape')), 1),
  broadcast_to: plain((attributes, x) => broadcastTo(x, attributes.numbers('shape')), 1),
  concat: plain((attributes, ...pieces) => concat(pieces, attributes.number('axis')), 1, Infinity),
  stack: plain((attributes, ...pieces) => stack(pieces, attributes.number('axis')), 1, Infinity),
  slice: plain((attributes, x) => slice(x, attributes.numbers('begin'), attributes.numbers('size')), 1),
  pad: plain((attributes, x) => {
    const paddings = attributes.rows('paddings', 2).map(([before, after]) => [before!, after!] as const);
    return pad(x, paddings, attributes.number('value', 0));
  }, 1),
  gather: plain((attributes, x, indices) => gather(x, indices, attributes.number('axis', 0)), 2),
  one_hot: plain((attributes, indices) => oneHot(indices, attributes.number('depth')), 1),
  upsample_bilinear2x: plain((attributes, x) => {
    const [down, across] = attributes.pair('size', 2);
    if (down !== 2 || across !== 2) throw attributes.wrong('size', '[2, 2]');
    return upsampleBilinear2x(x);
  }, 1),
};

/** @throws CaseError when a case has too few or too many operands for its operation */
export function checkOperands(op: string, { operands: [least, most] }: Operation, count: number): void {
  if (count >= least && count <= most) return;
  const wanted = least === most ? String(least) : `${least} to ${most === Infinity ? 'any number' : most}`;
  throw new CaseError(`${op} takes ${wanted} inputs, the case names ${count}.`);
}
