// An empty project outside of the workspace with the packages installed as a user would: from tarballs, everything else from the registry.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, run } from '../process.mjs';

/**
 * @typedef {{ name: string, filename: string, unpackedSize: number, size: number, files: { path: string }[] }} Packed
 * @typedef {{ code: number, output: string }} Ended
 */

/** Folders of the packages that are published: those that are not private. */
export const publishedPackages = () =>
  ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(root, group))
      .map((name) => `${group}/${name}`)
      .filter((path) => JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8')).private !== true),
  );

/**
 * Packs every package that is published.
 * @param {string} folder @returns {Promise<Packed[]>}
 */
export async function pack(folder) {
  mkdirSync(folder, { recursive: true });
  const published = publishedPackages().map((name) => `--workspace=${name}`);
  const { code, output } = await run(
    'npm',
    ['pack', ...published, '--json', '--loglevel=error', '--pack-destination', folder],
    { quiet: true },
  );
  if (code !== 0) throw new Error(`npm pack failed:\n${output}`);
  // An array, or with newer releases of npm an object by name.
  return Object.values(JSON.parse(output.slice(output.search(/[[{]/))));
}

/** A fresh folder with a `package.json`, and the examples of the repository in it. @returns {string} */
export function emptyProject() {
  const folder = mkdtempSync(join(tmpdir(), 'capsnet-consumer-'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  cpSync(join(root, 'examples'), folder, { recursive: true });
  return folder;
}

/**
 * Runs a program inside a folder, without standard input; its output is kept. It is ended after `limit` seconds.
 * @param {string} folder @param {string} command @param {string[]} args
 * @param {{ limit?: number, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<Ended>}
 */
export function runIn(folder, command, args, { limit = 240, env = process.env } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => (output += text));
    const timer = setTimeout(() => {
      output += `\nended after ${limit} s`;
      child.kill('SIGKILL');
    }, limit * 1000);
    child.on('error', (error) => (output += error.message));
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 1, output });
    });
  });
}

/** @param {string} folder @param {string[]} packages @returns {Promise<Ended>} */
export const install = (folder, packages) =>
  runIn(folder, 'npm', [
    ...['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'],
    ...packages,
  ]);

/** Bytes of all files under a folder. @param {string} folder @returns {number} */
export const bytesUnder = (folder) =>
  readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    return sum + (entry.isDirectory() ? bytesUnder(path) : statSync(path).size);
  }, 0);

/** The losses that a program printed, `loss 0.1234` each. @param {string} output */
export const lossesOf = (output) =>
  [...output.matchAll(/loss (\d+\.\d+)/g)].map(([, value]) => Number(value));

/** Whether the last quarter of the losses lies below the first. @param {readonly number[]} losses */
export function falls(losses) {
  const quarter = Math.max(1, Math.floor(losses.length / 4));
  const mean = (/** @type {readonly number[]} */ part) =>
    part.reduce((sum, loss) => sum + loss, 0) / part.length;
  return losses.length > 1 && mean(losses.slice(-quarter)) < mean(losses.slice(0, quarter));
}
