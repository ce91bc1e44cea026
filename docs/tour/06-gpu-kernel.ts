/** Chapter 6: a kernel in GPU.js. The text that runs once for every element of a result. Text: 06-gpu-kernel.md. */
import { add, compile, createBackend, matmul, mul, relu, tensor, type Tensor } from '@capsnet/tensor';
import { box, label, saveFigure, svg } from './figure.js';

// Mode `cpu` runs the kernels of graphics processors as plain JavaScript: slow, and the same everywhere.
const backend = await createBackend('gpu:cpu');

const a = tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9], [1, 0, 1], [2, 1, 0]]); // prettier-ignore
const b = tensor([[1, 0, 2, 1], [0, 1, 1, 2], [1, 1, 0, 3]]); // prettier-ignore

const product = compile((left: Tensor<[5, 3]>, right: Tensor<[3, 4]>) => matmul(left, right), {
  backend,
  name: 'product',
});
const listing = await product.inspect(a, b);
const kernel = listing.slice(listing.indexOf('function'));
console.log(kernel);
const computed = await (await product(a, b)).data();
console.log('backend ', [...computed].join(' '));

// The text is a function of arrays, with `this.thread.x` for the number of the element. So we can run it ourselves ...
type Kernel = (this: { thread: { x: number } }, ...arrays: ArrayLike<number>[]) => number;
const asFunction = new Function(`return ${kernel}`)() as Kernel;
const [dataA, dataB] = await Promise.all([a.data(), b.data()]);
const byHand = Array.from({ length: 20 }, (_, x) => asFunction.call({ thread: { x } }, dataA, dataB));
console.log('by hand ', byHand.join(' '));

// ... and watch which elements one thread reads.
const watch = (array: ArrayLike<number>, seen: number[]): ArrayLike<number> =>
  new Proxy(array, {
    get: (target, key) => {
      if (typeof key === 'string' && /^\d+$/.test(key)) seen.push(Number(key));
      return (target as unknown as Record<PropertyKey, unknown>)[key] as number;
    },
  });
const readA: number[] = [];
const readB: number[] = [];
const thread = 6;
const one = asFunction.call({ thread: { x: thread } }, watch(dataA, readA), watch(dataB, readB));
console.log(`thread ${thread} reads a[${readA.join()}] and b[${readB.join()}] and returns ${one}`);

// Element-wise chains become one kernel: nothing is written in between.
const chain = compile((x: Tensor<[5, 3]>) => relu(add(mul(x, 2), -7)), { backend, name: 'chain' });
const fused = await chain.inspect(a);
console.log(`kernels of relu(2 x - 7): ${[...fused.matchAll(/^function/gm)].length}`);
console.log(fused.slice(fused.lastIndexOf('function')));

// Figure: what thread 6 reads and writes.
const grid = (
  left: number,
  name: string,
  rows: number,
  columns: number,
  values: ArrayLike<number>,
  marked: readonly number[],
  colour: string,
): string =>
  // prettier-ignore
  label(left + (columns * 34) / 2, 24, name) +
  Array.from({ length: rows * columns }, (_, at) => {
    const [x, y] = [left + 34 * (at % columns), 34 + 34 * Math.floor(at / columns)];
    return box(x, y, 32, 32, marked.includes(at) ? colour : '#eee') + label(x + 16, y + 21, String(values[at]));
  }).join('');
saveFigure(
  '06-gpu-kernel.svg',
  svg(
    500,
    225,
    grid(20, 'a [5,3]', 5, 3, dataA, readA, '#a9cbee'),
    label(140, 100, 'x', 'middle', 18),
    grid(160, 'b [3,4]', 3, 4, dataB, readB, '#f2c0c6'),
    label(316, 100, '=', 'middle', 18),
    grid(340, 'result [5,4]', 5, 4, computed, [thread], '#b9dfc5'),
    label(250, 218, `thread ${thread}: a row of a, a column of b, one element of the result`),
  ),
);
await backend.dispose();
