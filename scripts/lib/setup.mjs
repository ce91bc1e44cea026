// What has to stand before anything runs: a Node that is new enough, the dependencies of the lock file, the build.
// Only Node's own modules are used here: on a fresh clone there is nothing else. All messages go to standard error,
// so that a command's standard output stays its own.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './process.mjs';
import { turbo } from './turbo.mjs';

/** One line of progress. @param {string} text */
const say = (text) => process.stderr.write(`[setup] ${text}\n`);

/**
 * Stops with one sentence when this Node is too old: the packages run on 20.0, but what tests and checks them (vite
 * under vitest, dependency-cruiser) wants the later releases of 20 and 22.
 * @param {'run' | 'develop'} purpose
 */
export function requireNode(purpose) {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const runs = major >= 20;
  const develops = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;
  if (purpose === 'run' ? runs : develops) return;
  process.stderr.write(
    `capsnet: Node ${process.versions.node} is too old: ` +
      (purpose === 'run' ? '20 or newer is needed. ' : 'the tests and checks need 20.19, 22.12 or newer. ') +
      'Install it from https://nodejs.org (or `nvm install 20`) and run the command again.\n',
  );
  process.exit(1);
}

/**
 * Whether node_modules holds what package-lock.json asks for. npm keeps its own account of what it installed in
 * node_modules/.package-lock.json, written last; comparing the two needs no stamp of ours, sees a changed lock file,
 * an interrupted install and an install by hand alike.
 */
function installed() {
  const account = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(account)) return false;
  const read = (/** @type {string} */ file) => JSON.parse(readFileSync(file, 'utf8')).packages;
  const wanted = read(join(root, 'package-lock.json'));
  const present = read(account);
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes('node_modules/')) return true;
    const found = present[path];
    // Binaries of other platforms and what only they need are in the lock file, and rightly not on the disk.
    if (found === undefined) return Boolean(entry.optional || entry.devOptional || entry.peer);
    return entry.link ? found.link === true : found.version === entry.version;
  });
}

/**
 * Installs the dependencies, unless they are there.
 * @param {'run' | 'develop'} purpose what comes next, see requireNode
 */
export async function install(purpose) {
  requireNode(purpose);
  if (installed()) return;
  say('installing the dependencies (npm ci; the first time takes a minute or so) ...');
  const started = Date.now();
  // npm names itself to the scripts that it runs; without it (`node scripts/start.mjs`) the one on the path serves.
  const own = process.env.npm_execpath ?? '';
  const [command, ...first] = /npm-cli\.c?js$/.test(own) ? [process.execPath, own] : ['npm'];
  const { code, output } = await run(
    command,
    [...first, 'ci', '--include=dev', '--include=optional', '--no-fund', '--no-audit', '--loglevel=error'],
    { quiet: true, shell: command === 'npm' && process.platform === 'win32' },
  );
  if (code !== 0) {
    process.stderr.write(output);
    say(
      'npm ci failed (above). It needs the npm registry once: check the network, then run the command again.',
    );
    process.exit(1);
  }
  say(`installed in ${((Date.now() - started) / 1000).toFixed(0)} s`);
}

/** Builds AssemblyScript and TypeScript of every package; what has not changed comes from turbo's cache. */
export async function build() {
  // .ci/run has built everything: hooks that run at the same time must not write over each other's files.
  if (process.env.CAPSNET_BUILT) return;
  const started = Date.now();
  const { code, output, tasks } = await turbo(['build'], { quiet: true });
  if (code !== 0) {
    process.stderr.write(output);
    say('the build failed (above)');
    process.exit(1);
  }
  const fresh = tasks.filter((task) => !task.cached).length;
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  say(`${fresh === 0 ? 'build up to date' : `built ${fresh} of ${tasks.length} packages`} (${seconds} s)`);
}

/** Everything that running needs, in order. */
export async function setup() {
  await install('run');
  await build();
}
