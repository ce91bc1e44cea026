import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { locateDataset, type FileDatasetName } from './locate.js';

const root = mkdtempSync(join(tmpdir(), 'locate-'));
afterAll(() => rmSync(root, { recursive: true }));

/** A new folder with empty files of these names. */
function folderOf(...names: string[]): string {
  const folder = mkdtempSync(join(root, 'data-'));
  for (const name of names) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), '');
  }
  return folder;
}

const idx = ['train-images-idx3', 'train-labels-idx1', 't10k-images-idx3', 't10k-labels-idx1'];
const norb = (split: string) =>
  ['dat', 'cat', 'info'].map((part) => `smallnorb-small-${split}-${part}.mat.gz`);

describe('locateDataset', () => {
  const cases: readonly (readonly [string, FileDatasetName, readonly string[]])[] = [
    ['plain', 'mnist', idx.map((stem) => `${stem}-ubyte`)],
    ['gzip', 'mnist', idx.map((stem) => `${stem}-ubyte.gz`)],
    [
      'with a dot, mixed',
      'mnist',
      idx.map((stem, k) => `${stem.replace('-idx', '.idx')}-ubyte${k % 2 ? '.gz' : ''}`),
    ],
    ['one archive', 'mnist', ['mnist.npz']],
    ['an archive of its name', 'fashion-mnist', ['fashion-mnist.npz']],
    ['MATLAB files', 'smallnorb', [...norb('training'), ...norb('testing')]],
  ];
  it.each(cases)('%s: %s is found in its folder, and in a sub-folder of its name', (_, name, files) => {
    const own = folderOf(...files);
    expect(locateDataset(name, [join(root, 'none'), own])).toBe(own);
    const above = folderOf(...files.map((file) => join(name, file)));
    expect(locateDataset(name, [above])).toBe(join(above, name));
  });

  it.each(cases)('%s: %s is not there when its last file is missing', (_, name, files) => {
    expect(locateDataset(name, [folderOf(...files.slice(0, -1))])).toBeUndefined();
  });
});
