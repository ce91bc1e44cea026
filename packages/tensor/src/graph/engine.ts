/**
 * The engine that values are computed with when a tensor is read: held here, set by `setBackend`, loaded on
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

/** The engine in use, the automatic choice when none has been made. */
export async function loadEngine(): Promise<Engine> {
  if (!engine) {
    const { setBackend } = await import('../backends/choose.js');
    await setBackend('auto');
  }
  return engine!;
}
