/**
 * Starting the backend that `--backend` and `--threads` ask for.
 */
import { TensorError, setBackend, type Backend } from '@capsnet/tensor';
import { UserError } from '../errors.js';
import type { EngineFlags } from '../options/flags.js';
import type { Console } from '../output/console.js';

/**
 * The backend, set for the whole process.
 *
 * @throws UserError when it cannot run on this machine
 */
export async function startBackend(
  { backend: request, threads }: EngineFlags,
  console: Console,
): Promise<Backend> {
  try {
    const backend = await setBackend(request, threads === undefined ? {} : { threads });
    if (backend.name === 'reference' && threads !== undefined && threads > 1) {
      console.warn(`--threads ${threads} has no effect: the reference backend computes on one thread.`);
    }
    return backend;
  } catch (error) {
    if (!(error instanceof TensorError)) throw error;
    throw new UserError(`--backend ${request}: ${error.message} See what runs here: capsnet doctor.`);
  }
}
