/** Operations that move elements and compute nothing (scatterAdd, the gradient of gather, also adds). */
import { TensorError, showShape } from '../errors.js';
import { broadcastShapes, checkShape, sameShape, sizeOf } from '../shape/rules.js';
import { defineOp, type HostArray } from './define.js';
import { broadcastStrides, walk } from './loops.js';

/** Copies `from`, read with `strides` over `output`'s shape, into `output`. */
function copyStrided(from: HostArray, strides: readonly number[], start: number, output: HostArray): void {
  walk(output.shape, [output.stride, strides], [output.offset, start], ([to, source]) => {
    output.data[to!] = from.data[source!]!;
  });
}

export const reshape = defineOp({
  name: 'reshape',
  kind: 'movement',
  infer([x], { shape }: { readonly shape: readonly number[] }) {
    checkShape('reshape', shape);
    if (sizeOf(shape) !== sizeOf(x!.shape)) {
      throw new TensorError(
        'reshape',
        `${showShape(x!.shape)} has ${sizeOf(x!.shape)} elements, ${showShape(shape)} has ${sizeOf(shape)}. Give a shape of ${sizeOf(x!.shape)} elements (-1 for one length works it out).`,
      );
    }
    return { shape, dtype: x!.dtype };
  },
  reference([x], _, output) {
    walk(x!.shape, [x!.stride], [x!.offset], ([from], position) => {
      output.data[position] = x!.data[from!]!;
    });
  },
  samples: [
    { shapes: [[3, 4]], attributes: { shape: [2, 6] } },
    { shapes: [[2, 3, 4]], attributes: { shape: [24] } },
    { shapes: [[6]], attributes: { shape: [1, 6, 1] } },
  ],
});

/** Output axis k is input axis permutation[k]. */
export const transpose = defineOp({
  name: 'transpose',
  kind: 'movement',
  infer([x], { permutation }: { readonly permutation: readonly number[] }) {
    const rank = x!.shape.length;
    if (
      permutation.length !== rank ||
      ![...permutation].sort((a, b) => a - b).every((axis, k) => axis === k)
    ) {
      throw new TensorError(
        'transpose',
        `${showShape(permutation)} is not an order of the ${rank} axes of ${showShape(x!.shape)}. Name each axis 0 to ${rank - 1} once.`,
      );
    }
    return { shape: permutation.map((axis) => x!.shape[axis]!), dtype: x!.dtype };
  },
  reference([x], { permutation }, output) {
    copyStrided(
      x!,
      permutation.map((axis) => x!.stride[axis]!),
      x!.offset,
      output,
    );
  },
  samples: [
    [1, 0],
    [0, 2, 1],
    [2, 0, 1],
    [0, 2, 3, 1],
    [3, 1, 0, 2],
  ].map((permutation) => ({
    shapes: [[2, 3, 4, 5].slice(0, permutation.length)],
    attributes: { permutation },
  })),
});

export const broadcastTo = defineOp({
  name: 'broadcastTo',
  kind: 'movement',
  infer([x], { shape }: { readonly shape: readonly number[] }) {
    checkShape('broadcastTo', shape);
    if (!sameShape(broadcastShapes('broadcastTo', x!.shape, shape), shape)) {
      throw new TensorError(
        'broadcastTo',
        `${showShape(x!.shape)} does not stretch to ${showShape(shape)}: only axes of length 1 stretch.`,
      );
    }
    return { shape, dtype: x!.dtype };
  },
  reference([x], { shape }, output) {
    copyStrided(x!, broadcastStrides(x!, shape), x!.offset, output);
  },
  samples: [
    { shapes: [[3, 1]], attributes: { shape: [3, 4] } },
    { shapes: [[5]], attributes: { shape: [2, 3, 5] } },
    { shapes: [[]], attributes: { shape: [2, 2] } },
  ],
});

