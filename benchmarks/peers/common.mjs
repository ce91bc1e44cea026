// What the peers in JavaScript share: where their packages are, the hashed numbers of the comparison, and the conversation with the benchmark.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

/** Something to time; a run ends when its results are there. `losses`: the first ones of a training. @typedef {{ run: () => Promise<unknown>, losses: readonly number[] }} Work */

/**
 * A package and its version, from the `node_modules` of the folder that `CAPSNET_PEERS` names, without it from here. A package that is missing ends the process with
 * a sentence.
 * @param {string} name
 * @param {string} [entry] of the package's folder, where it is not what `require` finds
 * @returns {{ file: string, version: string, load: () => Promise<any> }}
 */
export function peerPackage(name, entry) {
  const folder = process.env['CAPSNET_PEERS'];
  const { resolve: find } = createRequire(folder ? join(resolve(folder), 'peers.cjs') : import.meta.url);
  try {
    const found = find(name);
    const root = found.slice(
      0,
      found.lastIndexOf(join('node_modules', name)) + join('node_modules', name).length,
    );
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const file = entry ? join(root, entry) : found;
    return { file, version, load: () => import(pathToFileURL(file).href) };
  } catch (error) {
    console.error(/** @type {Error} */ (error).message.split('\n')[0]);
    process.exit(1);
  }
}

/** Numbers in [low, high) from a 32-bit mix of position and seed. @param {number} count @param {number} seed @param {number} low @param {number} high */
export const hashed = (count, seed, low, high) =>
  Float32Array.from({ length: count }, (_, position) => {
    let x = Math.imul(position, 2654435761) + Math.imul(seed, 40503);
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return low + ((high - low) * ((x ^ (x >>> 16)) >>> 0)) / 2 ** 32;
  });

/**
 * Says hello, then answers each request, a JSON object a line, with { milliseconds, losses }. The work is made anew when another is asked for.
 * @param {{ version: string, device: string, remark: string }} hello what a reader of the figures must know
 * @param {{ training: (batch: number) => Work, inference: (batch: number) => Work, product: (shape: [number, number, number], transposed?: 'a' | 'b') => Work }} works
 *   of Efficient-CapsNet, and [m, k] x [k, n]
 */
export async function serve(hello, { training, inference, product }) {
  const workOf = (/** @type {any} */ { task, batch, shape, transposed }) =>
    task === 'product'
      ? product(shape, transposed)
      : { training, inference }[/** @type {'training'} */ (task)](batch);
  const answer = (/** @type {object} */ line) => console.log(JSON.stringify(line));
  answer({ ...hello, models: ['efficient-capsnet'], kernels: ['product'] });
  let current = { asked: '', work: /** @type {Work} */ ({ run: async () => undefined, losses: [] }) };
  for await (const line of createInterface({ input: process.stdin })) {
    const { runs, ...request } = JSON.parse(line);
    const asked = JSON.stringify(request);
    if (asked !== current.asked) current = { asked, work: workOf(request) };
    const { run, losses } = current.work;
    const milliseconds = [];
    for (let index = 0; index < runs; index++) {
      const began = performance.now();
      await run();
      milliseconds.push(performance.now() - began);
    }
    answer({ milliseconds, losses });
  }
  process.exit(0);
}
