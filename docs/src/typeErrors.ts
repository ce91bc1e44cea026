/**
 * What a user sees who gets a shape wrong: a line of a program each, and the sentence that stands in the compiler's message. A test compiles
 * them all.
 */
export interface WrongShape {
  /** One statement that must not compile. */
  readonly code: string;
  /** What the message says, as a sentence. */
  readonly sentence: string;
}

/** What the statements import. */
export const prelude =
  "import { add, broadcastTo, concat, conv2d, einsum, matmul, mul, pad, reshape, slice, stack, zeros } from '@capsnet/tensor';";

export const typeErrors: readonly WrongShape[] = [
  {
    code: 'matmul(zeros([32, 784]), zeros([10, 784]));',
    sentence: 'matmul: inner dimensions 784 and 10 disagree in [32,784] x [10,784]. Transpose the second?',
  },
  {
    code: 'matmul(zeros([32, 784]), zeros([512, 10]));',
    sentence: 'matmul: inner dimensions 784 and 512 disagree in [32,784] x [512,10]',
  },
  {
    code: 'matmul(zeros([784]), zeros([784, 10]));',
    sentence:
      'matmul: [784] x [784,10]: both operands need at least two axes. Give a vector a second axis of length 1',
  },
  {
    code: 'matmul(zeros([4, 2, 3]), zeros([3, 3, 5]));',
    sentence:
      'matmul: [4,2,3] and [3,3,5] cannot be broadcast together: lengths 4 and 3 disagree and neither is 1',
  },
  {
    code: 'matmul(zeros([32, 784]), zeros([784, 10]), { transposeB: true });',
    sentence:
      'matmul: inner dimensions 784 and 10 disagree in [32,784] x [784,10] transposed. Transpose the second?',
  },
  {
    code: 'reshape(zeros([32, 784]), [32, 28, 27, 1]);',
    sentence: 'reshape: [32,784] has 25088 elements, [32,28,27,1] has 24192',
  },
  {
    code: 'reshape(zeros([32, 784]), [-1, 25]);',
    sentence:
      'reshape: [32,784] has 25088 elements, which do not divide by the 25 of the other lengths of [-1,25]',
  },
  {
    code: 'reshape(zeros([32, 784]), [-1, -1]);',
    sentence: 'reshape: [-1,-1] leaves more than one length open; one -1 at most',
  },
  {
    code: 'conv2d(zeros([16, 28, 28, 1]), zeros([5, 5, 3, 32]));',
    sentence: 'conv2d: the input [16,28,28,1] has 1 channels, the filter [5,5,3,32] takes 3',
  },
  {
    code: 'conv2d(zeros([16, 28, 28, 1]), zeros([32, 32, 1, 8]));',
    sentence:
      "conv2d: the filter [32,32,1,8] is larger than the input [16,28,28,1]. Use padding 'same' or a smaller filter",
  },
  {
    code: 'conv2d(zeros([28, 28, 1]), zeros([5, 5, 1, 32]));',
    sentence: 'conv2d: the input [28,28,1] must be [batch, height, width, channels]',
  },
  {
    code: 'conv2d(zeros([16, 9, 9, 8]), zeros([3, 3, 1, 12]), { groups: 8 });',
    sentence: 'conv2d: the 12 filters of [3,3,1,12] do not divide into 8 groups',
  },
  {
    code: 'concat([zeros([2, 3]), zeros([2, 4])], 0);',
    sentence: 'concat: [2,3] and [2,4] disagree on axis 1 (3 and 4)',
  },
  {
    code: 'concat([zeros([2, 3]), zeros([2, 3])], 2);',
    sentence: 'concat: axis 2 is outside [2,3], which has 2 axes',
  },
  {
    code: 'concat([zeros([2, 3]), zeros([2, 3, 1])], 0);',
    sentence: 'concat: [2,3] and [2,3,1] have different numbers of axes',
  },
  {
    code: "einsum('ij,jk->ik', zeros([2, 3]), zeros([4, 5]));",
    sentence: 'einsum: "ij,jk->ik": "j" has length 3 and, in [4,5], 4',
  },
  {
    code: "einsum('ij,jk->iz', zeros([2, 3]), zeros([3, 5]));",
    sentence: 'einsum: "ij,jk->iz": "z" of the result is in no operand',
  },
  {
    code: "einsum('ijk,jk->ik', zeros([2, 3]), zeros([3, 5]));",
    sentence: 'einsum: "ijk,jk->ik": "ijk" names 3 axes, [2,3] has 2',
  },
  {
    code: "einsum('ij,jk', zeros([2, 3]), zeros([3, 5]));",
    sentence:
      'einsum: "ij,jk": write letters for the axes of each operand, then "->" and those of the result, like "ij,jk->ik"',
  },
  {
    code: 'stack([zeros([2, 3]), zeros([3, 2])], 0);',
    sentence: 'stack: [2,3] and [3,2] disagree on axis 0 (2 and 3)',
  },
  {
    code: 'slice(zeros([4, 6]), [0, 4], [4, 3]);',
    sentence: 'slice: begin [0,4], size [4,3] reaches outside [4,6] on axis 1',
  },
  {
    code: 'pad(zeros([4, 6]), [[1, 1]]);',
    sentence: 'pad: [4,6] needs 2 pairs [before, after], got 1',
  },
  {
    code: 'broadcastTo(zeros([3]), [2, 4]);',
    sentence:
      'broadcastTo: [3] does not stretch to [2,4]: length 3 cannot become 4, only axes of length 1 stretch',
  },
  {
    code: 'add(zeros([2, 3]), zeros([2, 4]));',
    sentence: '[2,3] and [2,4] cannot be broadcast together: lengths 3 and 4 disagree and neither is 1',
  },
];
