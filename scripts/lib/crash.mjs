// Killing a training without a warning, at a moment that is named by what the training has just written.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, watch } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from './process.mjs';

const binary = join(root, 'apps', 'cli', 'bin', 'capsnet.js');

/**
 * Numbers in [0, 1) that are the same in every run: mulberry32.
 * @param {number} seed
 */
export function numbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @typedef {{ name: string, sees: RegExp | undefined, from?: number, within: number }} Moment `sees`: the file whose
 *  change starts the clock, or the start of the process; then a time between `from` and `within` milliseconds. */

/**
 * Runs `capsnet` in a folder of a run, and kills it (SIGKILL) at a moment.
 *
 * @param {string[]} args
 * @param {string} folder of the run; made here, so that it can be watched from the start
 * @param {{ moment: Moment, random: () => number } | undefined} kill undefined: it runs to its end
 * @returns {Promise<{ killed: boolean, code: number | null, stdout: string, stderr: string, last: string }>} `last`: the file that changed last
 */
export function capsnet(args, folder, kill) {
  mkdirSync(join(folder, 'last'), { recursive: true });
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [binary, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr, last, killed] = ['', '', '', false];
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    const end = () => {
      killed = child.kill('SIGKILL');
    };
    const arm = () => {
      if (!kill || timer) return;
      const { from = 0, within } = kill.moment;
      const delay = from + kill.random() * (within - from);
      timer = setTimeout(end, delay);
      // The shortest delay of a timer is a millisecond: too long for what a rename takes.
      if (within === 0) end();
    };
    const watchers = [folder, join(folder, 'last')].map((directory) =>
      watch(directory, (_event, name) => {
        if (killed) return;
        last = `${directory === folder ? '' : 'last/'}${(name ?? '').replace(/\.\d+\.tmp$/, '.tmp')}`;
        if (kill?.moment.sees?.test(last)) arm();
      }),
    );
    if (kill && kill.moment.sees === undefined) arm();
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
      resolve({ killed: signal === 'SIGKILL', code, stdout, stderr, last });
    });
  });
}

const hash = (/** @type {Uint8Array} */ bytes) => createHash('sha256').update(bytes).digest('hex');

/**
 * The parts of a safetensors file, by the format's description; throws when it is not whole.
 * @param {string} file
 */
function tensors(file) {
  const bytes = readFileSync(file);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length));
  const { __metadata__: _notes, ...entries } = header;
  const ends = Object.values(entries).map((/** @type {any} */ entry) => entry.data_offsets[1]);
  const size = 8 + length + Math.max(0, ...ends);
  if (size !== bytes.length)
    throw new Error(`${basename(file)} has ${bytes.length} bytes, its header says ${size}`);
  return { header: JSON.stringify(entries), data: bytes.subarray(8 + length) };
}

/**
 * What is wrong in the folder of a run that was killed: every file under its own name is whole.
 * @param {string} folder
 * @returns {string[]}
 */
export function damages(folder) {
  const problems = [];
  for (const name of [
    'best.safetensors',
    'last.safetensors',
    'last/checkpoint.safetensors',
    'last/previous.safetensors',
  ]) {
    try {
      if (existsSync(join(folder, name))) tensors(join(folder, name));
    } catch (error) {
      problems.push(`${name}: ${/** @type {Error} */ (error).message}`);
    }
  }
  try {
    if (existsSync(join(folder, 'config.json')))
      JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
    metrics(folder);
  } catch (error) {
    problems.push(`config.json or metrics.jsonl: ${/** @type {Error} */ (error).message}`);
  }
  return problems;
}

/**
 * The lines of the metrics without what a clock measured.
 * @param {string} folder
 * @returns {unknown[]}
 */
export function metrics(folder) {
  const file = join(folder, 'metrics.jsonl');
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  return lines.map((line) => {
    const { imagesPerSecond: _rate, seconds: _seconds, valSeconds: _test, ...rest } = JSON.parse(line);
    return rest;
  });
}

/**
 * Epochs that are complete by the newest checkpoint; 0 without one.
 * @param {string} folder
 * @returns {number}
 */
export function epochsKept(folder) {
  const file = join(folder, 'last', 'checkpoint.safetensors');
  if (!existsSync(file)) return 0;
  const bytes = readFileSync(file);
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE(0))));
  return JSON.parse(header.__metadata__.capsnet_checkpoint).epoch;
}

/** Files that were half written when their process was killed. @param {string} folder */
export const remains = (folder) =>
  ['', 'last'].flatMap((part) =>
    readdirSync(join(folder, part))
      .filter((name) => /\.tmp$|\.probe$/.test(name))
      .map((name) => join(part, name)),
  );

/**
 * Everything that two runs of one task have in common, whatever happened to them on the way: weights, full state, metrics and result.
 * @param {string} folder
 * @param {string} stdout of the sitting that ended the run, with --json
 * @returns {Record<string, string>}
 */
export function outcome(folder, stdout) {
  const state = tensors(join(folder, 'last', 'checkpoint.safetensors'));
  const done = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  const { seconds: _seconds, ...result } = done;
  return {
    'best.safetensors': hash(readFileSync(join(folder, 'best.safetensors'))),
    'last.safetensors': hash(readFileSync(join(folder, 'last.safetensors'))),
    'tensors of the last checkpoint': hash(state.data) + hash(Buffer.from(state.header)),
    'metrics.jsonl': JSON.stringify(metrics(folder)),
    // Where the files lie is not what they hold.
    'result, as printed': JSON.stringify(result).replaceAll(folder, ''),
    'result.json': readFileSync(join(folder, 'result.json'), 'utf8'),
  };
}
