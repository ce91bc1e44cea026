/**
 * The files that the wasm engine needs besides this code: the kernels and the code of its threads. Here, in the sources, they are files
 * beside it. The published build puts `embedded.ts` in the place of this module (`scripts/bundle.mjs`), which carries them in itself, so that no
 * bundler, server or import map has a file to find.
 */
import { TensorError } from '../../errors.js';
import { nodeModule } from '../environment.js';

/** The builds of the kernels: threads; threads and relaxed SIMD; one thread and memory of its own. */
export type KernelBuild = 'engine' | 'engine-relaxed' | 'engine-single';

/** The module of a build. @throws TensorError when it is not there */
export async function kernelBytes(build: KernelBuild): Promise<Uint8Array<ArrayBuffer>> {
  // Spelled out, so that bundlers find the files.
  const url = {
    engine: new URL('../../../wasm/engine.wasm', import.meta.url),
    'engine-relaxed': new URL('../../../wasm/engine-relaxed.wasm', import.meta.url),
    'engine-single': new URL('../../../wasm/engine-single.wasm', import.meta.url),
  }[build];
  if (url.protocol === 'file:') {
    const { readFile } = await nodeModule('node:fs/promises');
    try {
      return new Uint8Array(await readFile(url));
    } catch {
      throw new TensorError('wasm', `the kernels ${url.pathname} are missing. Build them: npm run build.`);
    }
  }
  const response = await fetch(url);
  if (!response.ok)
    throw new TensorError('wasm', `the kernels could not be loaded from ${url.href} (${response.status}).`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Where Node finds the code of a thread. */
export const threadAddress = async (): Promise<URL> => new URL('./worker.js', import.meta.url);

/** A thread of a browser, loading its code. */
export const browserThread = async (): Promise<Worker> =>
  new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
