/** Chapter 1: a tensor. From one number to a picture of a digit. Text: 01-tensor.md. */
import { digits } from '@capsnet/datasets';
import {
  add,
  matmul,
  max,
  mean,
  mul,
  setBackend,
  sub,
  sum,
  scalar,
  tensor,
  transpose,
  zeros,
  type Tensor,
} from '@capsnet/tensor';
import { box, label, saveFigure, svg } from './figure.js';

await setBackend('reference');

// A scalar is a tensor without axes.
const seven = add(scalar(3), 4);
console.log(`${seven}`);
console.log(`value ${await seven.item()}`);

// Two axes: 2 rows, 3 columns. The sum along an axis takes that axis away.
const table = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
console.log('rows', JSON.stringify(await sum(table, 1).toArray()));
console.log('columns', JSON.stringify(await sum(table, 0).toArray()));

// Broadcasting: a vector of 3 is added to each row, a column of 2 to each column.
console.log('plus a row', JSON.stringify(await add(table, tensor([10, 20, 30])).toArray()));
console.log('plus a column', JSON.stringify(await add(table, tensor([[100], [200]])).toArray()));

// A matrix product sums over the inner axis: [2,3] x [3,2] -> [2,2].
console.log('table x its transpose', JSON.stringify(await matmul(table, transpose(table)).toArray()));

// Tensors never change: mul makes another one.
const doubled = mul(table, 2);
console.log(
  'doubled',
  JSON.stringify(await doubled.toArray()),
  'table',
  JSON.stringify(await table.toArray()),
);

// A picture is a tensor: 28 rows and 28 columns of brightness, here a digit that a program drew.
const drawn = digits({ split: 'train', count: 10, seed: 1 });
const which = drawn.labels.indexOf(3);
const bytes = Float32Array.from(drawn.images.subarray(which * 784, (which + 1) * 784));
const image: Tensor<readonly [28, 28]> = mul(tensor(bytes, [28, 28]), 1 / 255);
const ink: Tensor<[28]> = sum(image, 1);
console.log(`${image}`);
console.log(`digit 3: mean brightness ${(await mean(image).item()).toFixed(3)}`);
console.log(`the brightest row has ${(await max(ink).item()).toFixed(2)} of 28`);

// Four of them are a batch, [4,28,28]; the difference to their mean picture is one broadcast.
const four = Float32Array.from(drawn.images.subarray(0, 4 * 784));
const batch: Tensor<readonly [4, 28, 28]> = mul(tensor(four, [4, 28, 28]), 1 / 255);
const centred = sub(batch, mean(batch, 0));
const left = await max(sum(centred, 0)).item();
console.log(`${centred}`, Math.abs(left) < 1e-5 ? 'sums to zero over the batch' : `sums to ${left}`);
console.log(`${add(zeros([4, 1, 28]), zeros([28, 1]))}`);

// Figure: the digit, and beside it the ink of each row.
const pixels = await image.data();
const rows = await ink.data();
const shade = (value: number): string => {
  const part = Math.round(255 * (1 - value))
    .toString(16)
    .padStart(2, '0');
  return `#${part}${part}${part}`;
};
const parts = [label(146, 20, 'image [28,28]'), label(356, 20, 'sum(image, 1)  [28]')];
for (let at = 0; at < pixels.length; at++)
  if (pixels[at]! > 0.02)
    parts.push(box(6 + 10 * (at % 28), 30 + 10 * Math.floor(at / 28), 10, 10, shade(pixels[at]!)));
rows.forEach((value, row) => parts.push(box(300, 31 + 10 * row, 10 * value, 8, '#2f6fb2')));
saveFigure('01-tensor.svg', svg(440, 320, ...parts));
