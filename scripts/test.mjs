// `npm test`: set-up, then types, lint and the fast tests of every package, then one summary.
// Packages' tests run one package after the other, each on two workers: engine threads that spin at a barrier want
// their cores. More arguments go to turbo: `npm test -- --filter=@capsnet/tensor`, `npm test -- --force`.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { collect, forget } from './lib/results.mjs';
import { root } from './lib/process.mjs';
import { install } from './lib/setup.mjs';
import { turbo } from './lib/turbo.mjs';

const started = Date.now();
const args = process.argv.slice(2);
const summary = join(root, '.reports', 'summary.json');

await install('develop');
rmSync(summary, { force: true });
forget();
const checks = await turbo([
  ...['typecheck', 'typecheck:workspace', 'lint', 'lint:workspace'],
  ...['--continue=always', '--output-logs=errors-only', ...args],
]);
const tests = await turbo([
  ...['build', 'test', '--concurrency=1'],
  ...['--continue=dependencies-successful', '--output-logs=new-only', ...args],
]);

const { text, passed, failed, skipped, failures } = collect([...checks.tasks, ...tests.tasks]);
// Turbo itself may fail (a bad turbo.json, a wrong filter): then there is no task to blame, and it still counts.
const unexplained = failed === 0 && (checks.code !== 0 || tests.code !== 0) ? 1 : 0;
mkdirSync(join(root, '.reports'), { recursive: true });
writeFileSync(summary, JSON.stringify({ passed, failed: failed + unexplained, skipped, failures }));
const seconds = ((Date.now() - started) / 1000).toFixed(0);
console.log(
  `\n${text}\n\n${passed} passed, ${failed + unexplained} failed, ${skipped} skipped (${seconds} s)` +
    (unexplained ? '\nturbo failed outside of any task: see its message above' : ''),
);
process.exit(failed + unexplained === 0 ? 0 : 1);
