/**
 * Convolution and its two gradients, each as the same sum of products seen from another of the three arrays:
 *   y[n,i,j,o] = sum over p, q, c of x[n, i s + p - top, j s + q - left, c] w[p,q,c,o]
 * A thread gathers everything that goes into one element of the result, so no two threads write to the same place. Channels
 * are the last axis: neighbouring threads read neighbouring filters.
 */
import type { Conv2dGeometry } from '../../../shape/rules.js';
import { epilogue, type Epilogue } from './epilogue.js';
import { coordinates, functionText, indent, loop, product, type Kernel } from './text.js';

const when = (condition: string, body: readonly string[]): string[] =>
  condition === '' ? [...body] : [`if (${condition}) {`, ...indent(body), '}'];

/** `0 <= value < length`, or nothing where the geometry cannot leave the range. */
const inside = (value: string, length: number, sure: boolean): string =>
  sure ? '' : `${value} >= 0 && ${value} < ${length}`;

/** Quotient of two whole numbers, rounded down. */
const quotient = (value: string, divisor: number): string =>
  divisor === 1 ? value : `Math.floor((${value} + 0.5) / ${divisor})`;

/** No tap reads outside of the input. */
const unpadded = (g: Conv2dGeometry): { rows: boolean; columns: boolean } => ({
  rows: g.padTop === 0 && (g.outputHeight - 1) * g.strideHeight + g.filterHeight <= g.inputHeight,
  columns: g.padLeft === 0 && (g.outputWidth - 1) * g.strideWidth + g.filterWidth <= g.inputWidth,
});

const work = (g: Conv2dGeometry): number =>
  2 *
  g.batch *
  g.outputHeight *
  g.outputWidth *
  g.outputChannels *
  g.filterHeight *
  g.filterWidth *
  (g.inputChannels / g.groups);

/** `value - pad`, `value + pad`. */
const shifted = (value: string, by: number): string =>
  by === 0 ? value : by > 0 ? `${value} + ${by}` : `${value} - ${-by}`;

export function conv2dKernel(g: Conv2dGeometry, ends: Epilogue): Kernel {
  const channels = g.inputChannels / g.groups;
  const filters = g.outputChannels / g.groups;
  const sure = unpadded(g);
  const { parameters, statements, result } = epilogue(ends, 'filter');
  return {
    name: 'conv2d',
    source: functionText(
      ['x', 'w', ...parameters],
      [
        'const t = this.thread.x;',
        ...coordinates('t', g.batch * g.outputHeight * g.outputWidth * g.outputChannels, [
          { name: 'image', length: g.batch },
          { name: 'i', length: g.outputHeight },
          { name: 'j', length: g.outputWidth },
          { name: 'filter', length: g.outputChannels },
        ]),
        `const firstChannel = ${g.groups === 1 ? '0' : product(quotient('filter', filters), channels)};`,
        'let sum = 0;',
        ...loop('p', g.filterHeight, [
          `const row = ${shifted(`${product('i', g.strideHeight)} + p`, -g.padTop)};`,
          ...when(
            inside('row', g.inputHeight, sure.rows),
            loop('q', g.filterWidth, [
              `const column = ${shifted(`${product('j', g.strideWidth)} + q`, -g.padLeft)};`,
              ...when(inside('column', g.inputWidth, sure.columns), [
                `const from = ((image * ${g.inputHeight} + row) * ${g.inputWidth} + column) * ${g.inputChannels} + firstChannel;`,
                `const tap = (p * ${g.filterWidth} + q) * ${channels * g.outputChannels} + filter;`,
                ...loop('c', channels, [`sum += x[from + c] * w[tap + c * ${g.outputChannels}];`]),
              ]),
            ]),
          ),
        ]),
        ...statements,
      ],
      result,
    ),
    size: g.batch * g.outputHeight * g.outputWidth * g.outputChannels,
    operations: work(g),
  };
}

/** The output position whose tap `offset` away lies at `value`: statements, and the condition under which there is one. */
function sourceOf(
  name: string,
  value: string,
  stride: number,
  length: number,
): { readonly statement: string; readonly condition: string } {
  return {
    statement: `const ${name} = ${quotient(value, stride)};`,
    condition: `${inside(name, length, false)}${stride === 1 ? '' : ` && ${name} * ${stride} === ${value}`}`,
  };
}