export const concat = defineOp({
  name: 'concat',
  kind: 'movement',
  infer(operands, { axis }: { readonly axis: number }) {
    const [first, ...rest] = operands;
    for (const { shape, dtype } of rest) {
      const fits =
        shape.length === first!.shape.length &&
        shape.every((length, k) => k === axis || length === first!.shape[k]);
      if (!fits || dtype !== first!.dtype) {
        throw new TensorError(
          'concat',
          `${operands.map((operand) => showShape(operand.shape)).join(', ')} must agree in dtype and on every axis but ${axis}.`,
        );
      }
    }
    const length = operands.reduce((total, { shape }) => total + shape[axis]!, 0);
    return { shape: first!.shape.map((n, k) => (k === axis ? length : n)), dtype: first!.dtype };
  },
  reference(operands, { axis }, output) {
    let start = output.offset;
    for (const operand of operands) {
      walk(operand.shape, [operand.stride, output.stride], [operand.offset, start], ([from, to]) => {
        output.data[to!] = operand.data[from!]!;
      });
      start += operand.shape[axis]! * output.stride[axis]!;
    }
  },
  samples: [
    {
      shapes: [
        [2, 3],
        [4, 3],
      ],
      attributes: { axis: 0 },
    },
    {
      shapes: [
        [2, 3],
        [2, 1],
        [2, 4],
      ],
      attributes: { axis: 1 },
    },
    {
      shapes: [
        [2, 3, 4],
        [2, 5, 4],
      ],
      attributes: { axis: 1 },
    },
  ],
});

/** The block of `size` elements an axis that starts at `begin`. */
export const slice = defineOp({
  name: 'slice',
  kind: 'movement',
  infer([x], { begin, size }: { readonly begin: readonly number[]; readonly size: readonly number[] }) {
    const rank = x!.shape.length;
    const inside =
      begin.length === rank &&
      size.length === rank &&
      begin.every((start, axis) => start >= 0 && size[axis]! >= 0 && start + size[axis]! <= x!.shape[axis]!);
    if (!inside)
      throw new TensorError(
        'slice',
        `begin ${showShape(begin)}, size ${showShape(size)} does not lie inside ${showShape(x!.shape)}.`,
      );
    return { shape: size, dtype: x!.dtype };
  },
  reference([x], { begin }, output) {
    copyStrided(
      x!,
      x!.stride,
      x!.offset + begin.reduce((offset, start, axis) => offset + start * x!.stride[axis]!, 0),
      output,
    );
  },
  samples: [
    { shapes: [[5, 6]], attributes: { begin: [1, 2], size: [3, 3] } },
    { shapes: [[2, 8, 8, 2]], attributes: { begin: [0, 1, 1, 0], size: [2, 6, 6, 2] } },
  ],
});

/** Surrounds x with `value`: paddings[axis] = [before, after]. */
export const pad = defineOp({
  name: 'pad',
  kind: 'movement',
  infer(
    [x],
    { paddings }: { readonly paddings: readonly (readonly [number, number])[]; readonly value: number },
  ) {
    if (paddings.length !== x!.shape.length || paddings.flat().some((n) => !Number.isInteger(n) || n < 0)) {
      throw new TensorError(
        'pad',
        `${showShape(x!.shape)} needs ${x!.shape.length} pairs [before, after] of integers >= 0, got ${JSON.stringify(paddings)}.`,
      );
    }
    return {
      shape: x!.shape.map((length, axis) => length + paddings[axis]![0] + paddings[axis]![1]),
      dtype: x!.dtype,
    };
  },
  reference([x], { paddings, value }, output) {
    output.data.fill(value);
    const start = paddings.reduce(
      (offset, [before], axis) => offset + before * output.stride[axis]!,
      output.offset,
    );
    walk(x!.shape, [x!.stride, output.stride], [x!.offset, start], ([from, to]) => {
      output.data[to!] = x!.data[from!]!;
    });
  },
  samples: [
    {
      shapes: [[3, 4]],
      attributes: {
        paddings: [
          [1, 2],
          [0, 3],
        ],
        value: 0,
      },
    },
    {
      shapes: [[3, 2]],
      attributes: {
        paddings: [
          [1, 0],
          [1, 1],
        ],
        value: -1.5,
      },
    },
  ],
});

/** x's slices along `axis` at int32 `indices`: x.shape[..axis] + indices.shape + x.shape[axis + 1..]. */
export const gather = defineOp({
  name: 'gather',
  kind: 'movement',
  infer([x, indices], { axis }: { readonly axis: number }) {
    if (indices!.dtype !== 'int32')
      throw new TensorError('gather', "indices must be int32. Convert them: cast(indices, 'int32').");
    return {
      shape: [...x!.shape.slice(0, axis), ...indices!.shape, ...x!.shape.slice(axis + 1)],
      dtype: x!.dtype,
    };
  },
  reference([x, indices], { axis }, output) {
    const outer = sizeOf(x!.shape.slice(0, axis));
    const inner = sizeOf(x!.shape.slice(axis + 1));
    const length = x!.shape[axis]!;
    const count = indices!.data.length;
    for (let o = 0; o < outer; o++)
      for (let k = 0; k < count; k++) {
        const index = checkIndex('gather', indices!.data[k]!, length);
        for (let i = 0; i < inner; i++)
          output.data[(o * count + k) * inner + i] = x!.data[(o * length + index) * inner + i]!;
      }
  },
  samples: [
    { shapes: [[5, 3], [4]], dtypes: ['float32', 'int32'], attributes: { axis: 0 }, range: [-2, 3] },
    { shapes: [[2, 4, 3], [6]], dtypes: ['float32', 'int32'], attributes: { axis: 1 }, range: [-2, 4] },
    {
      shapes: [
        [5, 2],
        [2, 3],
      ],
      dtypes: ['float32', 'int32'],
      attributes: { axis: 0 },
      range: [-2, 5],
    },
  ],
});

