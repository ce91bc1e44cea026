import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cloneFolder, findWeights, listWeights } from './find.js';

const folder = mkdtempSync(join(tmpdir(), 'capsnet-find-'));
const [clone, own] = [join(folder, 'clone'), join(folder, 'own')];
mkdirSync(clone);
writeFileSync(join(clone, 'mnist.safetensors'), '');
writeFileSync(join(clone, 'README.md'), '');
mkdirSync(own);
for (const name of ['mnist', 'norb']) writeFileSync(join(own, `${name}.safetensors`), '');
afterAll(() => rmSync(folder, { recursive: true }));
const folders = [clone, join(folder, 'absent'), own];

describe('weights by name', () => {
  it('are listed once, those of the clone before one’s own', () => {
    expect(listWeights(folders)).toEqual([
      { name: 'mnist', file: join(clone, 'mnist.safetensors') },
      { name: 'norb', file: join(own, 'norb.safetensors') },
    ]);
  });

  it('are found; what has a folder or an ending is a path', () => {
    expect(findWeights('norb', folders)).toBe(join(own, 'norb.safetensors'));
    for (const file of ['./mnist', 'mnist.safetensors', 'runs/a/best.safetensors', 'norb.h5'])
      expect(findWeights(file, folders)).toBe(file);
  });

  it('an unknown name is answered with the names there are', () => {
    expect(() => findWeights('mnsit', folders)).toThrow(
      `--weights: there are no weights called "mnsit". Did you mean "mnist"? There are: mnist, norb. Give one of these names, a .safetensors file, or put mnsit.safetensors into ${own}.`,
    );
    expect(() => findWeights('mnist', [])).toThrow('No weights have a name here.');
  });

  it('the clone is found from inside it only', () => {
    expect(cloneFolder()).toMatch(/[\\/]weights$/);
    expect(cloneFolder(tmpdir())).toBeUndefined();
  });
});
