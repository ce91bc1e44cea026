/** Sums and maxima: the axes are brought to [outer, length, inner], long ones are cut into chunks of a fixed length. */
import type { Tensor } from '../../../graph/tensor.js';
import { sizeOf } from '../../../shape/rules.js';
import { floatWord, type Step } from './kernel.js';

interface Pass {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  readonly chunk: number;
}

/** Rows of a chunk: fixed by the shape alone, so that sums do not depend on the number of threads. */
function chunkLength(length: number, inner: number): number {
  if (inner === 1) return 8192;
  if (inner >= 2048) return 512;
  return Math.max(16, Math.min(512, Math.floor(32768 / inner)));
}

/** The passes over memory that reduce `shape` along `axes`, last axes first. */
function passes(shape: readonly number[], axes: readonly number[]): Pass[] {
  const list: Pass[] = [];
  let rest = shape
    .map((length, axis) => ({ length, reduced: axes.includes(axis) }))
    .filter(({ length }) => length !== 1);
  while (rest.some(({ reduced }) => reduced)) {
    const end = rest.findLastIndex(({ reduced }) => reduced);
    let start = end;
    while (start > 0 && rest[start - 1]!.reduced) start--;
    const product = (from: number, to: number): number =>
      sizeOf(rest.slice(from, to).map(({ length }) => length));
    const [outer, inner] = [product(0, start), product(end + 1, rest.length)];
    let length = product(start, end + 1);
    for (;;) {
      const chunk = Math.min(length, chunkLength(length, inner));
      list.push({ outer, length, inner, chunk });
      length = Math.ceil(length / chunk);
      if (length === 1) break;
    }
    rest = [...rest.slice(0, start), ...rest.slice(end + 1)];
  }
  return list.length > 0 ? list : [{ outer: sizeOf(shape), length: 1, inner: 1, chunk: 1 }];
}

const resultSize = ({ outer, length, inner, chunk }: Pass): number =>
  outer * Math.ceil(length / chunk) * inner;

/** Bytes for results between passes: two buffers in turn. */
export function reduceWorkspace(node: Tensor): number {
  const list = passes(node.inputs[0]!.shape, node.attributes<'sum'>().axes);
  const largest = Math.max(0, ...list.slice(0, -1).map(resultSize));
  return 2 * Math.ceil((largest * 4) / 64) * 64;
}

export function reduceSteps(node: Tensor, from: number, to: number, workspace: number): Step[] {
  const list = passes(node.inputs[0]!.shape, node.attributes<'sum'>().axes);
  const half = reduceWorkspace(node) / 2;
  return list.map((pass, index) => {
    const source = index === 0 ? from : workspace + ((index - 1) % 2) * half;
    const target = index === list.length - 1 ? to : workspace + (index % 2) * half;
    return {
      kernel: 'reduce',
      words: [
        source,
        target,
        pass.outer,
        pass.length,
        pass.inner,
        pass.chunk,
        node.op === 'max' ? 1 : 0,
        floatWord(1),
      ],
    };
  });
}