/** (dy, w) -> dx: every element of the input looks for the outputs that it took part in. */
export function conv2dInputGradientKernel(g: Conv2dGeometry): Kernel {
  const channels = g.inputChannels / g.groups;
  const filters = g.outputChannels / g.groups;
  const vertical = sourceOf('i', 'down', g.strideHeight, g.outputHeight);
  const horizontal = sourceOf('j', 'across', g.strideWidth, g.outputWidth);
  const group = quotient('channel', channels);
  return {
    name: 'conv2dInputGradient',
    source: functionText(
      ['dy', 'w'],
      [
        'const t = this.thread.x;',
        ...coordinates('t', g.batch * g.inputHeight * g.inputWidth * g.inputChannels, [
          { name: 'image', length: g.batch },
          { name: 'row', length: g.inputHeight },
          { name: 'column', length: g.inputWidth },
          { name: 'channel', length: g.inputChannels },
        ]),
        `const firstFilter = ${g.groups === 1 ? '0' : product(group, filters)};`,
        `const inGroup = ${g.groups === 1 ? 'channel' : `channel - ${product(group, channels)}`};`,
        'let sum = 0;',
        ...loop('p', g.filterHeight, [
          `const down = ${shifted('row', g.padTop)} - p;`,
          vertical.statement,
          ...when(
            vertical.condition,
            loop('q', g.filterWidth, [
              `const across = ${shifted('column', g.padLeft)} - q;`,
              horizontal.statement,
              ...when(horizontal.condition, [
                `const from = ((image * ${g.outputHeight} + i) * ${g.outputWidth} + j) * ${g.outputChannels} + firstFilter;`,
                `const tap = ((p * ${g.filterWidth} + q) * ${channels} + inGroup) * ${g.outputChannels} + firstFilter;`,
                ...loop('o', filters, ['sum += dy[from + o] * w[tap + o];']),
              ]),
            ]),
          ),
        ]),
      ],
      'sum',
    ),
    size: g.batch * g.inputHeight * g.inputWidth * g.inputChannels,
    operations: work(g),
  };
}

/**
 * (x, dy) -> dw: every element of the filter goes over all images and positions. With `parts` > 1 the images are dealt out to that many partial
 * sums, [filter elements, parts]: filters are small, and the device has room for more threads than they have elements.
 */
export function conv2dFilterGradientKernel(g: Conv2dGeometry, parts: number): Kernel {
  const channels = g.inputChannels / g.groups;
  const filters = g.outputChannels / g.groups;
  const sure = unpadded(g);
  const size = g.filterHeight * g.filterWidth * channels * g.outputChannels;
  const share = Math.ceil(g.batch / parts);
  const gather = loop('i', g.outputHeight, [
    `const row = ${shifted(`${product('i', g.strideHeight)} + p`, -g.padTop)};`,
    ...when(
      inside('row', g.inputHeight, sure.rows),
      loop('j', g.outputWidth, [
        `const column = ${shifted(`${product('j', g.strideWidth)} + q`, -g.padLeft)};`,
        ...when(inside('column', g.inputWidth, sure.columns), [
          `const from = ((image * ${g.inputHeight} + row) * ${g.inputWidth} + column) * ${g.inputChannels} + channel;`,
          `const to = ((image * ${g.outputHeight} + i) * ${g.outputWidth} + j) * ${g.outputChannels} + filter;`,
          'sum += x[from] * dy[to];',
        ]),
      ]),
    ),
  ]);
  const channel = g.groups === 1 ? 'c' : `c + ${product(quotient('filter', filters), channels)}`;
  return {
    name: `conv2dFilterGradient${parts > 1 ? ` in ${parts} parts` : ''}`,
    source: functionText(
      ['x', 'dy'],
      [
        'const t = this.thread.x;',
        ...coordinates('t', size * parts, [
          { name: 'p', length: g.filterHeight },
          { name: 'q', length: g.filterWidth },
          { name: 'c', length: channels },
          { name: 'filter', length: g.outputChannels },
          ...(parts > 1 ? [{ name: 'part', length: parts }] : []),
        ]),
        `const channel = ${channel};`,
        'let sum = 0;',
        ...(parts === 1
          ? loop('image', g.batch, gather)
          : loop('s', share, [
              `const image = part * ${share} + s;`,
              ...when(share * parts === g.batch ? '' : `image < ${g.batch}`, gather),
            ])),
      ],
      'sum',
    ),
    size: size * parts,
    operations: work(g),
  };
}
