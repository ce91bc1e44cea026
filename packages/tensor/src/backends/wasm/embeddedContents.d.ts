/** What `scripts/bundle.mjs` writes into the published build for `embedded.ts`. */
import type { KernelBuild } from './files.js';

/** The build `engine`: gzip, as base64. */
export const kernels: string;

/** The other builds, as what differs from `engine`. */
export const patches: Readonly<Record<Exclude<KernelBuild, 'engine'>, Patch>>;

/** The code of a thread. */
export const thread: string;

export interface Patch {
  /** Triples: so many bytes of `literals`, then from this position of `engine` so many bytes. */
  readonly steps: readonly number[];
  /** base64 */
  readonly literals: string;
}
