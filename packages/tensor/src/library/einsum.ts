/**
 * Einstein summation, by sorting the letters of each operand into four roles and calling one batched matrix product:
 * shared by both operands and the result (batch), shared and summed (inner), of the left only (rows), of the right only
 * (columns). A letter of one operand alone that is not in the result is summed first, which is why
 * `bkij,bkmj->bki`, the logits of self-attention routing, costs a time linear in the number of capsules.
 */
import { TensorError, showShape } from '../errors.js';
import type { Tensor } from '../graph/tensor.js';
import type { Einsum, Resolve, Valid } from '../shape/types.js';
import { matmul } from './contract.js';
import { sum } from './reduce.js';
import { reshape, transpose } from './rearrange.js';

type Shapes<T extends readonly Tensor[]> = { [K in keyof T]: T[K] extends Tensor<infer S> ? S : never };

/** An operand with a letter for each axis. */
interface Labelled {
  readonly tensor: Tensor;
  readonly letters: readonly string[];
}

/**
 * Sums products over the letters that are not in the result: `ij,jk->ik` is a matrix product.
 * Operands of any rank, one letter an axis; the shape of the result is read from its letters.
 *
 * @param subscripts such as `bji,kjiz->bkjz`: a letter for each axis of each operand, and the axes of the result.
 *   Letters may not repeat within an operand; one, two or more operands.
 * @throws TensorError when ranks or lengths disagree with the letters.
 */
export function einsum<const Spec extends string, const T extends readonly Tensor[]>(
  subscripts: Spec & Valid<Einsum<Spec, Shapes<T>>>,
  ...operands: T
): Tensor<Resolve<Einsum<Spec, Shapes<T>>>> {
  const { labelled, output } = parse(subscripts, operands);
  const [first, ...rest] = labelled as [Labelled, ...Labelled[]];
  let left = first;
  rest.forEach((right, position) => {
    const needed = new Set([...output, ...rest.slice(position + 1).flatMap((later) => later.letters)]);
    left = contractPair(left, right, needed);
  });
  left = sumLone(left, new Set(output));
  return arrange(left, output) as Tensor as never;
}

function parse(subscripts: string, operands: readonly Tensor[]): { labelled: Labelled[]; output: string[] } {
  const fail = (problem: string): never => {
    throw new TensorError(
      'einsum',
      `"${subscripts}" on ${operands.map((operand) => showShape(operand.shape)).join(', ')}: ${problem}`,
    );
  };
  const match = /^([a-zA-Z]*(?:,[a-zA-Z]*)*)->([a-zA-Z]*)$/.exec(subscripts.replace(/\s/g, ''));
  if (!match)
    return fail(
      'write letters for the axes of each operand, then "->" and those of the result, like "ij,jk->ik".',
    );
  const terms = match[1]!.split(',');
  if (terms.length !== operands.length)
    fail(`${terms.length} groups of letters, ${operands.length} operands.`);
  const lengths = new Map<string, number>();
  const labelled = terms.map((term, k) => {
    const letters = [...term];
    const tensor = operands[k]!;
    if (letters.length !== tensor.rank)
      fail(`"${term}" names ${letters.length} axes, the operand has ${tensor.rank}.`);
    if (new Set(letters).size !== letters.length)
      fail(`"${term}" repeats a letter; diagonals are not supported.`);
    letters.forEach((letter, axis) => {
      const known = lengths.get(letter);
      if (known !== undefined && known !== tensor.shape[axis])
        fail(`"${letter}" has length ${known} and ${tensor.shape[axis]}.`);
      lengths.set(letter, tensor.shape[axis]!);
    });
    return { tensor, letters };
  });
  const output = [...match[2]!];
  for (const letter of output) if (!lengths.has(letter)) fail(`"${letter}" of the result is in no operand.`);
  if (new Set(output).size !== output.length) fail('the result repeats a letter.');
  return { labelled, output };
}

/** Sums the letters that nobody needs any more. */
function sumLone({ tensor, letters }: Labelled, needed: ReadonlySet<string>): Labelled {
  const axes = letters.flatMap((letter, axis) => (needed.has(letter) ? [] : [axis]));
  if (axes.length === 0) return { tensor, letters };
  return { tensor: sum(tensor, axes) as Tensor, letters: letters.filter((letter) => needed.has(letter)) };
}

function contractPair(a: Labelled, b: Labelled, needed: ReadonlySet<string>): Labelled {
  const left = sumLone(a, new Set([...needed, ...b.letters]));
  const right = sumLone(b, new Set([...needed, ...a.letters]));
  const shared = left.letters.filter((letter) => right.letters.includes(letter));
  const batch = shared.filter((letter) => needed.has(letter));
  const inner = shared.filter((letter) => !needed.has(letter));
  const rows = left.letters.filter((letter) => !shared.includes(letter));
  const columns = right.letters.filter((letter) => !shared.includes(letter));
  const length = (letter: string): number =>
    left.letters.includes(letter)
      ? left.tensor.shape[left.letters.indexOf(letter)]!
      : right.tensor.shape[right.letters.indexOf(letter)]!;
  const product = (letters: readonly string[]): number =>
    letters.reduce((total, letter) => total * length(letter), 1);

  // Each operand is laid out as [batch, rows, inner] or [batch, inner, rows], whichever it is already.
  const matrix = (operand: Labelled, outer: readonly string[]): { tensor: Tensor; innerFirst: boolean } => {
    const innerFirst = operand.letters.join('') === [...batch, ...inner, ...outer].join('');
    const order = innerFirst ? [...batch, ...inner, ...outer] : [...batch, ...outer, ...inner];
    const sizes = innerFirst ? [product(inner), product(outer)] : [product(outer), product(inner)];
    return { tensor: reshape(arrange(operand, order), [product(batch), ...sizes]) as Tensor, innerFirst };
  };
  const m = matrix(left, rows);
  const n = matrix(right, columns);
  const result = matmul(m.tensor, n.tensor, {
    transposeA: m.innerFirst,
    transposeB: !n.innerFirst,
  }) as Tensor;
  const letters = [...batch, ...rows, ...columns];
  return { tensor: reshape(result, letters.map(length)) as Tensor, letters };
}

/** The operand with its axes in the order of `letters`. */
function arrange({ tensor, letters: from }: Labelled, letters: readonly string[]): Tensor {
  const permutation = letters.map((letter) => from.indexOf(letter));
  return permutation.every((axis, k) => axis === k) ? tensor : (transpose(tensor, permutation) as Tensor);
}
