/**
 * From scheduled work to engine steps: the wasm backend's rule for every operation. Total over `OpName`.
 */
import type { Group, Single, Work } from '../../../compile/schedule.js';
import { TensorError } from '../../../errors.js';
import type { Tensor } from '../../../graph/tensor.js';
import { Tensor as TensorNode } from '../../../graph/tensor.js';
import { ops, type OpName } from '../../../ops/table.js';
import { lowerConv2d, lowerFilterGradient, lowerInputGradient } from './convolution.js';
import { lowerCustom } from './custom.js';
import { lowerGroup } from './group.js';
import { Workspace, type Lowered } from './kernel.js';
import { lowerMatmul } from './matmul.js';
import * as movement from './movement.js';

type Rule = (single: Single, threads: number) => Lowered;

const node =
  (rule: (node: Tensor, result: Tensor) => Lowered): Rule =>
  ({ node: of, result }) =>
    rule(of, result);

const noWork: Rule = ({ node: { op } }) => {
  throw new TensorError('wasm', `${op} holds a value and is never a step of its own.`);
};

/**
 * An element-wise node on its own: one with int32 operands, which are converted to float32 first (indices below 2^24 are exact),
 * or one without elements.
 */
const elementwise: Rule = ({ node: of, result }, threads) => {
  if (of.size === 0) return movement.nothing(of, result);
  const workspace = new Workspace();
  const converted = of.inputs.map((input) => {
    if (input.dtype === 'float32') return { input, stand: input, offset: undefined };
    const stand = new TensorNode('cast', [input], { dtype: 'float32' }, input.shape, 'float32');
    return { input, stand, offset: workspace.take(input.size) };
  });
  const twin = new TensorNode(
    of.op,
    converted.map(({ stand }) => stand),
    of.attributes(),
    of.shape,
    'float32',
  );
  const group: Group = {
    kind: 'group',
    stage: 0,
    shape: of.shape,
    members: [twin],
    inputs: twin.inputs.filter((input) => input.op !== 'fill'),
    outputs: [twin],
    reductions: [],
  };
  const inner = lowerGroup(group, threads);
  const own = workspace.take(inner.workspaceBytes / 4 + 1);
  return {
    ...inner,
    workspaceBytes: workspace.bytes,
    encode(at, base) {
      const places = new Map<Tensor, number>(
        converted.map(({ input, stand, offset }) => [
          stand,
          offset === undefined ? at(input) : base + offset,
        ]),
      );
      places.set(twin, at(result));
      return [
        ...converted.flatMap(({ input, offset }) =>
          offset === undefined
            ? []
            : [{ kernel: 'convert' as const, words: [at(input), base + offset, input.size, 1] }],
        ),
        ...inner.encode((tensor) => places.get(tensor)!, base + own),
      ];
    },
  };
};

const elementwiseNames = (Object.keys(ops) as OpName[]).filter((name) => ops[name].kind === 'elementwise');

type ElementwiseName = {
  [Name in OpName]: (typeof ops)[Name]['kind'] extends infer Kind
    ? 'elementwise' extends Kind
      ? Name
      : never
    : never;
}[OpName];

const elementwiseRules = Object.fromEntries(elementwiseNames.map((name) => [name, elementwise])) as Record<
  ElementwiseName,
  Rule
>;

const rules: Record<OpName, Rule> = {
  ...elementwiseRules,
  data: noWork,
  input: noWork,
  fill: noWork,
  identity: node(movement.copy),
  stopGradient: node(movement.copy),
  customGradient: node(movement.copy),
  custom: node(lowerCustom),
  cast: node(movement.cast),
  reshape: node(movement.copy),
  transpose: node(movement.transpose),
  broadcastTo: node(movement.broadcastTo),
  concat: node(movement.concat),
  slice: node(movement.slice),
  pad: node(movement.pad),
  gather: node(movement.gather),
  scatterAdd: node(movement.scatterAdd),
  oneHot: node(movement.oneHot),
  argmax: node(movement.argmax),
  softmax: node(movement.softmax),
  squash: node(movement.squash),
  squashGradient: node(movement.squashGradient),
  sum: node(movement.emptyReduction),
  max: node(movement.emptyReduction),
  matmul: lowerMatmul,
  conv2d: lowerConv2d,
  conv2dInputGradient: lowerInputGradient,
  conv2dFilterGradient: lowerFilterGradient,
};

export function lower(work: Work, threads: number): Lowered {
  if (work.kind === 'group') return lowerGroup(work, threads);
  if (work.result.size === 0) return movement.nothing(work.node, work.result);
  return rules[work.node.op](work, threads);
}
