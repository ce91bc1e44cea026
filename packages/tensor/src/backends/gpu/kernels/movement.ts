/** Operations that move elements: a thread finds out where its element comes from. */
import { sizeOf, stridesOf } from '../../../shape/rules.js';
import { operandPositions } from './operands.js';
import {
  coordinates,
  functionText,
  indent,
  literal,
  loop,
  product,
  total,
  type Axis,
  type Kernel,
} from './text.js';

const axesOf = (shape: readonly number[], name = 'i'): Axis[] =>
  shape.map((length, axis) => ({ name: `${name}${axis}`, length }));

const kernel = (
  name: string,
  parameters: readonly string[],
  shape: readonly number[],
  axes: readonly Axis[],
  statements: readonly string[],
  result: string,
): Kernel => ({
  name,
  source: functionText(
    parameters,
    ['const t = this.thread.x;', ...coordinates('t', sizeOf(shape), axes), ...statements],
    result,
  ),
  size: sizeOf(shape),
  operations: 0,
});

/** The same elements in memory of their own. */
export const copyKernel = (size: number): Kernel => ({
  name: 'copy',
  source: functionText(['x'], [], 'x[this.thread.x]'),
  size,
  operations: 0,
});

/** Every element has one value. */
export const fillKernel = (size: number, value: number): Kernel => ({
  name: 'fill',
  source: functionText([], [], literal(value)),
  size,
  operations: 0,
});

export function transposeKernel(shape: readonly number[], permutation: readonly number[]): Kernel {
  const strides = stridesOf(shape);
  const result = permutation.map((axis) => shape[axis]!);
  const from = total(
    permutation.flatMap((axis, k) => (shape[axis] === 1 ? [] : [product(`i${k}`, strides[axis]!)])),
  );
  return kernel('transpose', ['x'], result, axesOf(result), [], `x[${from}]`);
}

export function broadcastKernel(from: readonly number[], to: readonly number[]): Kernel {
  const { statements, positions } = operandPositions(to, [from], 't');
  return kernel('broadcastTo', ['x'], to, [], statements, `x[${positions[0]}]`);
}

/** `lengths`: of each operand along the axis. */
export function concatKernel(outer: number, lengths: readonly number[], inner: number): Kernel {
  const length = lengths.reduce((sum, n) => sum + n, 0);
  let start = 0;
  const reads = lengths.flatMap((own, k) => {
    const condition = `at >= ${start} && at < ${start + own}`;
    const read = `value = x${k}[(block * ${own} + at - ${start}) * ${inner} + i];`;
    start += own;
    return [`if (${condition}) { ${read} }`];
  });
  return kernel(
    'concat',
    lengths.map((_, k) => `x${k}`),
    [outer, length, inner],
    [
      { name: 'block', length: outer },
      { name: 'at', length },
      { name: 'i', length: inner },
    ],
    ['let value = 0;', ...reads],
    'value',
  );
}

export function sliceKernel(
  shape: readonly number[],
  begin: readonly number[],
  size: readonly number[],
): Kernel {
  const strides = stridesOf(shape);
  const start = begin.reduce((offset, first, axis) => offset + first * strides[axis]!, 0);
  const from = total([
    ...size.flatMap((length, axis) => (length === 1 ? [] : [product(`i${axis}`, strides[axis]!)])),
    String(start),
  ]);
  return kernel('slice', ['x'], size, axesOf(size), [], `x[${from}]`);
}

export function padKernel(
  shape: readonly number[],
  paddings: readonly (readonly [number, number])[],
  value: number,
): Kernel {
  const result = shape.map((length, axis) => length + paddings[axis]![0] + paddings[axis]![1]);
  const strides = stridesOf(shape);
  const padded = shape.flatMap((_, axis) => (paddings[axis]!.some((n) => n > 0) ? [axis] : []));
  const inside = padded.map(
    (axis) => `i${axis} >= ${paddings[axis]![0]} && i${axis} < ${paddings[axis]![0] + shape[axis]!}`,
  );
  const from = total(
    shape.flatMap((_, axis) =>
      result[axis] === 1 ? [] : [product(`(i${axis} - ${paddings[axis]![0]})`, strides[axis]!)],
    ),
  );
  return kernel(
    'pad',
    ['x'],
    result,
    axesOf(result),
    inside.length === 0
      ? [`const value = x[${from}];`]
      : [`let value = ${literal(value)};`, `if (${inside.join(' && ')}) { value = x[${from}]; }`],
    'value',
  );
}

/** An index that does not exist gives NaN: a device cannot throw, and a wrong number would go unseen. */
export function gatherKernel(outer: number, length: number, count: number, inner: number): Kernel {
  return kernel(
    'gather',
    ['x', 'indices'],
    [outer, count, inner],
    [
      { name: 'block', length: outer },
      { name: 'k', length: count },
      { name: 'i', length: inner },
    ],
    [
      'const index = indices[k];',
      'let value = Math.log(-1 - index * index);',
      `if (index >= 0 && index < ${length}) { value = x[(block * ${length} + index) * ${inner} + i]; }`,
    ],
    'value',
  );
}

/** Every element looks for the updates that are meant for it, in their order: the same sum on every run. */
export function scatterAddKernel(outer: number, length: number, count: number, inner: number): Kernel {
  return kernel(
    'scatterAdd',
    ['indices', 'updates'],
    [outer, length, inner],
    [
      { name: 'block', length: outer },
      { name: 'index', length },
      { name: 'i', length: inner },
    ],
    [
      'let sum = 0;',
      ...loop('k', count, [
        `if (indices[k] === index) { sum += updates[(block * ${count} + k) * ${inner} + i]; }`,
      ]),
    ],
    'sum',
  );
}

export function oneHotKernel(count: number, depth: number): Kernel {
  return kernel(
    'oneHot',
    ['indices'],
    [count, depth],
    [
      { name: 'k', length: count },
      { name: 'position', length: depth },
    ],
    [],
    'indices[k] === position ? 1 : 0',
  );
}

/** Position of the largest element along an axis, the lowest on ties. */
export function argmaxKernel(outer: number, length: number, inner: number): Kernel {
  return kernel(
    'argmax',
    ['x'],
    [outer, inner],
    [
      { name: 'block', length: outer },
      { name: 'i', length: inner },
    ],
    [
      `const start = block * ${length * inner} + i;`,
      'let best = 0;',
      'let largest = x[start];',
      ...loop('k', length, [
        `const value = x[start + k * ${inner}];`,
        'if (value > largest) {',
        ...indent(['largest = value;', 'best = k;']),
        '}',
      ]),
    ],
    'best',
  );
}
