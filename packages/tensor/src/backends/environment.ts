/** Where this runs, and the modules of Node for those parts that run there only. */
import type * as fs from 'node:fs';
import type * as promises from 'node:fs/promises';
import type * as os from 'node:os';
import type * as v8 from 'node:v8';
import type * as threads from 'node:worker_threads';

export const isNode = (): boolean =>
  typeof process === 'object' && typeof process.versions?.node === 'string';

/** The modules of Node that backends use. */
interface NodeModules {
  'node:fs': typeof fs;
  'node:fs/promises': typeof promises;
  'node:os': typeof os;
  'node:v8': typeof v8;
  'node:worker_threads': typeof threads;
}

/**
 * A module of Node. The name is a variable on purpose: a bundler for browsers that saw it would look for the module, and some would fail
 * (webpack knows no `node:` scheme). Call it behind `isNode()`.
 */
export const nodeModule = <Name extends keyof NodeModules>(name: Name): Promise<NodeModules[Name]> =>
  import(/* webpackIgnore: true */ /* @vite-ignore */ name) as Promise<NodeModules[Name]>;
