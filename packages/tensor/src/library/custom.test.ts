import { afterEach, expect, test } from 'vitest';
import { createBackend } from '../backends/choose.js';
import { compile } from '../compile/compile.js';
import { add, cast, mul } from './arithmetic.js';
import { tensor } from './create.js';
import { customOp } from './custom.js';
import { matmul } from './contract.js';
import type { Backend } from '../backends/backend.js';
import type { Tensor } from '../graph/tensor.js';

let backend: Backend | undefined;
afterEach(async () => backend?.dispose());

/** Row sums of x, each multiplied by the row's element of y: two operands, another shape. */
const weightedRows = customOp({
  name: 'weightedRows',
  shape([rows] = [], [count] = []) {
    if (rows !== count) throw new RangeError(`weightedRows: ${rows} rows and ${count} weights.`);
    return [rows!];
  },
  reference([x, y], output) {
    const [rows, columns] = x!.shape as [number, number];
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        output.set(row, output.get(row) + x!.get(row, column) * y!.get(row));
  },
  host([x, y], output) {
    const columns = x!.length / y!.length;
    output.fill(0);
    x!.forEach((value, k) => (output[Math.floor(k / columns)]! += value * y![Math.floor(k / columns)]!));
  },
  gpu: ([, columns] = []) => `function (x, y) {
  let sum = 0;
  for (let k = 0; k < ${columns}; k++) { sum += x[this.thread.x * ${columns} + k]; }
  return sum * y[this.thread.x];
}`,
});
/** Another operation on the same operands, to be told apart. */
const unweighted = customOp({
  name: 'unweighted',
  shape: ([rows] = []) => [rows!],
  reference: ([x], output) => output.data.forEach((_, row) => (output.data[row] = x!.get(row, 0))),
  host: ([x, y], output) => output.forEach((_, row) => (output[row] = x![(row * x!.length) / y!.length]!)),
});

const x = tensor([[1, 2], [3, 4], [5, 6]]); // prettier-ignore
const y = tensor([1, 10, 100]);

for (const name of ['reference', 'wasm', 'gpu:cpu'] as const) {
  test(`an operation of a user between others on ${name}`, { timeout: 60_000 }, async () => {
    backend = await createBackend(name);
    const run = compile(
      (a: Tensor, b: Tensor) => {
        const twice = add(matmul(a, tensor([[2, 0], [0, 2]])), 0); // prettier-ignore
        return mul(weightedRows(twice, add(b, 0.5)), 3);
      },
      { backend },
    );
    for (let call = 0; call < 3; call++)
      expect(await run(x, y).then((result) => result.toArray())).toEqual([27, 441, 6633]);
  });
}

test('two operations on the same operands stay two', async () => {
  backend = await createBackend('wasm', { threads: 2 });
  const run = compile((a: Tensor, b: Tensor) => add(weightedRows(a, b), unweighted(a, b)), { backend });
  expect(await (await run(x, y)).toArray()).toEqual([4, 73, 1105]);
});

test('what does not fit is told', async () => {
  expect(() => weightedRows(x, tensor([1]))).toThrow('weightedRows: 3 rows and 1 weights.');
  expect(() => weightedRows(x, cast(y, 'int32'))).toThrow('weightedRows: operand 1 is int32');
  backend = await createBackend('gpu:cpu');
  const run = compile((a: Tensor, b: Tensor) => unweighted(a, b), { backend });
  await expect(run(x, y)).rejects.toThrow('unweighted: it has no kernel for the gpu backend.');
});
