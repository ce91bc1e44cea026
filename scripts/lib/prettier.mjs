// One place says which files prettier looks after, for `format` and `lint` alike.
import { join } from 'node:path';
import { root, run } from './process.mjs';

const files = ['**/*.{ts,mts,cts,js,mjs,cjs,json,html,css}'];

/**
 * @param {'--write' | '--check'} mode
 * @returns {Promise<number>} exit code
 */
export async function prettier(mode) {
  const binary = join(root, 'node_modules', 'prettier', 'bin', 'prettier.cjs');
  const options = ['--cache', '--cache-strategy=content', '--log-level=warn'];
  const { code } = await run(process.execPath, [binary, mode, ...options, ...files]);
  return code;
}
