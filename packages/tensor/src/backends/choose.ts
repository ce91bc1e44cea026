/**
 * Making backends, and the one that is used when nobody names one. Backends are loaded on demand: a program that uses one of them
 * does not load the others.
 */
import { evaluate, evaluateSync } from '../compile/evaluate.js';
import type { Precision } from '../dtype.js';
import { TensorError } from '../errors.js';
import { setEngine } from '../graph/engine.js';
import type { Backend, BackendName } from './backend.js';
import { gpuModes, isGpuRequest, modeOf, type GpuRequest } from './gpu/modes.js';

/** What a backend may be told when it is made; each option concerns the backend that it names. */
export interface BackendOptions {
  /** Threads of the `wasm` backend; all processors by default. */
  readonly threads?: number;
  /** `float64` evaluates in double precision; `reference` only. */
  readonly precision?: Precision;
  /** `false` keeps the `wasm` backend to plain SIMD; by default relaxed SIMD is used where the machine has it. */
  readonly relaxed?: boolean;
}

/** What can be asked for: a backend, the gpu backend in a mode of GPU.js, or `auto`: a real graphics processor if there is one, else `wasm`. */
export type BackendRequest = BackendName | GpuRequest | 'auto';

/**
 * Makes a backend.
 *
 * @throws TensorError when the backend that was asked for cannot run here; `auto` never falls to `reference` silently: what was
 *   chosen stands in `description`.
 */
export async function createBackend(
  request: BackendRequest = 'auto',
  options: BackendOptions = {},
): Promise<Backend> {
  switch (request) {
    case 'reference': {
      const { createReferenceBackend } = await import('./reference/backend.js');
      return createReferenceBackend(options);
    }
    case 'auto':
      return (await realGpuBackend()) ?? createBackend('wasm', options);
    case 'wasm': {
      const { createWasmBackend } = await import('./wasm/backend.js');
      return createWasmBackend(options);
    }
    default:
      if (isGpuRequest(request)) {
        const { createGpuBackend } = await import('./gpu/backend.js');
        return createGpuBackend(modeOf(request));
      }
      throw new TensorError(
        'createBackend',
        `there is no backend "${String(request)}" here. Known: auto, wasm, reference, gpu, gpu:${gpuModes.join(', gpu:')}.`,
      );
  }
}

/**
 * The gpu backend, where there is a real graphics processor that it can use. Elsewhere neither it nor GPU.js is loaded, so that looking costs nothing.
 */
async function realGpuBackend(): Promise<Backend | undefined> {
  const { hasRealAdapter } = await import('./gpu/adapter.js');
  if (!(await hasRealAdapter())) return undefined;
  const { createGpuBackend } = await import('./gpu/backend.js');
  try {
    return await createGpuBackend('webgpu');
  } catch (error) {
    if (!(error instanceof TensorError)) throw error;
    return undefined;
  }
}

let current: Backend | undefined;

/**
 * Sets the backend that reads values and runs compiled functions unless they name another. Accepts a backend or a name.
 * Returns the backend.
 *
 * @throws TensorError when the backend does not exist or cannot run on this machine
 */
export async function setBackend(
  backend: Backend | BackendRequest,
  options: BackendOptions = {},
): Promise<Backend> {
  const chosen = typeof backend === 'string' ? await createBackend(backend, options) : backend;
  current = chosen;
  setEngine({
    evaluate: (tensors) => evaluate(tensors, chosen),
    evaluateSync: (tensors) => evaluateSync(tensors, chosen),
  });
  return chosen;
}

/** The current backend; `auto` on first use. */
export const chooseBackend = async (): Promise<Backend> => current ?? setBackend('auto');

/** The current backend; throws when none has been chosen yet. */
export function currentBackend(operation: string): Backend {
  if (!current)
    throw new TensorError(operation, "no backend has been chosen yet. First: await setBackend('auto').");
  return current;
}
