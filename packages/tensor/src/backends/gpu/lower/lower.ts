/** The gpu backend's rule for every operation: from scheduled work to calls of kernels. Total over `OpName`. */
import type { Group, Single, Work } from '../../../compile/schedule.js';
import { TensorError } from '../../../errors.js';
import type { Tensor } from '../../../graph/tensor.js';
import { ops, type OpName } from '../../../ops/table.js';
import { conv2dGeometry, sizeOf } from '../../../shape/rules.js';
import * as capsule from '../kernels/capsule.js';
import * as convolution from '../kernels/convolution.js';
import type { ElementwiseName } from '../kernels/elementwise.js';
import type { Epilogue } from '../kernels/epilogue.js';
import { isImmediate } from '../kernels/fused.js';
import { matmulKernel } from '../kernels/matmul.js';
import * as movement from '../kernels/movement.js';
import type { Kernel } from '../kernels/text.js';
import { mostInputs, type Place, type Site } from './call.js';
import { lowerGroup } from './group.js';
import { partsFor, sumOfParts } from './parts.js';

type Rule = (work: Single, site: Site) => void;

const places = (node: Tensor, site: Site): Place[] => node.inputs.map((input) => site.place(input));

/** One kernel over the operands in their order. */
const one =
  (kernelOf: (node: Tensor) => Kernel): Rule =>
  ({ node, result }, site) =>
    site.emit(kernelOf(node), places(node, site), result);

const noWork: Rule = ({ node: { op } }) => {
  throw new TensorError('gpu', `${op} holds a value and is never a step of its own.`);
};

const copy = one((node) => movement.copyKernel(node.size));

/** An element-wise node on its own: a group of one. int32 needs nothing special, its values are whole floats here. */
const elementwise: Rule = ({ node, result }, site) => {
  const group: Group = {
    kind: 'group',
    stage: 0,
    shape: node.shape,
    members: [node],
    inputs: node.inputs.filter((input) => !isImmediate(input)),
    outputs: [node],
    reductions: [],
  };
  lowerGroup(group, {
    ...site,
    emit: (kernel, inputs) => site.emit(kernel, inputs, result),
  });
};

/** Lengths before, along and behind an axis. */
const around = (shape: readonly number[], axis: number): [number, number, number] => [
  sizeOf(shape.slice(0, axis)),
  shape[axis]!,
  sizeOf(shape.slice(axis + 1)),
];

const epilogueOf = ({ bias, activation }: Single): Epilogue => ({
  bias: bias?.size ?? 0,
  ...(activation ? { activation } : {}),
});

const biasPlace = ({ bias }: Single, site: Site): Place[] => (bias ? [site.place(bias)] : []);

const matmul: Rule = (single, site) => {
  const { node, result } = single;
  const [a, b] = node.inputs as [Tensor, Tensor];
  const attributes = node.attributes<'matmul'>();
  const inner = a.shape.at(attributes.transposeA ? -2 : -1)!;
  const alone = single.bias === undefined && single.activation === undefined;
  const parts = alone ? partsFor(result.size, inner) : 1;
  const ends = epilogueOf(single);
  const kernel = matmulKernel(a.shape, b.shape, attributes, node.shape, ends, parts);
  const inputs = [...places(node, site), ...biasPlace(single, site)];
  if (parts === 1) site.emit(kernel, inputs, result);
  else sumOfParts('sum', site.emitTemporary(kernel, inputs), result, parts, site);
};

const conv2d: Rule = (single, site) => {
  const { node, result } = single;
  const [x, w] = node.inputs as [Tensor, Tensor];
  const g = conv2dGeometry('conv2d', x.shape, w.shape, node.attributes<'conv2d'>());
  site.emit(
    convolution.conv2dKernel(g, epilogueOf(single)),
    [...places(node, site), ...biasPlace(single, site)],
    result,
  );
};

const conv2dInputGradient = one((node) => {
  const attributes = node.attributes<'conv2dInputGradient'>();
  const g = conv2dGeometry(node.op, attributes.inputShape, node.inputs[1]!.shape, attributes);
  return convolution.conv2dInputGradientKernel(g);
});

const conv2dFilterGradient: Rule = ({ node, result }, site) => {
  const attributes = node.attributes<'conv2dFilterGradient'>();
  const g = conv2dGeometry(node.op, node.inputs[0]!.shape, attributes.filterShape, attributes);
  // Parts are whole images.
  const wanted = partsFor(result.size, g.batch * g.outputHeight * g.outputWidth);
  const parts = wanted === 1 ? 1 : Math.min(wanted, g.batch);
  const kernel = convolution.conv2dFilterGradientKernel(g, parts);
  if (parts === 1) site.emit(kernel, places(node, site), result);
  else sumOfParts('sum', site.emitTemporary(kernel, places(node, site)), result, parts, site);
};

