/**
 * Shape rules at run time: the twin of `types.ts`, which states the same rules for the compiler.
 * Every rule takes the name of the operation that asks, so that its error can name it.
 */
import { TensorError, showShape } from '../errors.js';

/** Number of elements of a shape. */
export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, length) => product * length, 1);

/** Whether two shapes have the same number of axes and the same lengths. */
export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((length, axis) => length === b[axis]);

/** Row-major strides, in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis]!;
  }
  return strides;
}

export function checkShape(operation: string, shape: readonly number[]): void {
  for (const length of shape) {
    if (!Number.isInteger(length) || length < 0) {
      throw new TensorError(
        operation,
        `${showShape(shape)} is not a shape: every length must be an integer >= 0.`,
      );
    }
  }
}

/**
 * `axis` counted from the front; negative axes count from the back.
 *
 * @throws TensorError, in the name of `operation`, for an axis outside [-rank, rank)
 */
export function resolveAxis(operation: string, axis: number, rank: number): number {
  const resolved = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || resolved < 0 || resolved >= rank) {
    throw new TensorError(
      operation,
      `axis ${axis} is outside a tensor of rank ${rank} (allowed: ${-rank} to ${rank - 1}).`,
    );
  }
  return resolved;
}

/**
 * Axes to reduce, ascending and without repetition; `null` or `undefined` means all of them.
 *
 * @throws TensorError, in the name of `operation`, for an axis outside the rank, or one named twice
 */
export function resolveAxes(
  operation: string,
  axes: number | readonly number[] | null | undefined,
  rank: number,
): number[] {
  if (axes === null || axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const list = (typeof axes === 'number' ? [axes] : [...axes]).map((axis) =>
    resolveAxis(operation, axis, rank),
  );
  if (new Set(list).size !== list.length)
    throw new TensorError(operation, `axes ${showShape(list)} name one axis twice.`);
  return list.sort((a, b) => a - b);
}

/**
 * NumPy's rule: align at the last axis; lengths agree or one of them is 1.
 *
 * @throws TensorError, in the name of `operation`, when two lengths differ and neither is 1
 */
export function broadcastShapes(operation: string, ...shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    for (let back = 1; back <= shape.length; back++) {
      const length = shape[shape.length - back]!;
      const other = result[rank - back]!;
      if (length === other || length === 1) continue;
      if (other !== 1) {
        throw new TensorError(
          operation,
          `${shapes.map(showShape).join(' and ')} cannot be broadcast together: axis ${-back} has lengths ${other} and ${length}. ` +
            'Reshape one so that the lengths agree or one of them is 1.',
        );
      }
      result[rank - back] = length;
    }
  }
  return result;
}

/** The shape that remains when `axes` (resolved) are reduced. */
export const reducedShape = (
  shape: readonly number[],
  axes: readonly number[],
  keepDims: boolean,
): number[] =>
  keepDims
    ? shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
    : shape.filter((_, axis) => !axes.includes(axis));

/** Explicit zero padding of a 2-D convolution: `[[top, bottom], [left, right]]`. */
export type Padding2d = readonly [readonly [number, number], readonly [number, number]];

/** Everything a convolution's loops need to know: input NHWC, filter HWIO, output NHWC. */
export interface Conv2dGeometry {
  readonly batch: number;
  readonly inputHeight: number;
  readonly inputWidth: number;
  readonly inputChannels: number;
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly outputHeight: number;
  readonly outputWidth: number;
  readonly outputChannels: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly padTop: number;
  readonly padLeft: number;
  readonly groups: number;
}

/** Attributes of the three convolution primitives. */
export interface Conv2dAttributes {
  readonly strides: readonly [number, number];
  readonly padding: Padding2d;
  readonly groups: number;
}

/**
 * Padding in numbers. `same` follows TensorFlow: total = max((ceil(in/s) - 1) s + k - in, 0), the smaller half before.
 */
export function resolvePadding(
  padding: 'valid' | 'same' | Padding2d,
  input: readonly [number, number],
  filter: readonly [number, number],
  strides: readonly [number, number],
): Padding2d {
  if (padding === 'valid')
    return [
      [0, 0],
      [0, 0],
    ];
  if (padding !== 'same') return padding;
  const one = (axis: 0 | 1): [number, number] => {
    const total = Math.max(
      (Math.ceil(input[axis] / strides[axis]) - 1) * strides[axis] + filter[axis] - input[axis],
      0,
    );
    return [Math.floor(total / 2), total - Math.floor(total / 2)];
  };
  return [one(0), one(1)];
}

/**
 * Checks the operands of a convolution and works out its geometry.
 *
 * @param input shape [batch, height, width, channels]
 * @param filter shape [height, width, channels / groups, filters]
 * @throws TensorError, in the name of `operation`, when ranks, channels, groups or the sizes of filter and input do not fit
 */
export function conv2dGeometry(
  operation: string,
  input: readonly number[],
  filter: readonly number[],
  { strides, padding, groups }: Conv2dAttributes,
): Conv2dGeometry {
  const operands = `input ${showShape(input)}, filter ${showShape(filter)}`;
  if (input.length !== 4)
    throw new TensorError(operation, `${operands}: the input must be [batch, height, width, channels].`);
  if (filter.length !== 4) {
    throw new TensorError(
      operation,
      `${operands}: the filter must be [height, width, channels in / groups, channels out].`,
    );
  }
  const [batch, inputHeight, inputWidth, inputChannels] = input as [number, number, number, number];
  const [filterHeight, filterWidth, filterInputs, outputChannels] = filter as [
    number,
    number,
    number,
    number,
  ];
  if (![...strides, groups].every((value) => Number.isInteger(value) && value >= 1)) {
    throw new TensorError(
      operation,
      `strides ${showShape(strides)} and groups ${groups} must be integers >= 1.`,
    );
  }
  if (filterInputs * groups !== inputChannels) {
    throw new TensorError(
      operation,
      `${operands}: the input has ${inputChannels} channels, the filter takes ${filterInputs} in ${groups} group(s), ${filterInputs * groups} in all.`,
    );
  }
  if (outputChannels % groups !== 0) {
    throw new TensorError(
      operation,
      `${operands}: ${outputChannels} output channels do not divide into ${groups} groups.`,
    );
  }
  const [[padTop, padBottom], [padLeft, padRight]] = padding;
  const extent = (length: number, before: number, after: number, kernel: number, stride: number): number =>
    Math.floor((length + before + after - kernel) / stride) + 1;
  const outputHeight = extent(inputHeight, padTop, padBottom, filterHeight, strides[0]);
  const outputWidth = extent(inputWidth, padLeft, padRight, filterWidth, strides[1]);
  if (outputHeight < 1 || outputWidth < 1) {
    throw new TensorError(
      operation,
      `${operands}: the filter is larger than the (padded) input. Use padding 'same' or a smaller filter.`,
    );
  }
  return {
    batch,
    inputHeight,
    inputWidth,
    inputChannels,
    filterHeight,
    filterWidth,
    outputHeight,
    outputWidth,
    outputChannels,
    strideHeight: strides[0],
    strideWidth: strides[1],
    padTop,
    padLeft,
    groups,
  };
}
