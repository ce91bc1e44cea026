/** Matrix products: a thread computes one element, a row times a column. */
import type { MatmulAttributes } from '../../../ops/contractions.js';
import { sizeOf } from '../../../shape/rules.js';
import { epilogue, type Epilogue } from './epilogue.js';
import { operandPositions } from './operands.js';
import { coordinates, functionText, indent, loop, product, total, type Kernel } from './text.js';

/**
 * [..., m, k] x [..., k, n] -> [..., m, n]; leading axes broadcast.
 *
 * With `parts` > 1 the inner axis is cut and the result is [results, parts] of partial sums: a product of few results and a long inner axis
 * would leave the device idle otherwise. The epilogue must be plain then.
 */
export function matmulKernel(
  a: readonly number[],
  b: readonly number[],
  { transposeA, transposeB }: MatmulAttributes,
  result: readonly number[],
  ends: Epilogue,
  parts = 1,
): Kernel {
  const batch = result.slice(0, -2);
  const batches = sizeOf(batch);
  const [m, n] = result.slice(-2) as [number, number];
  const inner = a.at(transposeA ? -2 : -1)!;
  const [aRow, aColumn] = transposeA ? [1, m] : [inner, 1];
  const [bRow, bColumn] = transposeB ? [1, inner] : [n, 1];
  const { statements, positions } = operandPositions(batch, [a.slice(0, -2), b.slice(0, -2)], 'batch');
  const share = Math.ceil(inner / parts);
  const from = (position: string, matrix: number): string => {
    if (position === '0' || batches === 1) return '0';
    return `${position.includes(' ') ? `(${position})` : position} * ${matrix}`;
  };
  const { parameters, statements: after, result: value } = epilogue(ends, 'column');
  const term = (k: string): string =>
    `sum += a[left + ${product(k, aColumn)}] * b[right + ${product(k, bRow)}];`;
  return {
    name: `matmul${parts > 1 ? ` in ${parts} parts` : ''}`,
    source: functionText(
      ['a', 'b', ...parameters],
      [
        'const t = this.thread.x;',
        ...coordinates('t', batches * m * n * parts, [
          { name: 'batch', length: batches },
          { name: 'row', length: m },
          { name: 'column', length: n },
          ...(parts > 1 ? [{ name: 'part', length: parts }] : []),
        ]),
        ...statements,
        `const left = ${total([from(positions[0]!, m * inner), product('row', aRow)])};`,
        `const right = ${total([from(positions[1]!, inner * n), product('column', bColumn)])};`,
        'let sum = 0;',
        ...(parts === 1
          ? loop('k', inner, [term('k')])
          : loop('s', share, [
              `const k = part * ${share} + s;`,
              ...(share * parts === inner
                ? [term('k')]
                : [`if (k < ${inner}) {`, ...indent([term('k')]), '}']),
            ])),
        ...after,
      ],
      value,
    ),
    size: batches * m * n * parts,
    operations: 2 * batches * m * n * inner,
  };
}
