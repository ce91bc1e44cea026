/** Reductions over a set of axes, and argmax over one. */
import { TensorError, showShape } from '../errors.js';
import { reducedShape } from '../shape/rules.js';
import { defineOp, type HostArray, type OpSample, type TensorType } from './define.js';
import { walk } from './loops.js';

/** Axes are resolved (>= 0), ascending, without repetition. */
export interface ReduceAttributes {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

const reduceSamples: readonly OpSample<ReduceAttributes>[] = [
  [0],
  [1],
  [2],
  [0, 2],
  [1, 2],
  [0, 1, 2],
  [],
].flatMap((axes) =>
  [true, false].map((keepDims) => ({ shapes: [[3, 4, 5]], attributes: { axes, keepDims } })),
);

/** Strides of the output seen from the input's axes: 0 along the reduced ones. */
function outputStrides(input: HostArray, output: HostArray, { axes, keepDims }: ReduceAttributes): number[] {
  let position = 0;
  return input.shape.map((_, axis) => {
    if (axes.includes(axis)) {
      if (keepDims) position++;
      return 0;
    }
    return output.stride[position++]!;
  });
}

function inferReduce(name: string, operand: TensorType, { axes, keepDims }: ReduceAttributes): TensorType {
  if (operand.dtype !== 'float32')
    throw new TensorError(name, "takes float32. Convert first: cast(x, 'float32').");
  return { shape: reducedShape(operand.shape, axes, keepDims), dtype: 'float32' };
}

export const sum = defineOp({
  name: 'sum',
  kind: 'reduction',
  infer: ([operand], attributes: ReduceAttributes) => inferReduce('sum', operand!, attributes),
  reference([operand], attributes, output) {
    const total = new Float64Array(output.data.length);
    walk(
      operand!.shape,
      [operand!.stride, outputStrides(operand!, output, attributes)],
      [operand!.offset, output.offset],
      ([from, to]) => {
        total[to!]! += operand!.data[from!]!;
      },
    );
    output.data.set(total);
  },
  samples: reduceSamples,
});

export const max = defineOp({
  name: 'max',
  kind: 'reduction',
  infer([operand], attributes: ReduceAttributes) {
    if (attributes.axes.some((axis) => operand!.shape[axis] === 0)) {
      throw new TensorError(
        'max',
        `${showShape(operand!.shape)} has nothing to take the largest of along axes ${showShape(attributes.axes)}.`,
      );
    }
    return inferReduce('max', operand!, attributes);
  },
  reference([operand], attributes, output) {
    output.data.fill(-Infinity);
    walk(
      operand!.shape,
      [operand!.stride, outputStrides(operand!, output, attributes)],
      [operand!.offset, output.offset],
      ([from, to]) => {
        const value = operand!.data[from!]!;
        if (value > output.data[to!]! || value !== value) output.data[to!] = value;
      },
    );
  },
  samples: reduceSamples,
});

/** Position of the largest element along `axis`, the lowest on ties; int32. */
export const argmax = defineOp({
  name: 'argmax',
  kind: 'reduction',
  infer([operand], { axis }: { readonly axis: number }) {
    if (operand!.shape[axis] === 0)
      throw new TensorError('argmax', `axis ${axis} of ${showShape(operand!.shape)} is empty.`);
    return { shape: operand!.shape.filter((_, k) => k !== axis), dtype: 'int32' };
  },
  reference([operand], { axis }, output) {
    const best = new Float64Array(output.data.length).fill(-Infinity);
    const strides = outputStrides(operand!, output, { axes: [axis], keepDims: false });
    const length = operand!.shape[axis]!;
    const inner = operand!.shape.slice(axis + 1).reduce((product, n) => product * n, 1);
    walk(
      operand!.shape,
      [operand!.stride, strides],
      [operand!.offset, output.offset],
      ([from, to], position) => {
        const value = operand!.data[from!]!;
        if (value > best[to!]!) {
          best[to!] = value;
          output.data[to!] = Math.floor(position / inner) % length;
        }
      },
    );
  },
  samples: [0, 1, 2].map((axis) => ({ shapes: [[3, 4, 5]], attributes: { axis } })),
});
