// Turbo runs the tasks of the packages in the order of their dependencies and remembers their results by the contents
// of their files. It keeps to this machine: no telemetry, no look for updates.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './process.mjs';

/** @typedef {{ task: string, package: string, code: number | undefined, cached: boolean }} Task a task; no code: never ran */

const environment = {
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
  TURBO_NO_UPDATE_NOTIFIER: '1',
  // What one version of Node passed says nothing about another: the version is part of every task's key.
  CAPSNET_NODE: `${process.version} ${process.platform} ${process.arch}`,
};

/**
 * Runs tasks of the workspace.
 *
 * @param {string[]} args names of tasks, and options of `turbo run`
 * @param {{ quiet?: boolean }} [options] `quiet` collects the output instead of showing it
 * @returns {Promise<{ code: number, output: string, tasks: Task[] }>}
 */
export async function turbo(args, { quiet = false } = {}) {
  const summaries = join(root, '.turbo', 'runs');
  rmSync(summaries, { recursive: true, force: true });
  const binary = join(root, 'node_modules', 'turbo', 'bin', 'turbo');
  // Where nobody looks at a terminal, colours are noise.
  const plain = process.stdout.isTTY ? {} : { NO_COLOR: '1', FORCE_COLOR: undefined };
  const { code, output } = await run(process.execPath, [binary, 'run', '--summarize=true', ...args], {
    quiet,
    env: { ...process.env, ...environment, ...plain },
  });
  const file = existsSync(summaries)
    ? readdirSync(summaries).find((name) => name.endsWith('.json'))
    : undefined;
  const summary =
    file === undefined ? { tasks: [] } : JSON.parse(readFileSync(join(summaries, file), 'utf8'));
  const tasks = summary.tasks
    .filter((/** @type {any} */ entry) => entry.command !== '<NONEXISTENT>')
    .map((/** @type {any} */ entry) => ({
      task: entry.task,
      package: entry.package ?? '//',
      code: entry.execution?.exitCode,
      cached: entry.cache?.status === 'HIT',
    }));
  return { code, output, tasks };
}