/** Gradient of `gather`: zeros of `length` along `axis`, to which (indices, updates) are added; repeated indices add up. */
export const scatterAdd = defineOp({
  name: 'scatterAdd',
  kind: 'movement',
  infer([indices, updates], { axis, length }: { readonly axis: number; readonly length: number }) {
    const middle = indices!.shape.length;
    if (indices!.dtype !== 'int32')
      throw new TensorError('scatterAdd', "indices must be int32. Convert them: cast(indices, 'int32').");
    if (!sameShape(updates!.shape.slice(axis, axis + middle), indices!.shape)) {
      throw new TensorError(
        'scatterAdd',
        `updates ${showShape(updates!.shape)} must hold the index shape ${showShape(indices!.shape)} from axis ${axis} on.`,
      );
    }
    return {
      shape: [...updates!.shape.slice(0, axis), length, ...updates!.shape.slice(axis + middle)],
      dtype: 'float32',
    };
  },
  reference([indices, updates], { axis, length }, output) {
    const outer = sizeOf(output.shape.slice(0, axis));
    const inner = sizeOf(output.shape.slice(axis + 1));
    const count = indices!.data.length;
    for (let o = 0; o < outer; o++)
      for (let k = 0; k < count; k++) {
        const index = checkIndex('scatterAdd', indices!.data[k]!, length);
        for (let i = 0; i < inner; i++)
          output.data[(o * length + index) * inner + i]! += updates!.data[(o * count + k) * inner + i]!;
      }
  },
  samples: [
    {
      shapes: [[4], [4, 3]],
      dtypes: ['int32', 'float32'],
      attributes: { axis: 0, length: 5 },
      range: [-2, 5],
    },
    {
      shapes: [[6], [2, 6, 3]],
      dtypes: ['int32', 'float32'],
      attributes: { axis: 1, length: 4 },
      range: [-2, 4],
    },
  ],
});

function checkIndex(operation: string, index: number, length: number): number {
  if (!(index >= 0 && index < length))
    throw new TensorError(operation, `index ${index} is outside 0 to ${length - 1}.`);
  return index;
}

/** A new last axis of length `depth`, 1 at the index and 0 elsewhere; an index outside gives zeros (TensorFlow). */
export const oneHot = defineOp({
  name: 'oneHot',
  kind: 'movement',
  infer([indices], { depth }: { readonly depth: number }) {
    if (indices!.dtype !== 'int32')
      throw new TensorError('oneHot', "indices must be int32. Convert them: cast(indices, 'int32').");
    return { shape: [...indices!.shape, depth], dtype: 'float32' };
  },
  reference([indices], { depth }, output) {
    indices!.data.forEach((index: number, position: number) => {
      if (index >= 0 && index < depth) output.data[position * depth + index] = 1;
    });
  },
  samples: [
    { shapes: [[5]], dtypes: ['int32'], attributes: { depth: 4 }, range: [0, 6] },
    { shapes: [[2, 3]], dtypes: ['int32'], attributes: { depth: 5 }, range: [0, 5] },
  ],
});

/**
 * The first operand, with a derivative of the caller's: `pullback(cotangent, operands)` gives the cotangents of the other
 * operands. What `customVjp` of @capsnet/autograd leaves in the graph; removed from plans.
 */
export const customGradient = defineOp({
  name: 'customGradient',
  kind: 'movement',
  infer: ([value], _: { readonly pullback: (cotangent: never, operands: never) => unknown }) => ({
    shape: value!.shape,
    dtype: value!.dtype,
  }),
  reference([value], _, output) {
    copyStrided(value!, value!.stride, value!.offset, output);
  },
  samples: [],
});