/** Operands are joined a few at a time when there are more than a kernel can read. */
const concat: Rule = ({ node, result }, site) => {
  const { axis } = node.attributes<'concat'>();
  const [outer, , inner] = around(node.shape, axis);
  let pieces = node.inputs
    .filter(({ size }) => size > 0)
    .map((input) => ({ place: site.place(input), length: input.shape[axis]! }));
  const kernelOf = (some: typeof pieces): Kernel =>
    movement.concatKernel(
      outer,
      some.map(({ length }) => length),
      inner,
    );
  while (pieces.length > mostInputs) {
    const joined: typeof pieces = [];
    for (let start = 0; start < pieces.length; start += mostInputs) {
      const some = pieces.slice(start, start + mostInputs);
      joined.push({
        place: site.emitTemporary(
          kernelOf(some),
          some.map(({ place }) => place),
        ),
        length: some.reduce((sum, { length }) => sum + length, 0),
      });
    }
    pieces = joined;
  }
  site.emit(
    kernelOf(pieces),
    pieces.map(({ place }) => place),
    result,
  );
};

const softmax: Rule = ({ node, result }, site) => {
  const x = site.place(node.inputs[0]!);
  const kernels = capsule.softmaxKernels(...around(node.shape, node.attributes<'softmax'>().axis));
  const largest = site.emitTemporary(kernels[0], [x]);
  const sums = site.emitTemporary(kernels[1], [x, largest]);
  site.emit(kernels[2], [x, largest, sums], result);
};

const capsulesOf = (node: Tensor): [number, number] => [node.size / node.shape.at(-1)!, node.shape.at(-1)!];

const squash: Rule = ({ node, result }, site) => {
  const s = site.place(node.inputs[0]!);
  const kernels = capsule.squashKernels(...capsulesOf(node), node.attributes<'squash'>());
  site.emit(kernels[1], [s, site.emitTemporary(kernels[0], [s])], result);
};

const squashGradient: Rule = ({ node, result }, site) => {
  const [s, dv] = places(node, site) as [Place, Place];
  const kernels = capsule.squashGradientKernels(...capsulesOf(node), node.attributes<'squashGradient'>());
  const factors = site.emitTemporary(kernels[0], [s]);
  const tilts = site.emitTemporary(kernels[1], [s, dv]);
  site.emit(kernels[2], [s, dv, factors, tilts], result);
};

const scatterAdd = one((node) => {
  const [indices, updates] = node.inputs as [Tensor, Tensor];
  const { axis, length } = node.attributes<'scatterAdd'>();
  const inner = sizeOf(updates.shape.slice(axis + indices.rank));
  return movement.scatterAddKernel(sizeOf(updates.shape.slice(0, axis)), length, indices.size, inner);
});

/** A sum of nothing. */
const emptySum: Rule = ({ result }, site) => site.emit(movement.fillKernel(result.size, 0), [], result);

const elementwiseRules = Object.fromEntries(
  (Object.keys(ops) as OpName[])
    .filter((name) => ops[name].kind === 'elementwise')
    .map((name) => [name, elementwise]),
) as Record<ElementwiseName, Rule>;

export const rules: Record<OpName, Rule> = {
  ...elementwiseRules,
  data: noWork,
  input: noWork,
  fill: noWork,
  identity: copy,
  stopGradient: copy,
  customGradient: one((node) => movement.copyKernel(node.size)),
  custom: one((node) => {
    const { name, gpu } = node.attributes<'custom'>().definition;
    if (!gpu)
      throw new TensorError(
        name,
        'it has no kernel for the gpu backend. Give `gpu` to customOp, or use the wasm backend.',
      );
    return { name, source: gpu(...node.inputs.map(({ shape }) => shape)), size: node.size, operations: 0 };
  }),
  reshape: copy,
  transpose: one((node) =>
    movement.transposeKernel(node.inputs[0]!.shape, node.attributes<'transpose'>().permutation),
  ),
  broadcastTo: one((node) => movement.broadcastKernel(node.inputs[0]!.shape, node.shape)),
  concat,
  slice: one((node) => {
    const { begin, size } = node.attributes<'slice'>();
    return movement.sliceKernel(node.inputs[0]!.shape, begin, size);
  }),
  pad: one((node) => {
    const { paddings, value } = node.attributes<'pad'>();
    return movement.padKernel(node.inputs[0]!.shape, paddings, value);
  }),
  gather: one((node) => {
    const [outer, length, inner] = around(node.inputs[0]!.shape, node.attributes<'gather'>().axis);
    return movement.gatherKernel(outer, length, node.inputs[1]!.size, inner);
  }),
  scatterAdd,
  oneHot: one((node) => movement.oneHotKernel(node.inputs[0]!.size, node.attributes<'oneHot'>().depth)),
  argmax: one((node) =>
    movement.argmaxKernel(...around(node.inputs[0]!.shape, node.attributes<'argmax'>().axis)),
  ),
  // Sums and maxima run in groups; on their own they are sums of nothing (a maximum of nothing is refused when the graph is made).
  sum: emptySum,
  max: emptySum,
  softmax,
  squash,
  squashGradient,
  matmul,
  conv2d,
  conv2dInputGradient,
  conv2dFilterGradient,
};

/** An operand without elements is never read, but its kernel wants an array: one element stands in for it. */
function withoutEmpty(node: Tensor, site: Site): Site {
  if (node.inputs.every(({ size }) => size > 0)) return site;
  const standIn = site.emitTemporary(movement.fillKernel(1, 0), []);
  return { ...site, place: (operand) => (operand.size === 0 ? standIn : site.place(operand)) };
}

export function lower(work: Work, site: Site): void {
  if (work.kind === 'group') lowerGroup(work, site);
  else if (work.result.size > 0) rules[work.node.op](work, withoutEmpty(work.node, site));
}
