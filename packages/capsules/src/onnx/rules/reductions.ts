/** Reductions, matrix products, convolutions. */
import type { Tensor } from '@capsnet/tensor';
import { elementTypes } from '../messages.js';
import type { Rule } from '../rule.js';

const reduce =
  (operator: string): Rule =>
  (tensor, to) => {
    const { axes, keepDims } = tensor.attributes<'sum'>();
    return to.node(operator, [to.valueOf(tensor.inputs[0]!), to.integers(axes)], {
      keepdims: { int: keepDims ? 1 : 0 },
      // No axes are none here, not all of them.
      noop_with_empty_axes: { int: 1 },
    });
  };

export const sum = reduce('ReduceSum');
export const max = reduce('ReduceMax');

/** The first of equal ones; positions are int64 in ONNX, int32 here. */
export const argmax: Rule = (tensor, to) => {
  const { axis } = tensor.attributes<'argmax'>();
  const found = to.node('ArgMax', [to.valueOf(tensor.inputs[0]!)], {
    axis: { int: axis },
    keepdims: { int: 0 },
    select_last_index: { int: 0 },
  });
  return to.node('Cast', [found], { to: { int: elementTypes.int32 } });
};

export const matmul: Rule = (tensor, to) => {
  const { transposeA, transposeB } = tensor.attributes<'matmul'>();
  const matrices = (operand: Tensor, swapped: boolean): string => {
    if (!swapped) return to.valueOf(operand);
    const axes = operand.shape.map((_, axis) => axis);
    return to.transposed(operand, [...axes.slice(0, -2), operand.rank - 1, operand.rank - 2]);
  };
  return to.node('MatMul', [
    matrices(tensor.inputs[0]!, transposeA),
    matrices(tensor.inputs[1]!, transposeB),
  ]);
};

/** Images are NHWC here and NCHW in ONNX, filters HWIO here and OIHW there; inner transposes are what runtimes cancel. */
export const conv2d: Rule = (tensor, to) => {
  const { strides, padding, groups } = tensor.attributes<'conv2d'>();
  const [[top, bottom], [left, right]] = padding;
  const [x, filter] = tensor.inputs as [Tensor, Tensor];
  const map = to.node('Conv', [to.transposed(x, [0, 3, 1, 2]), to.transposed(filter, [3, 2, 0, 1])], {
    strides: { ints: strides },
    pads: { ints: [top, left, bottom, right] },
    group: { int: groups },
    kernel_shape: { ints: filter.shape.slice(0, 2) },
  });
  return to.node('Transpose', [map], { perm: { ints: [0, 2, 3, 1] } });
};
