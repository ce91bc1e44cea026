/**
 * Small helpers of the reference definitions: walking index spaces over strided host views.
 */
import type { HostArray } from './define.js';

/** Strides with which `array` is read when broadcast to `shape`: 0 along every axis that is stretched. */
export function broadcastStrides(
  array: { shape: readonly number[]; stride: readonly number[] },
  shape: readonly number[],
): number[] {
  const lead = shape.length - array.shape.length;
  return shape.map((_, axis) =>
    axis < lead || array.shape[axis - lead] === 1 ? 0 : array.stride[axis - lead]!,
  );
}

/**
 * Calls `visit` once for every index of `shape`, row-major, with the offsets of that index under each stride list.
 * The offsets array is reused between calls.
 */
export function walk(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
  starts: readonly number[],
  visit: (offsets: readonly number[], position: number) => void,
): void {
  const total = shape.reduce((product, length) => product * length, 1);
  const offsets = [...starts];
  const index = new Array<number>(shape.length).fill(0);
  for (let position = 0; position < total; position++) {
    visit(offsets, position);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      for (let k = 0; k < strides.length; k++) offsets[k]! += strides[k]![axis]!;
      if (index[axis]! < shape[axis]!) break;
      for (let k = 0; k < strides.length; k++) offsets[k]! -= strides[k]![axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
}

/** Applies a scalar function to broadcast operands. */
export function mapElements(
  operands: readonly HostArray[],
  output: HostArray,
  f: (values: readonly number[]) => number,
): void {
  const values = new Array<number>(operands.length).fill(0);
  const strides = operands.map((operand) => broadcastStrides(operand, output.shape));
  walk(
    output.shape,
    [output.stride, ...strides],
    [output.offset, ...operands.map((operand) => operand.offset)],
    (offsets) => {
      for (let k = 0; k < operands.length; k++) values[k] = operands[k]!.data[offsets[k + 1]!]!;
      output.data[offsets[0]!] = f(values);
    },
  );
}
