/**
 * Kernels and the code of the threads, carried in the code itself: what stands in the place of `files.ts` in the published build. The three
 * builds of the kernels differ in little, so one is whole and the others are patches of it: 25 kB instead of 200.
 */
import { TensorError } from '../../errors.js';
import type * as Contents from './embeddedContents.js';
import type { KernelBuild } from './files.js';

const contents = (): Promise<typeof Contents> => import('./embeddedContents.js');

const decode = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

async function inflate(gzip: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof DecompressionStream !== 'function')
    throw new TensorError(
      'wasm',
      'there is no DecompressionStream here, which unpacks the kernels. Use the reference backend, or a newer browser or runtime.',
    );
  const stream = new Blob([gzip]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Puts a file together from pieces of another one and bytes of its own. */
export function patched(
  base: Uint8Array,
  steps: readonly number[],
  literals: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const length = steps.reduce((sum, count, at) => (at % 3 === 1 ? sum : sum + count), 0);
  const result = new Uint8Array(length);
  let end = 0;
  let taken = 0;
  const append = (piece: Uint8Array): void => {
    result.set(piece, end);
    end += piece.length;
  };
  for (let at = 0; at < steps.length; at += 3) {
    const [own, from, count] = steps.slice(at, at + 3) as [number, number, number];
    append(literals.subarray(taken, (taken += own)));
    append(base.subarray(from, from + count));
  }
  return result;
}

/** The module of a build, as `files.ts` has it. */
export async function kernelBytes(build: KernelBuild): Promise<Uint8Array<ArrayBuffer>> {
  const { kernels, patches } = await contents();
  const engine = await inflate(decode(kernels));
  if (build === 'engine') return engine;
  const { steps, literals } = patches[build];
  return patched(engine, steps, decode(literals));
}

/** An address that Node starts a thread from. */
export const threadAddress = async (): Promise<URL> =>
  new URL(`data:text/javascript,${encodeURIComponent((await contents()).thread)}`);

/** A thread of a browser. Its code comes from memory, so it starts wherever this module came from, another host too. */
export async function browserThread(): Promise<Worker> {
  const { thread } = await contents();
  const url = URL.createObjectURL(new Blob([thread], { type: 'text/javascript' }));
  return new Worker(url, { type: 'module' });
}
