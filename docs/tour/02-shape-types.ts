/** Chapter 2: shapes are types. What the compiler refuses, and what is left for run time. Text: 02-shape-types.md. */
import {
  conv2d,
  einsum,
  flatten,
  matmul,
  reshape,
  setBackend,
  TensorError,
  zeros,
  type Tensor,
} from '@capsnet/tensor';
import { box, label, saveFigure, svg } from './figure.js';

await setBackend('reference');

// Literal lengths stay literal: the type of `hidden` is Tensor<[32, 10]>, worked out from [32,784] and [784,10].
const images = zeros([32, 784]);
const weights = zeros([784, 10]);
const hidden: Tensor<[32, 10]> = matmul(images, weights);
console.log(`matmul ${hidden}`);

// The -1 of reshape is worked out by the compiler: 32 * 784 / (28 * 28) = 32.
const squares: Tensor<[32, 28, 28, 1]> = reshape(images, [-1, 28, 28, 1]);
console.log(`reshape ${squares}`);

// So is the size of a convolution's output: (28 - 5) / 2 + 1, rounded down, is 12.
const features: Tensor<[32, 12, 12, 8]> = conv2d(squares, zeros([5, 5, 1, 8]), { strides: 2 });
console.log(`conv2d ${features}`);

// And the letters of einsum: b, j, i against k, j, i, z.
const predictions: Tensor<[32, 10, 16, 4]> = einsum(
  'bji,kjiz->bkjz',
  zeros([32, 16, 8]),
  zeros([10, 16, 8, 4]),
);
console.log(`einsum ${predictions}`);

// What does not fit does not compile. `@ts-expect-error` says so, and is itself an error where the line below compiles.
const wrong = zeros([10, 784]);
try {
  // @ts-expect-error inner dimensions 784 and 10 disagree
  matmul(images, wrong);
} catch (error) {
  if (!(error instanceof TensorError)) throw error;
  console.log(`run time says: ${error.message}`);
}

// Lengths that only the run knows are `number`, and are checked then.
const anyBatch = (batch: number): Tensor<[number, 784]> => zeros([batch, 784]);
console.log(`known in part: ${matmul(anyBatch(3), weights)}`);

// `Tensor` without brackets is any shape: the escape for code that works on all of them.
const vector: Tensor = flatten(features);
console.log(`any shape: ${vector}`);
try {
  matmul(vector, weights);
} catch (error) {
  if (!(error instanceof TensorError)) throw error;
  console.log(`run time says: ${error.message}`);
}

// Figure: which shapes matmul accepts, found by trying.
const lefts = [[2, 3], [3, 2], [4, 2, 3], [1, 5, 3]] as const; // prettier-ignore
const rights = [[3, 5], [2, 5], [4, 3, 5], [2, 3, 5]] as const; // prettier-ignore
const parts = [label(240, 22, 'matmul(row, column)', 'middle', 14)];
rights.forEach((shape, column) => parts.push(label(150 + 90 * column, 50, `[${shape.join(',')}]`)));
lefts.forEach((leftShape, row) => {
  const y = 60 + 40 * row;
  parts.push(label(95, y + 24, `[${leftShape.join(',')}]`, 'end'));
  rights.forEach((rightShape, column) => {
    let result = '';
    try {
      const product: Tensor = matmul(zeros(leftShape) as Tensor, zeros(rightShape) as Tensor);
      result = `[${product.shape.join(',')}]`;
    } catch (error) {
      if (!(error instanceof TensorError)) throw error;
    }
    parts.push(box(107 + 90 * column, y + 2, 86, 36, result ? '#d7ecdd' : '#f6dada'));
    parts.push(label(150 + 90 * column, y + 24, result || 'refused'));
  });
});
saveFigure('02-shape-types.svg', svg(480, 230, ...parts));
