/**
 * Recognises the update of Adam among the element-wise groups: m, v and w from m, v, w and g, with or without the largest |g|. The
 * kernel in `assembly/adam.ts` makes one pass of it.
 */
import type { Group } from '../../../compile/schedule.js';
import type { Tensor } from '../../../graph/tensor.js';
import type { OpName } from '../../../ops/table.js';
import { sizeOf } from '../../../shape/rules.js';
import { floatWord, Workspace, type Lowered, type Step } from './kernel.js';
import { reduceSteps, reduceWorkspaceOf } from './reduce.js';
import { isImmediate } from './instructions.js';

interface AdamUpdate {
  readonly w: Tensor;
  readonly m: Tensor;
  readonly v: Tensor;
  readonly g: Tensor;
  readonly alpha: Tensor;
  readonly beta1: number;
  readonly rest1: number;
  readonly beta2: number;
  readonly rest2: number;
  readonly epsilon: number;
  readonly nextW: Tensor;
  readonly nextM: Tensor;
  readonly nextV: Tensor;
  /** max(|g|) over everything. */
  readonly maximum: Tensor | undefined;
}

/** Elements of a chunk: what one thread takes at a time, and what one maximum is taken over. */
const chunk = 8192;

const inputsIf = (node: Tensor | undefined, op: OpName): readonly Tensor[] | undefined =>
  node?.op === op && node.value === undefined ? node.inputs : undefined;

const constant = (node: Tensor | undefined): number | undefined =>
  node && isImmediate(node) ? node.attributes<'fill'>().value : undefined;

/** old * keep + fresh * add, with constants. */
function blend(node: Tensor): { old: Tensor; keep: number; fresh: Tensor; share: number } | undefined {
  const [left, right] = inputsIf(node, 'add') ?? [];
  const [old, keep] = inputsIf(left, 'mul') ?? [];
  const [fresh, share] = inputsIf(right, 'mul') ?? [];
  const [keepValue, shareValue] = [constant(keep), constant(share)];
  if (!old || !fresh || keepValue === undefined || shareValue === undefined) return undefined;
  return { old, keep: keepValue, fresh, share: shareValue };
}

/** The parts of the update when the group is that and nothing else. */
export function adamUpdate(group: Group): AdamUpdate | undefined {
  const { members, outputs, reductions } = group;
  if (outputs.length !== 3 || members.length < 12 || members.length > 13 || reductions.length > 1)
    return undefined;
  const nextW = outputs.find((node) => node.op === 'sub');
  const [w, moved] = inputsIf(nextW, 'sub') ?? [];
  const [alpha, quotient] = inputsIf(moved, 'mul') ?? [];
  const [nextM, root] = inputsIf(quotient, 'div') ?? [];
  const [squareRoot, epsilonNode] = inputsIf(root, 'add') ?? [];
  const [nextV] = inputsIf(squareRoot, 'sqrt') ?? [];
  const epsilon = constant(epsilonNode);
  if (!nextW || !w || !alpha || !nextM || !nextV || epsilon === undefined || alpha.size !== 1)
    return undefined;
  const mean = blend(nextM);
  const meanSquare = blend(nextV);
  const [g] = inputsIf(meanSquare?.fresh, 'square') ?? [];
  if (!mean || !meanSquare || !g || mean.fresh !== g) return undefined;
  const [m, v] = [mean.old, meanSquare.old];
  const n = sizeOf(group.shape);
  const outside = [w, m, v, g].every((node) => !members.includes(node) && node.size === n);
  if (!outside || !outputs.includes(nextM) || !outputs.includes(nextV) || members.includes(alpha))
    return undefined;
  const [maximum] = reductions;
  if ((maximum === undefined) !== (members.length === 12)) return undefined;
  if (
    maximum &&
    (maximum.op !== 'max' || maximum.size !== 1 || inputsIf(maximum.inputs[0], 'abs')?.[0] !== g)
  )
    return undefined;
  return {
    w,
    m,
    v,
    g,
    alpha,
    beta1: mean.keep,
    rest1: mean.share,
    beta2: meanSquare.keep,
    rest2: meanSquare.share,
    epsilon,
    nextW,
    nextM,
    nextV,
    maximum,
  };
}

export function lowerAdam(update: AdamUpdate): Lowered {
  const { w, m, v, g, alpha, nextW, nextM, nextV, maximum } = update;
  const n = w.size;
  const chunks = Math.ceil(n / chunk);
  const workspace = new Workspace();
  const partial = maximum && chunks > 1 ? workspace.take(chunks) : undefined;
  const between = maximum && chunks > 1 ? workspace.take(reduceWorkspaceOf([chunks], [0]) / 4) : 0;
  return {
    label: maximum ? 'adam abs max' : 'adam',
    shape: w.shape,
    operations: 13 * n,
    workspaceBytes: workspace.bytes,
    encode(at, base) {
      const maxima = maximum ? (partial === undefined ? at(maximum) : base + partial) : 0;
      const steps: Step[] = [
        {
          kernel: 'adam',
          words: [
            ...[w, m, v, g, nextW, nextM, nextV, alpha].map(at),
            n,
            ...[update.beta1, update.rest1, update.beta2, update.rest2, update.epsilon].map(floatWord),
            maxima,
            chunk,
          ],
        },
      ];
      if (maximum && partial !== undefined)
        steps.push(...reduceSteps('max', [chunks], [0], maxima, at(maximum), base + between));
      return steps;
    },
  };
}
