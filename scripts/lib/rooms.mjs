// A file is one room: none has more than 400 lines, unless its head says why (`more than 400 lines: ...` in the first 15 lines).
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './process.mjs';

const most = 400;
const reason = /more than 400 lines: \S+/i;
const folders = ['packages', 'apps', 'benchmarks', 'docs', 'examples', 'scripts'];
const skipped = new Set(['node_modules', 'dist', '.reports', '.turbo']);

/** Source files under a folder, from the root. @param {string} folder @returns {string[]} */
const sources = (folder) =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : sources(path);
    return /\.(ts|mts|js|mjs|cjs|py|css|html)$/.test(entry.name) ? [path] : [];
  });

/** A sentence for every file that is too long without a reason. @returns {string[]} */
export const longFiles = () =>
  folders.flatMap(sources).flatMap((path) => {
    const lines = readFileSync(join(root, path), 'utf8').trimEnd().split('\n');
    if (lines.length <= most || reason.test(lines.slice(0, 15).join('\n'))) return [];
    return `${path} has ${lines.length} lines. Split it, or say in its head "more than ${most} lines: " and why.`;
  });
