/** Nodes that move elements, and the row kernels of softmax and squash. */
import type { Tensor } from '../../../graph/tensor.js';
import { broadcastStrides } from '../../../ops/loops.js';
import { sizeOf, stridesOf } from '../../../shape/rules.js';
import { copyStep, fillStep, floatWord, type AddressOf, type Lowered, type Step } from './kernel.js';

type Encode = (node: Tensor, at: AddressOf, to: number) => readonly Step[];

const lowered =
  (encode: Encode) =>
  (node: Tensor, result: Tensor): Lowered => ({
    label: node.op,
    shape: node.shape,
    operations: 0,
    workspaceBytes: 0,
    encode: (at) => encode(node, at, at(result)),
  });

/** [outer, length, inner] of `shape` seen from `axis`. */
const around = (shape: readonly number[], axis: number): [number, number, number] => [
  sizeOf(shape.slice(0, axis)),
  shape[axis]!,
  sizeOf(shape.slice(axis + 1)),
];

/** Copies `from` (strides as given) over the shape of `node`. */
const copyInto = (node: Tensor, from: number, to: number, strides: readonly number[]): Step =>
  copyStep(from, to, node.shape, strides, stridesOf(node.shape));

export const copy = lowered((node, at, to) => [copyStep(at(node.inputs[0]!), to, [node.size], [1], [1])]);

export const transpose = lowered((node, at, to) => {
  const strides = stridesOf(node.inputs[0]!.shape);
  return [
    copyInto(
      node,
      at(node.inputs[0]!),
      to,
      node.attributes<'transpose'>().permutation.map((axis) => strides[axis]!),
    ),
  ];
});

export const broadcastTo = lowered((node, at, to) => {
  const x = node.inputs[0]!;
  return [
    copyInto(node, at(x), to, broadcastStrides({ shape: x.shape, stride: stridesOf(x.shape) }, node.shape)),
  ];
});

export const concat = lowered((node, at, to) => {
  const { axis } = node.attributes<'concat'>();
  const strides = stridesOf(node.shape);
  let start = 0;
  return node.inputs.flatMap((piece) => {
    const offset = start * strides[axis]!;
    start += piece.shape[axis]!;
    return piece.size === 0
      ? []
      : [copyStep(at(piece), to + offset * 4, piece.shape, stridesOf(piece.shape), strides)];
  });
});

export const slice = lowered((node, at, to) => {
  const { begin } = node.attributes<'slice'>();
  const strides = stridesOf(node.inputs[0]!.shape);
  const offset = begin.reduce((sum, start, axis) => sum + start * strides[axis]!, 0);
  return [copyInto(node, at(node.inputs[0]!) + offset * 4, to, strides)];
});

export const pad = lowered((node, at, to) => {
  const { paddings, value } = node.attributes<'pad'>();
  const x = node.inputs[0]!;
  const strides = stridesOf(node.shape);
  const offset = paddings.reduce((sum, [before], axis) => sum + before * strides[axis]!, 0);
  return [
    fillStep(to, node.size, value),
    ...(x.size === 0 ? [] : [copyStep(at(x), to + offset * 4, x.shape, stridesOf(x.shape), strides)]),
  ];
});

export const gather = lowered((node, at, to) => {
  const [x, indices] = node.inputs as [Tensor, Tensor];
  const [outer, length, inner] = around(x.shape, node.attributes<'gather'>().axis);
  return [{ kernel: 'gather', words: [at(x), at(indices), to, outer, length, indices.size, inner] }];
});

export const scatterAdd = lowered((node, at, to) => {
  const [indices, updates] = node.inputs as [Tensor, Tensor];
  const [outer, length, inner] = around(node.shape, node.attributes<'scatterAdd'>().axis);
  return [
    { kernel: 'scatterAdd', words: [at(indices), at(updates), to, outer, length, indices.size, inner] },
  ];
});

export const oneHot = lowered((node, at, to) => [
  {
    kernel: 'oneHot',
    words: [at(node.inputs[0]!), to, node.inputs[0]!.size, node.attributes<'oneHot'>().depth],
  },
]);

export const argmax = lowered((node, at, to) => {
  const x = node.inputs[0]!;
  return [{ kernel: 'argmax', words: [at(x), to, ...around(x.shape, node.attributes<'argmax'>().axis)] }];
});

export const cast = lowered((node, at, to) => {
  const x = node.inputs[0]!;
  if (x.dtype === node.dtype) return [copyStep(at(x), to, [node.size], [1], [1])];
  return [{ kernel: 'convert', words: [at(x), to, node.size, node.dtype === 'int32' ? 0 : 1] }];
});

export const softmax = lowered((node, at, to) => [
  {
    kernel: 'softmax',
    words: [at(node.inputs[0]!), to, ...around(node.shape, node.attributes<'softmax'>().axis)],
  },
]);

const squashWords = (node: Tensor): number[] => {
  const { kind, epsilon } = node.attributes<'squash'>();
  const dimension = node.shape.at(-1)!;
  return [
    dimension === 0 ? 0 : node.size / dimension,
    dimension,
    kind === 'exponential' ? 0 : 1,
    floatWord(epsilon),
  ];
};

export const squash = lowered((node, at, to) => [
  { kernel: 'squash', words: [at(node.inputs[0]!), to, ...squashWords(node)] },
]);

export const squashGradient = lowered((node, at, to) => [
  { kernel: 'squashGradient', words: [at(node.inputs[0]!), at(node.inputs[1]!), to, ...squashWords(node)] },
]);

/** Reductions of nothing. */
export const emptyReduction = lowered((node, _, to) => [
  fillStep(to, node.size, node.op === 'max' ? -Infinity : 0),
]);

/** Element-wise operations on int32 operands, and on nothing: through float32, which holds indices exactly. */
export const nothing = lowered(() => []);
