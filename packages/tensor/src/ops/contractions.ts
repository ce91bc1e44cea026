/** Matrix products and convolutions: where the time goes. */
import { TensorError, showShape } from '../errors.js';
import {
  broadcastShapes,
  conv2dGeometry,
  type Conv2dAttributes,
  type Conv2dGeometry,
} from '../shape/rules.js';
import { defineOp, type OpSample } from './define.js';
import { broadcastStrides, walk } from './loops.js';

export interface MatmulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** The last two axes of an operand, swapped when it is taken transposed. */
const matrixAxes = (shape: readonly number[], transposed: boolean): [number, number] => {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return transposed ? [columns, rows] : [rows, columns];
};

/** [..., m, k] x [..., k, n] -> [..., m, n]; leading axes broadcast. */
export const matmul = defineOp({
  name: 'matmul',
  kind: 'contraction',
  infer([a, b], { transposeA, transposeB }: MatmulAttributes) {
    const operands = `${showShape(a!.shape)}${transposeA ? ' transposed' : ''} and ${showShape(b!.shape)}${transposeB ? ' transposed' : ''}`;
    if (a!.shape.length < 2 || b!.shape.length < 2) {
      throw new TensorError(
        'matmul',
        `${operands}: both operands need at least two axes. Give a vector a second axis of length 1.`,
      );
    }
    if (a!.dtype !== 'float32' || b!.dtype !== 'float32')
      throw new TensorError('matmul', "takes float32. Convert first: cast(x, 'float32').");
    const [m, inner] = matrixAxes(a!.shape, transposeA);
    const [innerB, n] = matrixAxes(b!.shape, transposeB);
    if (inner !== innerB) {
      throw new TensorError(
        'matmul',
        `${operands} disagree on the inner axis (${inner} wanted, ${innerB} found). Transpose the second?`,
      );
    }
    return {
      shape: [...broadcastShapes('matmul', a!.shape.slice(0, -2), b!.shape.slice(0, -2)), m, n],
      dtype: 'float32',
    };
  },
  reference([a, b], { transposeA, transposeB }, output) {
    const batch = output.shape.slice(0, -2);
    const [m, n] = output.shape.slice(-2) as [number, number];
    const k = matrixAxes(a!.shape, transposeA)[1];
    const [aRow, aColumn] = matrixAxes(a!.stride, transposeA);
    const [bRow, bColumn] = matrixAxes(b!.stride, transposeB);
    const batchStrides = [a!, b!].map((operand) =>
      broadcastStrides({ shape: operand.shape.slice(0, -2), stride: operand.stride.slice(0, -2) }, batch),
    );
    const row = new Float64Array(n);
    walk(
      batch,
      [output.stride.slice(0, -2), ...batchStrides],
      [output.offset, a!.offset, b!.offset],
      ([out, left, right]) => {
        for (let i = 0; i < m; i++) {
          row.fill(0);
          for (let p = 0; p < k; p++) {
            const factor = a!.data[left! + i * aRow + p * aColumn]!;
            let from = right! + p * bRow;
            for (let j = 0; j < n; j++, from += bColumn) row[j]! += factor * b!.data[from]!;
          }
          for (let j = 0; j < n; j++) output.data[out! + i * n + j] = row[j]!;
        }
      },
    );
  },
  samples: [
    ...[
      [
        [3, 4],
        [4, 5],
      ],
      [
        [1, 7],
        [7, 1],
      ],
      [
        [2, 3, 4],
        [2, 4, 5],
      ],
      [
        [2, 1, 3, 4],
        [3, 4, 2],
      ],
      [
        [4, 2, 3],
        [3, 5],
      ],
    ].map((shapes): OpSample<MatmulAttributes> => ({
      shapes,
      attributes: { transposeA: false, transposeB: false },
    })),
    {
      shapes: [
        [4, 3],
        [4, 5],
      ],
      attributes: { transposeA: true, transposeB: false },
    },
    {
      shapes: [
        [3, 4],
        [5, 4],
      ],
      attributes: { transposeA: false, transposeB: true },
    },
    {
      shapes: [
        [2, 4, 3],
        [2, 5, 4],
      ],
      attributes: { transposeA: true, transposeB: true },
    },
  ],
});

/**
 * Visits every product of a convolution: `y[n,i,j,o] += x[n, i s + p - top, j t + q - left, c] w[p,q,c',o]`, o within c's group.
 * The three primitives below are this one loop with another of the three arrays as the result.
 */
function visitTaps(
  g: Conv2dGeometry,
  visit: (
    inputOffset: number,
    filterOffset: number,
    outputOffset: number,
    channels: number,
    filters: number,
  ) => void,
): void {
  const channels = g.inputChannels / g.groups;
  const filters = g.outputChannels / g.groups;
  for (let n = 0; n < g.batch; n++)
    for (let i = 0; i < g.outputHeight; i++)
      for (let j = 0; j < g.outputWidth; j++)
        for (let p = 0; p < g.filterHeight; p++) {
          const row = i * g.strideHeight + p - g.padTop;
          if (row < 0 || row >= g.inputHeight) continue;
          for (let q = 0; q < g.filterWidth; q++) {
            const column = j * g.strideWidth + q - g.padLeft;
            if (column < 0 || column >= g.inputWidth) continue;
            for (let group = 0; group < g.groups; group++) {
              visit(
                ((n * g.inputHeight + row) * g.inputWidth + column) * g.inputChannels + group * channels,
                (p * g.filterWidth + q) * channels * g.outputChannels + group * filters,
                ((n * g.outputHeight + i) * g.outputWidth + j) * g.outputChannels + group * filters,
                channels,
                filters,
              );
            }
          }
        }
}

