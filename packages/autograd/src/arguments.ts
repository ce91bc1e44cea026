/** Arguments of differentiated functions: trees whose leaves are tensors. */
import {
  leavesWithPaths,
  showShape,
  Tensor,
  TensorError,
  unflatten,
  zeros,
  type MapTree,
} from '@capsnet/tensor';
import { independent } from './walk.js';

/** `instanceof` alone would make a tensor of unknown shape of an unknown value. */
export const isTensor = (value: unknown): value is Tensor => value instanceof Tensor;

/** A tree of arguments with a node of its own for every leaf. */
export interface Sources<T> {
  /** The tree to call the function with. */
  readonly tree: T;
  /** Its leaves, depth first. */
  readonly leaves: readonly Tensor[];
}

/**
 * Replaces every leaf by an independent node.
 *
 * @throws TensorError when a leaf is not a tensor of floats: there is no derivative by an index or a plain number
 */
export function sourcesOf<T>(operation: string, tree: T): Sources<T> {
  const sources = tensorsOf(operation, tree, 'the arguments to differentiate by').map(independent);
  return { tree: unflatten<T>(tree, sources), leaves: sources };
}

/**
 * The leaves of a tree of float tensors.
 *
 * @throws TensorError naming the leaf that is none
 */
export function tensorsOf(operation: string, tree: unknown, what: string): Tensor[] {
  return leavesWithPaths(tree).map(({ path, leaf }) => {
    const name = path === '' ? '' : ` ${path}`;
    if (!isTensor(leaf)) {
      throw new TensorError(
        operation,
        `${what}${name}: found ${leaf === null ? 'null' : typeof leaf}, wanted a tensor. A number becomes one by scalar(x).`,
      );
    }
    if (leaf.dtype !== 'float32') {
      throw new TensorError(
        operation,
        `${what}${name}: ${leaf.dtype} ${showShape(leaf.shape)} has no derivative. Pass it from outside the function, or cast it to float32.`,
      );
    }
    return leaf;
  });
}

/** Cotangents in the nesting of `like`, zeros where there are none. */
export function gradientTree<T>(
  like: T,
  sources: readonly Tensor[],
  cotangents: readonly (Tensor | undefined)[],
): MapTree<T, Tensor> {
  const filled = sources.map((source, k) => cotangents[k] ?? zeros(source.shape));
  return unflatten<unknown>(like, filled) as MapTree<T, Tensor>;
}
