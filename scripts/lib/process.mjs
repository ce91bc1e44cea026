// Starting other programs, with their output shown, or kept for when something goes wrong.
import { spawn } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/**
 * Runs a program from the repository's root to its end, without standard input.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ quiet?: boolean, shell?: boolean, keep?: boolean, env?: NodeJS.ProcessEnv }} [options]
 *   `quiet` collects the output instead of showing it; `keep` shows and collects it.
 * @returns {Promise<{ code: number, output: string }>} exit code (1 when a signal ended it) and collected output
 */
export function run(command, args, { quiet = false, shell = false, keep = false, env = process.env } = {}) {
  return new Promise((resolved) => {
    const piped = quiet || keep;
    const child = spawn(command, args, {
      cwd: root,
      env,
      shell,
      stdio: piped ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    });
    let output = '';
    for (const [stream, shown] of /** @type {const} */ ([
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ])) {
      stream?.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
        output += text;
        if (!quiet) shown.write(text);
      });
    }
    child.on('error', (error) => resolved({ code: 1, output: `${output}${command}: ${error.message}\n` }));
    child.on('close', (code) => resolved({ code: code ?? 1, output }));
  });
}
