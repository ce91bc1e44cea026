/**
 * Trees: nested plain records and arrays with tensors (or anything else) at the leaves. Parameters, optimiser state and
 * batches are trees; functions over them are written once with these helpers.
 */
import { TensorError } from './errors.js';
import { Tensor } from './graph/tensor.js';

/** A nested record or array of `Leaf`. */
export type Tree<Leaf = Tensor> = Leaf | readonly Tree<Leaf>[] | { readonly [key: string]: Tree<Leaf> };

/** The same nesting with every tensor replaced by `To`. */
export type MapTree<T, To> = T extends Tensor
  ? To
  : T extends readonly unknown[] | Record<string, unknown>
    ? { [K in keyof T]: MapTree<T[K], To> }
    : T extends object
      ? { [K in keyof T]: MapTree<T[K], To> }
      : To;

/** One leaf and the way to it, `conv1/kernel`. */
export interface PathLeaf<Leaf = unknown> {
  readonly path: string;
  readonly leaf: Leaf;
}

const isBranch = (value: unknown): value is Record<string, unknown> | readonly unknown[] =>
  Array.isArray(value) ||
  (typeof value === 'object' &&
    value !== null &&
    !(value instanceof Tensor) &&
    Object.getPrototypeOf(value) === Object.prototype);

/** Keys in the order in which trees are walked: that of insertion. */
const keysOf = (branch: Record<string, unknown> | readonly unknown[]): string[] => Object.keys(branch);

/** Every leaf with its path, depth first, records in the order of their keys' insertion. */
export function leavesWithPaths(tree: unknown, prefix = ''): PathLeaf[] {
  if (!isBranch(tree)) return [{ path: prefix, leaf: tree }];
  return keysOf(tree).flatMap((key) =>
    leavesWithPaths((tree as Record<string, unknown>)[key], prefix ? `${prefix}/${key}` : key),
  );
}

/** The leaves of a tree, depth first. */
export function leaves<Leaf = Tensor>(tree: unknown): Leaf[] {
  const found: Leaf[] = [];
  const visit = (value: unknown): void => {
    if (!isBranch(value)) found.push(value as Leaf);
    else for (const key of keysOf(value)) visit((value as Record<string, unknown>)[key]);
  };
  visit(tree);
  return found;
}

/**
 * Calls `f` with the leaves that stand at the same place in each tree; the result has the nesting of the first.
 *
 * @throws TensorError when a later tree lacks a place that the first one has.
 */
export function mapTree<T, To>(
  f: (leaf: never, ...others: never[]) => To,
  tree: T,
  ...others: readonly unknown[]
): MapTree<T, To> {
  const visit = (value: unknown, rest: readonly unknown[], path: string): unknown => {
    if (!isBranch(value)) return (f as (...leaves: unknown[]) => To)(value, ...rest);
    const next = (key: string): unknown => {
      const below = rest.map((other) => {
        if (!isBranch(other) || !(key in other))
          throw new TensorError(
            'mapTree',
            `the trees differ: ${path ? `${path}/` : ''}${key} is missing in one of them.`,
          );
        return (other as Record<string, unknown>)[key];
      });
      return visit((value as Record<string, unknown>)[key], below, path ? `${path}/${key}` : key);
    };
    if (Array.isArray(value)) return value.map((_, index) => next(String(index)));
    return Object.fromEntries(keysOf(value).map((key) => [key, next(key)]));
  };
  return visit(tree, others, '') as MapTree<T, To>;
}

/**
 * A tree with the nesting of `like` and these leaves, depth first.
 *
 * @throws TensorError when there are more or fewer leaves than `like` has
 */
export function unflatten<T>(like: T, flat: readonly unknown[]): T {
  let position = 0;
  const rebuilt = mapTree(() => flat[position++], like);
  if (position !== flat.length)
    throw new TensorError('unflatten', `${flat.length} leaves for a tree of ${position}.`);
  return rebuilt as T;
}

/**
 * Says that nobody will read these tensors again. Nothing has to be discarded: tensors that nobody holds are collected like everything else. But what still
 * lies in the memory of a compiled function is copied when that function is released, unless it has been discarded before; for an optimiser's
 * state that is twice the size of the parameters.
 *
 * @param tree tensors, and anything else, which is left alone. Reading one of the tensors afterwards throws a TensorError.
 */
export function discard(tree: unknown): void {
  for (const leaf of leaves<unknown>(tree)) if (leaf instanceof Tensor) leaf.discard();
}
