// What .ci/run runs: `npm test`, then every hook in scripts/ci/ (*.sh, *.mjs) by name, then the sum of all counts.
//
// A hook checks what needs more than the fast suite has: reference data, a browser, minutes. It prints, as its last
// line that looks so, `N passed, N failed` (perhaps more behind it); its exit code is not 0 if anything failed. A line
// `needs: chromium` in a comment at its head has the browser installed before it starts (Debian's package, if it is missing).
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './lib/process.mjs';
import { requireNode } from './lib/setup.mjs';

/** @typedef {{ passed: number, failed: number }} Counts */

/**
 * Counts that agree with the exit code: a failure that was not counted is still one.
 * @param {number} code
 * @param {Counts | undefined} counts
 * @returns {Counts}
 */
function checked(code, counts) {
  if (counts === undefined) return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

/** @returns {Promise<Counts>} */
async function suite() {
  // Results remembered from an earlier run prove nothing here.
  const { code } = await run('npm', ['test', '--', '--force']);
  try {
    return checked(code, JSON.parse(readFileSync(join(root, '.reports', 'summary.json'), 'utf8')));
  } catch {
    return { passed: 0, failed: 1 };
  }
}

/** Puts Debian's chromium in place; false, with a message, when that cannot be done. */
async function provideChromium() {
  if ((await run('chromium', ['--version'], { quiet: true })).code === 0) return true;
  console.log('installing chromium (apt-get) ...');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const update = await run('apt-get', ['update', '-qq'], { quiet: true, env });
  const install = await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
    quiet: true,
    env,
  });
  if (install.code === 0) return true;
  console.log(`${update.output}${install.output}\nchromium is missing and could not be installed`);
  return false;
}

/**
 * @param {string} name a file in scripts/ci
 * @returns {Promise<Counts>}
 */
async function hook(name) {
  const file = join(root, 'scripts', 'ci', name);
  const head = readFileSync(file, 'utf8').split('\n').slice(0, 10).join('\n');
  if (/needs: chromium/.test(head) && !(await provideChromium())) return { passed: 0, failed: 1 };
  const { code, output } = await run(name.endsWith('.sh') ? 'bash' : process.execPath, [file], {
    keep: true,
  });
  const last = [...output.matchAll(/^(\d+) passed, (\d+) failed/gm)].at(-1);
  return checked(code, last && { passed: Number(last[1]), failed: Number(last[2]) });
}

requireNode('develop');
/** @type {[string, Counts][]} */
const results = [['npm test', await suite()]];
for (const name of readdirSync(join(root, 'scripts', 'ci')).sort()) {
  if (!/\.(sh|mjs)$/.test(name)) continue;
  console.log(`\n--- scripts/ci/${name}`);
  results.push([`scripts/ci/${name}`, await hook(name)]);
}

console.log('');
for (const [name, { passed, failed }] of results) console.log(`${name}: ${passed} passed, ${failed} failed`);
const sum = (/** @type {'passed' | 'failed'} */ key) =>
  results.reduce((total, [, counts]) => total + counts[key], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
process.exit(sum('failed') === 0 ? 0 : 1);
