/**
 * Connected element-wise nodes as one kernel, and sums and maxima of what they make: intermediate values stay in the variables of a
 * thread. A kernel has one result, so a group becomes a kernel for each value that is needed outside of it.
 */
import type { Tensor } from '../../../graph/tensor.js';
import { sizeOf, stridesOf } from '../../../shape/rules.js';
import { expressionOf } from './elementwise.js';
import { operandPositions } from './operands.js';
import { coordinates, functionText, indent, literal, loop, product, total, type Kernel } from './text.js';

/** Element-wise nodes over one shape, operands first; `inputs` are the operands that lie in memory. */
export interface Chain {
  readonly shape: readonly number[];
  readonly members: readonly Tensor[];
  readonly inputs: readonly Tensor[];
}

/** A scalar that is written into the text instead of being read. */
export const isImmediate = (node: Tensor): boolean =>
  node.op === 'fill' && node.value === undefined && Number.isFinite(node.attributes<'fill'>().value);

const parameterNames = (inputs: readonly Tensor[]): string[] => inputs.map((_, k) => `x${k}`);

/** Statements that compute the members at `position`, and the name of the value of each node. */
function computed(
  { shape, members, inputs }: Chain,
  position: string,
): { readonly statements: string[]; readonly nameOf: (node: Tensor) => string } {
  const names = new Map<Tensor, string>();
  const parameters = parameterNames(inputs);
  const { statements, positions } = operandPositions(
    shape,
    inputs.map((input) => input.shape),
    position,
  );
  const lines = [...statements];
  inputs.forEach((input, k) => {
    names.set(input, `a${k}`);
    lines.push(`const a${k} = ${parameters[k]}[${positions[k]}];`);
  });
  const nameOf = (node: Tensor): string => names.get(node) ?? literal(node.attributes<'fill'>().value);
  members.forEach((node, k) => {
    lines.push(`const v${k} = ${expressionOf(node, node.inputs.map(nameOf))};`);
    names.set(node, `v${k}`);
  });
  return { statements: lines, nameOf };
}

const label = (chain: Chain, last?: Tensor): string =>
  [...chain.members, ...(last ? [last] : [])].map(({ op }) => op).join(' ');

/** The kernel of an element-wise chain: the value of its last member. */
export function chainKernel(chain: Chain): Kernel {
  const { statements, nameOf } = computed(chain, 't');
  return {
    name: label(chain),
    source: functionText(
      parameterNames(chain.inputs),
      ['const t = this.thread.x;', ...statements],
      nameOf(chain.members.at(-1)!),
    ),
    size: sizeOf(chain.shape),
    operations: sizeOf(chain.shape) * chain.members.length,
  };
}

/** How a reduction takes in one value more; `first` says whether it is the first. */
const steps: Record<'sum' | 'max', (value: string, first: string) => string[]> = {
  sum: (value) => [`result += ${value};`],
  // NaN is larger than everything, and stays.
  max: (value, first) => [
    `if (${first} || ${value} > result || ${value} !== ${value}) { result = ${value}; }`,
  ],
};

/** Neighbouring axes that are all reduced or all kept. */
export interface ReductionSpace {
  readonly kept: readonly { readonly length: number; readonly stride: number }[];
  readonly reduced: readonly { readonly length: number; readonly stride: number }[];
}

export function reductionSpace(shape: readonly number[], axes: readonly number[]): ReductionSpace {
  const strides = stridesOf(shape);
  const runs: { length: number; stride: number; gone: boolean }[] = [];
  shape.forEach((length, axis) => {
    if (length === 1) return;
    const gone = axes.includes(axis);
    const before = runs.at(-1);
    if (before?.gone === gone) {
      before.length *= length;
      before.stride = strides[axis]!;
    } else runs.push({ length, stride: strides[axis]!, gone });
  });
  return { kept: runs.filter(({ gone }) => !gone), reduced: runs.filter(({ gone }) => gone) };
}

/**
 * The kernel of a reduction of the chain's last value (or of its only input). With `parts` > 1 every result is cut into that many partial
 * ones, [results, parts], for few long sums: a thread each would leave the device idle.
 */
export function reductionKernel(chain: Chain, node: Tensor, parts: number): Kernel {
  const { kept, reduced } = reductionSpace(chain.shape, node.attributes<'sum'>().axes);
  const count = reduced.reduce((product, { length }) => product * length, 1);
  const results = kept.reduce((product, { length }) => product * length, 1);
  const share = Math.ceil(count / parts);
  const axesOf = (name: string, runs: ReductionSpace['kept']) =>
    runs.map(({ length }, k) => ({ name: `${name}${k}`, length }));
  const keptAxes = axesOf('k', kept);
  const reducedAxes = axesOf('r', reduced);
  const offset = (axes: readonly { name: string }[], runs: ReductionSpace['kept']): string =>
    total(axes.map(({ name }, k) => product(name, runs[k]!.stride)));
  const { statements, nameOf } = computed(chain, 't');
  const step = steps[node.op as 'sum' | 'max'];
  const element = [
    ...coordinates('r', count, reducedAxes),
    `const t = start + ${offset(reducedAxes, reduced)};`,
    ...statements,
    ...step(nameOf(node.inputs[0]!), parts === 1 ? 'r === 0' : 's === 0'),
  ];
  const place = parts === 1 ? 'n' : 'm';
  return {
    name: `${label(chain, node)}${parts > 1 ? ` in ${parts} parts` : ''}`,
    source: functionText(
      parameterNames(chain.inputs),
      [
        'const n = this.thread.x;',
        ...(parts === 1
          ? []
          : coordinates('n', results * parts, [
              { name: 'm', length: results },
              { name: 'part', length: parts },
            ])),
        ...coordinates(place, results, keptAxes),
        `const start = ${offset(keptAxes, kept)};`,
        'let result = 0;',
        ...(parts === 1
          ? loop('r', count, element)
          : loop('s', share, [
              `const r = part * ${share} + s;`,
              ...(share * parts === count ? element : [`if (r < ${count}) {`, ...indent(element), '}']),
            ])),
      ],
      'result',
    ),
    size: results * parts,
    operations: sizeOf(chain.shape) * (chain.members.length + 1),
  };
}
