// The hooks of .ci/run: what each says of itself at its head, the packages of the system that they need, and running them.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './process.mjs';

const folder = join(root, 'scripts', 'ci');

/**
 * @typedef {{ passed: number, failed: number, failures?: string[] }} Counts `failures`: what failed, by name, as far as it was told
 * @typedef {{ name: string, needs: string[], beside: boolean }} Hook `needs`: Debian's packages. `beside`: another hook may run at the same time.
 */

/** All hooks, by name. @returns {Hook[]} */
export const hooks = () =>
  readdirSync(folder)
    .filter((name) => /\.(sh|mjs)$/.test(name))
    .sort()
    .map((name) => {
      const head = readFileSync(join(folder, name), 'utf8').split('\n').slice(0, 10).join('\n');
      const needs = /^\W*needs: (.+)$/m.exec(head)?.[1]?.split(/[\s,]+/) ?? [];
      return { name, needs, beside: /^\W*runs beside others/m.test(head) };
    });

/**
 * Counts that agree with the exit code: a failure that was not counted is still one.
 * @param {number} code
 * @param {Counts | undefined} counts
 * @returns {Counts}
 */
export function checked(code, counts) {
  if (counts === undefined) return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

/**
 * Puts Debian's packages in place. What is installed stays as it is.
 * @param {readonly string[]} packages
 * @returns {Promise<Set<string>>} those that could not be had, after a message that says why
 */
export async function provide(packages) {
  const there = async (/** @type {string} */ name) =>
    (await run(name, ['--version'], { quiet: true })).code === 0 ||
    (await run('dpkg', ['-s', name], { quiet: true })).code === 0;
  const missing = [];
  for (const name of new Set(packages)) if (!(await there(name))) missing.push(name);
  if (missing.length === 0) return new Set();
  console.log(`installing ${missing.join(', ')} (apt-get) ...`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const update = await run('apt-get', ['update', '-qq'], { quiet: true, env });
  const failed = new Set();
  for (const name of missing) {
    const install = await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], {
      quiet: true,
      env,
    });
    if (install.code === 0) continue;
    failed.add(name);
    console.log(`${update.output}${install.output}\n${name} is missing and could not be installed`);
  }
  return failed;
}

/**
 * Runs a hook to its end.
 * @param {Hook} hook
 * @param {{ quiet: boolean, env: NodeJS.ProcessEnv }} options `quiet`: its output is shown when it has ended, not before
 * @returns {Promise<Counts>}
 */
export async function runHook({ name }, { quiet, env }) {
  const title = `\n--- scripts/ci/${name}`;
  console.log(quiet ? `started scripts/ci/${name}` : title);
  const file = join(folder, name);
  const { code, output } = await run(name.endsWith('.sh') ? 'bash' : process.execPath, [file], {
    ...(quiet ? { quiet } : { keep: true }),
    env,
  });
  if (quiet) console.log(`${title}\n${output.trimEnd()}`);
  const last = [...output.matchAll(/^(\d+) passed, (\d+) failed/gm)].at(-1);
  const failures = output.split('\n').filter((line) => line.startsWith('FAILED'));
  return checked(code, last && { passed: Number(last[1]), failed: Number(last[2]), failures });
}
