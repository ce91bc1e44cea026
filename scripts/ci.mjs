// What .ci/run runs: `npm test`, then every hook in scripts/ci/ (*.sh, *.mjs), then the sum of all counts.
//
// A hook checks what needs more than the fast suite has: reference data, a browser, minutes. It prints, as its last
// line that looks so, `N passed, N failed` (perhaps more behind it); its exit code is not 0 if anything failed. At its head, a line of a comment
// `needs: chromium` names packages of Debian that it needs (they are installed while the suite runs), and a line `runs beside others: ...` says why it
// may share the machine: it measures no time, and leaves a core idle for much of its own. Two of those run at once, first; all others run alone.
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { checked, hooks, provide, runHook } from './lib/hooks.mjs';
import { inLanes } from './lib/lanes.mjs';
import { root, run } from './lib/process.mjs';
import { requireNode } from './lib/setup.mjs';
import { turbo } from './lib/turbo.mjs';

/** @typedef {import('./lib/hooks.mjs').Counts} Counts */

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

requireNode('develop');
/** @type {Map<string, { counts: Counts, seconds: number }>} */
const results = new Map();
/** @param {string} name @param {() => Promise<Counts>} work */
async function timed(name, work) {
  const started = Date.now();
  const counts = await work();
  results.set(name, { counts, seconds: Math.round((Date.now() - started) / 1000) });
}

const all = hooks();
const packages = provide(all.flatMap(({ needs }) => needs));
await timed('npm test', suite);
const missing = await packages;

// One build for all hooks: each would ask for it, and two at once would write over each other's files.
const built = (await turbo(['build'], { quiet: true })).code === 0;
const env = built ? { ...process.env, CAPSNET_BUILT: 'yes' } : process.env;
/** @param {import('./lib/hooks.mjs').Hook} hook @param {boolean} quiet */
const start = (hook, quiet) =>
  timed(`scripts/ci/${hook.name}`, async () =>
    hook.needs.some((name) => missing.has(name)) ? { passed: 0, failed: 1 } : runHook(hook, { quiet, env }),
  );

const lanes = built ? Math.min(2, availableParallelism()) : 1;
const shared = all.filter(({ beside }) => beside);
await inLanes(
  shared.map((hook) => () => start(hook, lanes > 1)),
  lanes,
);
for (const hook of all) if (!hook.beside) await start(hook, false);

console.log('');
const byName = ['npm test', ...all.map(({ name }) => `scripts/ci/${name}`)];
const total = { passed: 0, failed: 0 };
for (const name of byName) {
  const { counts, seconds } = results.get(name) ?? { counts: { passed: 0, failed: 1 }, seconds: 0 };
  console.log(`${name}: ${counts.passed} passed, ${counts.failed} failed (${seconds} s)`);
  for (const failure of counts.failures ?? []) console.log(`  - ${failure}`);
  total.passed += counts.passed;
  total.failed += counts.failed;
}
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 ? 0 : 1);