const convSamples = (
  cases: readonly [readonly number[], readonly number[], Conv2dAttributes][],
  shapes: (
    x: readonly number[],
    w: readonly number[],
    y: readonly number[],
  ) => readonly (readonly number[])[],
) =>
  cases.map(([x, w, attributes]) => {
    const g = conv2dGeometry('conv2d', x, w, attributes);
    return {
      shapes: shapes(x, w, [g.batch, g.outputHeight, g.outputWidth, g.outputChannels]),
      attributes: { ...attributes, inputShape: x, filterShape: w },
    };
  });

const none = [
  [0, 0],
  [0, 0],
] as const;
const convCases: readonly [readonly number[], readonly number[], Conv2dAttributes][] = [
  [[2, 6, 7, 3], [3, 3, 3, 4], { strides: [1, 1], padding: none, groups: 1 }],
  [
    [1, 7, 6, 2],
    [3, 3, 2, 5],
    {
      strides: [2, 2],
      padding: [
        [1, 1],
        [0, 1],
      ],
      groups: 1,
    },
  ],
  [[2, 5, 5, 4], [5, 5, 1, 4], { strides: [1, 1], padding: none, groups: 4 }],
  [
    [1, 6, 6, 4],
    [3, 2, 2, 6],
    {
      strides: [1, 2],
      padding: [
        [1, 0],
        [1, 1],
      ],
      groups: 2,
    },
  ],
  [
    [2, 9, 9, 1],
    [5, 5, 1, 8],
    {
      strides: [1, 1],
      padding: [
        [2, 2],
        [2, 2],
      ],
      groups: 1,
    },
  ],
];

/** x [n,h,w,c], w [kh,kw,c/groups,o] -> y [n,h',w',o]: cross-correlation, as everywhere in the field. */
export const conv2d = defineOp({
  name: 'conv2d',
  kind: 'contraction',
  infer([x, w], attributes: Conv2dAttributes) {
    const g = conv2dGeometry('conv2d', x!.shape, w!.shape, attributes);
    return { shape: [g.batch, g.outputHeight, g.outputWidth, g.outputChannels], dtype: 'float32' };
  },
  reference([x, w], attributes, output) {
    const g = conv2dGeometry('conv2d', x!.shape, w!.shape, attributes);
    const total = new Float64Array(output.data.length);
    visitTaps(g, (from, filter, to, channels, filters) => {
      for (let c = 0; c < channels; c++) {
        const value = x!.data[from + c]!;
        const row = filter + c * g.outputChannels;
        for (let o = 0; o < filters; o++) total[to + o]! += value * w!.data[row + o]!;
      }
    });
    output.data.set(total);
  },
  samples: convSamples(convCases, (x, w) => [x, w]),
});

/** Gradient of `conv2d` by its input: (dy, w) -> dx [inputShape]. */
export const conv2dInputGradient = defineOp({
  name: 'conv2dInputGradient',
  kind: 'contraction',
  infer([dy, w], attributes: Conv2dAttributes & { readonly inputShape: readonly number[] }) {
    checkGradient('conv2dInputGradient', attributes.inputShape, w!.shape, dy!.shape, attributes);
    return { shape: attributes.inputShape, dtype: 'float32' };
  },
  reference([dy, w], attributes, output) {
    const g = conv2dGeometry('conv2dInputGradient', attributes.inputShape, w!.shape, attributes);
    const total = new Float64Array(output.data.length);
    visitTaps(g, (from, filter, to, channels, filters) => {
      for (let c = 0; c < channels; c++) {
        const row = filter + c * g.outputChannels;
        let value = 0;
        for (let o = 0; o < filters; o++) value += dy!.data[to + o]! * w!.data[row + o]!;
        total[from + c]! += value;
      }
    });
    output.data.set(total);
  },
  samples: convSamples(convCases, (_, w, y) => [y, w]),
});

/** Gradient of `conv2d` by its filter: (x, dy) -> dw [filterShape]. */
export const conv2dFilterGradient = defineOp({
  name: 'conv2dFilterGradient',
  kind: 'contraction',
  infer([x, dy], attributes: Conv2dAttributes & { readonly filterShape: readonly number[] }) {
    checkGradient('conv2dFilterGradient', x!.shape, attributes.filterShape, dy!.shape, attributes);
    return { shape: attributes.filterShape, dtype: 'float32' };
  },
  reference([x, dy], attributes, output) {
    const g = conv2dGeometry('conv2dFilterGradient', x!.shape, attributes.filterShape, attributes);
    const total = new Float64Array(output.data.length);
    visitTaps(g, (from, filter, to, channels, filters) => {
      for (let c = 0; c < channels; c++) {
        const value = x!.data[from + c]!;
        const row = filter + c * g.outputChannels;
        for (let o = 0; o < filters; o++) total[row + o]! += value * dy!.data[to + o]!;
      }
    });
    output.data.set(total);
  },
  samples: convSamples(convCases, (x, _, y) => [x, y]),
});

function checkGradient(
  name: string,
  input: readonly number[],
  filter: readonly number[],
  dy: readonly number[],
  attributes: Conv2dAttributes,
): void {
  const g = conv2dGeometry(name, input, filter, attributes);
  const expected = [g.batch, g.outputHeight, g.outputWidth, g.outputChannels];
  if (showShape(dy) !== showShape(expected)) {
    throw new TensorError(
      name,
      `the upstream gradient is ${showShape(dy)}, the convolution's output is ${showShape(expected)}.`,
    );
  }
}
