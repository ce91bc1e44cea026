/**
 * How far a result is from its reference, and how far it may be: |a - ref| <= tolerance * max(1e-6, largest |ref|).
 * The tolerances are those that stand in the README of the reference values, by class of operation.
 */
import { sizeOf, type Shape } from '@capsnet/tensor';
import type { StoredTensor } from '@capsnet/capsules';
import { CaseError } from './attributes.js';
import type { GoldenCase } from './golden.js';

/** One tensor held against its reference. */
export interface Comparison {
  /** Name of the reference tensor. */
  readonly tensor: string;
  /** Largest error, relative unless the tolerance is absolute; Infinity for what is not finite. */
  readonly error: number;
  readonly tolerance: number;
}

/** What the error is divided by. */
export type Scale =
  /** The largest |reference| of the tensor, 1e-6 at least. */
  | 'tensor'
  /** The largest |reference| of each row (last axis): for tensors whose rows differ by orders of magnitude. */
  | 'rows'
  /** Nothing. */
  | 'absolute';

const smallestScale = 1e-6;
/** Below this float32 has no full precision: a row of zeros is met by what is smaller. */
const smallestNormal = 2 ** -126;

/** Results as the engine gives them. */
export interface Result {
  readonly shape: Shape;
  readonly data: ArrayLike<number>;
}

/** Largest error of a result. */
export function errorOf(actual: ArrayLike<number>, reference: StoredTensor, scale: Scale): number {
  const { data, shape } = reference;
  const width = scale === 'rows' ? (shape.at(-1) ?? 1) : data.length;
  let worst = 0;
  for (let start = 0; start < data.length; start += width) {
    let largest = scale === 'rows' ? smallestNormal : smallestScale;
    let difference = 0;
    for (let at = start; at < start + width; at++) {
      largest = Math.max(largest, Math.abs(data[at]!));
      const distance = Math.abs(actual[at]! - data[at]!);
      // NaN is larger than anything.
      difference = distance <= difference ? difference : Number.isNaN(distance) ? Infinity : distance;
    }
    worst = Math.max(worst, scale === 'absolute' ? difference : difference / largest);
  }
  return worst;
}

/**
 * Compares a result with the reference of the name.
 *
 * @throws CaseError when the shapes hold different numbers of elements, or (unless `loose`) differ
 */
export function compare(
  tensor: string,
  actual: Result,
  reference: StoredTensor,
  tolerance: number,
  { scale = 'tensor', loose = false }: { readonly scale?: Scale; readonly loose?: boolean } = {},
): Comparison {
  const same =
    actual.shape.length === reference.shape.length && actual.shape.every((n, k) => n === reference.shape[k]);
  if (loose ? actual.data.length !== sizeOf(reference.shape) : !same) {
    throw new CaseError(
      `${tensor}: the result has shape [${actual.shape.join(',')}], the reference [${reference.shape.join(',')}].`,
    );
  }
  return { tensor, error: errorOf(actual.data, reference, scale), tolerance };
}

/** Share of the allowed error that was used; an exact comparison allows none. */
const used = ({ error, tolerance }: Comparison): number => (error === 0 ? 0 : error / tolerance);

export const passes = ({ error, tolerance }: Comparison): boolean => error <= tolerance;

/** The comparison that is nearest to its limit, or furthest beyond. */
export const worstOf = (comparisons: readonly Comparison[]): Comparison | undefined =>
  comparisons.reduce<Comparison | undefined>(
    (worst, next) => (worst && used(worst) >= used(next) ? worst : next),
    undefined,
  );

/** What is compared: values, or derivatives. */
export type Role = 'outputs' | 'grads';
type Tolerances = Readonly<Record<Role, number>>;

const exact: Tolerances = { outputs: 0, grads: 0 };
/** A copy whose derivative adds what was copied several times. */
const copies: Tolerances = { outputs: 0, grads: 1e-5 };
const arithmetic: Tolerances = { outputs: 1e-5, grads: 1e-5 };
const layers: Tolerances = { outputs: 2e-5, grads: 5e-5 };
const models: Tolerances = { outputs: 1e-4, grads: 5e-4 };

const classes: readonly (readonly [Tolerances, readonly string[]])[] = [
  [exact, ['reshape', 'transpose', 'slice', 'concat', 'stack', 'pad', 'one_hot', 'argmax']],
  [exact, ['mask_label', 'mask_longest', 'mask_double_label', 'mask_double_longest']],
  [copies, ['gather', 'broadcast_to']],
  [layers, ['conv2d', 'batch_norm_train', 'batch_norm_infer', 'instance_norm', 'upsample_bilinear2x']],
  [layers, ['squash', 'squash_sabour', 'length', 'fc_caps', 'digit_caps']],
  [layers, ['primary_caps_efficient', 'primary_caps_sabour']],
  [layers, ['margin_loss', 'mse', 'full_loss', 'full_loss_multi', 'accuracy', 'multi_accuracy']],
  [models, ['model_efficient', 'model_original']],
];
const classOf = new Map(classes.flatMap(([tolerances, ops]) => ops.map((op) => [op, tolerances] as const)));

/**
 * The allowed error of a role of a case: that of its class, or twenty times what a plain float32 evaluation errs
 * where that is more. Element-wise operations, reductions, products and optimisers are the class of all that is not named.
 */
export const toleranceOf = ({ op, float32Error }: GoldenCase, role: Role): number =>
  Math.max((classOf.get(op) ?? arithmetic)[role], 20 * (float32Error[role] ?? 0));

/** Whether the rows of a case are compared each by its own scale: tiny and huge vectors of a squash, whose `tolerance` says so. */
export const scaleOf = ({ name, op, attrs }: GoldenCase): Scale => {
  const told = typeof attrs['tolerance'] === 'string' && /each row/i.test(attrs['tolerance']);
  const extreme = op.startsWith('squash') && /_(tiny|huge)(_|$)/.test(name);
  return told || extreme ? 'rows' : 'tensor';
};
