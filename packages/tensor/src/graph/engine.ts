/**
 * The engine that values are computed with when a tensor is read: held here, set by `setBackend`, chosen on
 * first use otherwise. Kept apart so that building a graph pulls in no backend.
 */
import { TensorError } from '../errors.js';
import type { Tensor } from './tensor.js';
import type { Value } from './value.js';

export interface Engine {
  evaluate(tensors: readonly Tensor[]): Promise<readonly Value[]>;
  evaluateSync(tensors: readonly Tensor[]): readonly Value[];
}

let engine: Engine | undefined;

export const setEngine = (chosen: Engine | undefined): void => {
  engine = chosen;
};

/** The engine in use; throws when none has been chosen yet. */
export function currentEngine(operation: string): Engine {
  if (!engine)
    throw new TensorError(operation, "no backend has been chosen yet. First: await setBackend('auto').");
  return engine;
}

/** Makes the automatic choice; known once there is a leaf. */
let choose: (() => Promise<unknown>) | undefined;

/**
 * Makes the automatic choice available. What makes leaves (tensors of given contents) calls this: a graph begins with a leaf, so nothing can be read
 * before. And a bundle of functions on tensors that makes no leaf, say of a squash alone, has no backend in it.
 */
export function bringEngine(): void {
  choose ??= async () => (await import('../backends/choose.js')).setBackend('auto');
}

/** The engine in use, the automatic choice when none has been made. */
export async function loadEngine(): Promise<Engine> {
  if (!engine) await choose?.();
  return currentEngine('data');
}
