/** Sums and maxima: the axes are brought to [outer, length, inner], long ones are cut into chunks of a fixed length. */
import type { Tensor } from '../../../graph/tensor.js';
import { sizeOf } from '../../../shape/rules.js';
import { floatWord, type Step } from './kernel.js';

interface Span {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

interface Pass extends Span {
  readonly chunk: number;
}

/** Rows of a chunk: fixed by the shape alone, so that sums do not depend on the number of threads. */
function chunkLength(length: number, inner: number): number {
  if (inner === 1) return 8192;
  if (inner >= 2048) return 512;
  return Math.max(16, Math.min(512, Math.floor(32768 / inner)));
}

/** `shape` reduced along `axes` as reductions of the middle of [outer, length, inner], last axes first; none when nothing is reduced. */
export function spansOf(shape: readonly number[], axes: readonly number[]): Span[] {
  const list: Span[] = [];
  let rest = shape
    .map((length, axis) => ({ length, reduced: axes.includes(axis) }))
    .filter(({ length }) => length !== 1);
  while (rest.some(({ reduced }) => reduced)) {
    const end = rest.findLastIndex(({ reduced }) => reduced);
    let start = end;
    while (start > 0 && rest[start - 1]!.reduced) start--;
    const product = (from: number, to: number): number =>
      sizeOf(rest.slice(from, to).map(({ length }) => length));
    list.push({
      outer: product(0, start),
      length: product(start, end + 1),
      inner: product(end + 1, rest.length),
    });
    rest = [...rest.slice(0, start), ...rest.slice(end + 1)];
  }
  return list;
}

/** The passes over memory that reduce `shape` along `axes`: long axes are cut into chunks, whose results are reduced in turn. */
function passes(shape: readonly number[], axes: readonly number[]): Pass[] {
  const list = spansOf(shape, axes).flatMap(({ outer, length: whole, inner }) => {
    const cut: Pass[] = [];
    let length = whole;
    do {
      const chunk = Math.min(length, chunkLength(length, inner));
      cut.push({ outer, length, inner, chunk });
      length = Math.ceil(length / chunk);
    } while (length > 1);
    return cut;
  });
  return list.length > 0 ? list : [{ outer: sizeOf(shape), length: 1, inner: 1, chunk: 1 }];
}

const resultSize = ({ outer, length, inner, chunk }: Pass): number =>
  outer * Math.ceil(length / chunk) * inner;

/** Bytes for results between passes: two buffers in turn. */
export function reduceWorkspaceOf(shape: readonly number[], axes: readonly number[]): number {
  const largest = Math.max(0, ...passes(shape, axes).slice(0, -1).map(resultSize));
  return 2 * Math.ceil((largest * 4) / 64) * 64;
}

export const reduceWorkspace = (node: Tensor): number =>
  reduceWorkspaceOf(node.inputs[0]!.shape, node.attributes<'sum'>().axes);

/** Steps that reduce what lies at `from`. */
export function reduceSteps(
  kind: 'sum' | 'max',
  shape: readonly number[],
  axes: readonly number[],
  from: number,
  to: number,
  workspace: number,
): Step[] {
  const list = passes(shape, axes);
  const half = reduceWorkspaceOf(shape, axes) / 2;
  return list.map(({ outer, length, inner, chunk }, index) => {
    const source = index === 0 ? from : workspace + ((index - 1) % 2) * half;
    const target = index === list.length - 1 ? to : workspace + (index % 2) * half;
    return {
      kernel: 'reduce',
      words: [source, target, outer, length, inner, chunk, kind === 'max' ? 1 : 0, floatWord(1)],
    };
  });
}
