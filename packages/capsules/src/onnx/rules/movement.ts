/** Operations that move elements, and `fill`, which makes them. */
import { apply, fromHost, showShape, TensorError, type Tensor } from '@capsnet/tensor';
import { elementTypes } from '../messages.js';
import type { Rule } from '../rule.js';

const only = ({ inputs }: Tensor): Tensor => inputs[0]!;

/** One length may be left open, and is the one that follows the batch. */
export const reshape: Rule = (tensor, to) => {
  const lengths = to.lengths(tensor).map((length) => (typeof length === 'number' ? length : -1));
  if (lengths.filter((length) => length < 0).length > 1)
    throw new TensorError(
      'onnx',
      `reshape to ${showShape(tensor.shape)}: more than one length follows the batch. Keep the batch on one axis.`,
    );
  return to.node('Reshape', [to.valueOf(only(tensor)), to.integers(lengths)]);
};

export const transpose: Rule = (tensor, to) =>
  to.transposed(only(tensor), tensor.attributes<'transpose'>().permutation);

/** `Expand` leaves an axis as it is where the wanted length is 1, so that a batch that is there need not be asked for. */
export const broadcastTo: Rule = (tensor, to) => {
  const operand = to.lengths(only(tensor));
  const wanted = to.lengths(tensor);
  const lengths = wanted.map((length, axis) => {
    const before = operand[axis - wanted.length + operand.length];
    return typeof length !== 'number' && typeof before === 'object' ? 1 : length;
  });
  return to.node('Expand', [to.valueOf(only(tensor)), to.shape(lengths)]);
};

export const concat: Rule = (tensor, to) =>
  to.node(
    'Concat',
    tensor.inputs.map((operand) => to.valueOf(operand)),
    { axis: { int: tensor.attributes<'concat'>().axis } },
  );

/** Axes that are taken whole are not named, so that the batch is not. */
export const slice: Rule = (tensor, to) => {
  const { begin } = tensor.attributes<'slice'>();
  const whole = to.lengths(only(tensor));
  const axes = to.lengths(tensor).flatMap((length, axis) => {
    if (typeof length === 'number' && typeof whole[axis] === 'number')
      return length === whole[axis] ? [] : [{ axis, from: begin[axis]!, to: begin[axis]! + length }];
    if (tensor.shape[axis] === only(tensor).shape[axis]) return [];
    throw new TensorError(
      'onnx',
      `slice ${showShape(tensor.shape)} of ${showShape(only(tensor).shape)} cuts along the batch, whose length is open. Slice other axes.`,
    );
  });
  if (axes.length === 0) return to.valueOf(only(tensor));
  return to.node('Slice', [
    to.valueOf(only(tensor)),
    to.integers(axes.map(({ from }) => from)),
    to.integers(axes.map((each) => each.to)),
    to.integers(axes.map(({ axis }) => axis)),
  ]);
};

export const pad: Rule = (tensor, to) => {
  const { paddings, value } = tensor.attributes<'pad'>();
  const [before, after] = [paddings.map(([one]) => one), paddings.map(([, one]) => one)];
  return to.node('Pad', [to.valueOf(only(tensor)), to.integers([...before, ...after]), to.float(value)]);
};

export const gather: Rule = (tensor, to) =>
  to.node(
    'Gather',
    tensor.inputs.map((operand) => to.valueOf(operand)),
    { axis: { int: tensor.attributes<'gather'>().axis } },
  );

/** Index = class, class by class. ONNX's own OneHot counts a negative index from the end; here it gives zeros. */
export const oneHot: Rule = (tensor, to) => {
  const { depth } = tensor.attributes<'oneHot'>();
  const classes = fromHost(
    Int32Array.from({ length: depth }, (_, k) => k),
    [depth],
    'int32',
  );
  const column = to.node('Unsqueeze', [to.valueOf(only(tensor)), to.integers([-1])]);
  const found = to.node('Equal', [column, to.valueOf(classes)]);
  return to.node('Cast', [found], { to: { int: elementTypes.float32 } });
};

/** Reached only where its shape follows the batch: other ones are constants. */
export const fill: Rule = (tensor, to) => {
  const { value, dtype } = tensor.attributes<'fill'>();
  const scalar = apply('fill', [], { value, dtype, shape: [] });
  return to.node('Expand', [to.valueOf(scalar), to.shape(to.lengths(tensor))]);
};
