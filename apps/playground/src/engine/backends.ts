/** The backend that the worker computes on. */
import { createBackend, setBackend, type Backend } from '@capsnet/tensor';
import type { BackendChoice, EngineInfo } from '../protocol.js';

/**
 * Starts a backend and makes it the current one.
 *
 * @throws TensorError when it cannot run here
 */
export async function startBackend(choice: BackendChoice): Promise<{ backend: Backend; info: EngineInfo }> {
  const backend =
    choice === 'wasm-1' ? await createBackend('wasm', { threads: 1 }) : await createBackend(choice);
  await setBackend(backend);
  return {
    backend,
    info: { choice, description: backend.description, isolated: globalThis.crossOriginIsolated },
  };
}
