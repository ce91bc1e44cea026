// From tasks and vitest's JSON reports to one table and three numbers. A type check, a lint run and a build count as
// one test each; a package whose tests left no report counts as one failure.
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './process.mjs';

/** Folders of the workspace's packages by name. */
function packageFolders() {
  const folders = ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(root, group), { withFileTypes: true })
      .filter((entry) => existsSync(join(root, group, entry.name, 'package.json')))
      .map((entry) => join(root, group, entry.name)),
  );
  folders.push(join(root, 'docs'));
  return new Map(
    folders.map((folder) => [JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name, folder]),
  );
}

const report = (/** @type {string} */ folder) => join(folder, '.reports', 'vitest.json');

/** Removes the reports of earlier runs (turbo puts those of unchanged packages back). */
export function forget() {
  for (const folder of packageFolders().values()) rmSync(report(folder), { force: true });
}

/** @typedef {{ passed: number, failed: number, skipped: number, failures: string[] }} Counts */

/**
 * What one vitest report says.
 * @param {string} folder the package's
 * @param {number | undefined} code the exit code of its test task
 * @returns {Counts}
 */
function countTests(folder, code) {
  const place = relative(root, folder);
  if (code === undefined)
    return { passed: 0, failed: 1, skipped: 0, failures: [`${place}: tests not run (a build failed)`] };
  if (!existsSync(report(folder))) {
    return { passed: 0, failed: 1, skipped: 0, failures: [`${place}: the tests ended without a report`] };
  }
  const read = JSON.parse(readFileSync(report(folder), 'utf8'));
  const failures = [];
  for (const file of read.testResults) {
    const name = relative(root, file.name);
    const failed = file.assertionResults.filter((/** @type {any} */ test) => test.status === 'failed');
    for (const test of failed) {
      const message = String(test.failureMessages?.[0] ?? '').split('\n')[0];
      failures.push(`${name} > ${[...test.ancestorTitles, test.title].join(' > ')}\n      ${message}`);
    }
    // A file that does not load fails without a failed test in it.
    if (file.status === 'failed' && failed.length === 0) {
      failures.push(`${name}\n      ${String(file.message ?? '').split('\n')[0]}`);
    }
  }
  // Exit code without a failed test: an unhandled rejection, say.
  if (code !== 0 && failures.length === 0) failures.push(`${place}: vitest ended with exit code ${code}`);
  return { passed: read.numPassedTests, failed: failures.length, skipped: read.numPendingTests, failures };
}

/**
 * @param {import('./turbo.mjs').Task[]} tasks all tasks of the run
 * @returns {{ text: string, passed: number, failed: number, skipped: number, failures: string[] }}
 */
export function collect(tasks) {
  const folders = packageFolders();
  const kinds = ['typecheck', 'lint', 'build'];
  const total = { passed: 0, failed: 0, skipped: 0 };
  /** @type {string[]} */
  const failures = [];
  /** @type {string[][]} */
  const rows = [['package', ...kinds, 'tests']];

  for (const name of [...new Set(tasks.map((task) => task.package))].sort()) {
    const own = tasks.filter((task) => task.package === name);
    /** @type {string[]} */
    const cells = kinds.map((kind) => {
      const task = own.find((each) => each.task === kind || each.task === `${kind}:workspace`);
      if (task === undefined) return '-';
      if (task.code === 0) {
        total.passed += 1;
        return task.cached ? 'ok (cached)' : 'ok';
      }
      total.failed += 1;
      failures.push(
        `${name}: ${task.task} ${task.code === undefined ? 'not run' : 'failed (its output is above)'}`,
      );
      return task.code === undefined ? 'not run' : 'FAILED';
    });
    const test = own.find((each) => each.task === 'test');
    const folder = folders.get(name);
    // Lint runs for exactly the packages that were asked for; others are here because those build on them. A task
    // that never started, because a build before it failed, is not in turbo's account.
    const wanted = own.some((each) => each.task === 'lint');
    if (folder === undefined || (test === undefined && !wanted)) {
      cells.push('-');
    } else {
      const counts = countTests(folder, test?.code);
      total.passed += counts.passed;
      total.failed += counts.failed;
      total.skipped += counts.skipped;
      failures.push(...counts.failures);
      const parts = [`${counts.passed} passed`];
      if (counts.failed > 0) parts.push(`${counts.failed} FAILED`);
      if (counts.skipped > 0) parts.push(`${counts.skipped} skipped`);
      cells.push(test === undefined ? 'not run' : parts.join(', ') + (test.cached ? ' (cached)' : ''));
    }
    rows.push([name === '//' ? 'workspace' : name, ...cells]);
  }

  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const table = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const list = failures.length === 0 ? [] : ['', 'Failed:', ...failures.map((failure) => `  - ${failure}`)];
  return { text: [...table, ...list].join('\n'), failures, ...total };
}
