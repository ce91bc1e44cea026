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
for (const name of ['mnist', 'norb', 'f.v2']) writeFileSync(join(own, `${name}.safetensors`), '');
afterAll(() => rmSync(folder, { recursive: true }));
const folders = [clone, join(folder, 'absent'), own];

describe('weights by name', () => {
  it('are listed once, those of the clone before one’s own', () => {
    expect(listWeights(folders)).toEqual([
      { name: 'f.v2', file: join(own, 'f.v2.safetensors') },
      { name: 'mnist', file: join(clone, 'mnist.safetensors') },
      { name: 'norb', file: join(own, 'norb.safetensors') },
    ]);
  });

  it('are found, with dots too; what has a folder or the ending of weights is a path', () => {
    for (const name of ['norb', 'f.v2'])
      expect(findWeights(name, folders)).toBe(join(own, `${name}.safetensors`));
    for (const file of ['./mnist', 'other.safetensors', 'runs/a/best.safetensors', 'norb.h5'])
      expect(findWeights(file, folders)).toBe(file);
  });

  it('are hidden by a file of that name, not by a folder', () => {
    // The tests run in the folder of the package.
    for (const name of ['src', 'package.json']) writeFileSync(join(own, `${name}.safetensors`), '');
    expect(findWeights('src', folders)).toBe(join(own, 'src.safetensors'));
    expect(findWeights('package.json', folders)).toBe('package.json');
    for (const name of ['src', 'package.json']) rmSync(join(own, `${name}.safetensors`));
  });

  it('a known name with the ending is told to be one', () => {
    expect(() => findWeights('mnist.safetensors', folders)).toThrow(
      '--weights: there is no file "mnist.safetensors" here, but weights of that name: give "mnist", without the ending.',
    );
  });

  it('an unknown name is answered with the names there are', () => {
    expect(() => findWeights('mnsit', folders)).toThrow(
      `--weights: there are no weights called "mnsit". Did you mean "mnist"? There are: f.v2, mnist, norb. Give one of these names, a .safetensors file, or put mnsit.safetensors into ${own}.`,
    );
    expect(() => findWeights('f.v3', folders)).toThrow('Did you mean "f.v2"?');
    expect(() => findWeights('mnist', [join(folder, 'absent')])).toThrow(
      `No weights have a name here. Those of the project lie in the folder "weights" of its repository, which the packages do not carry; files NAME.safetensors in ${join(folder, 'absent')} can be given by name.`,
    );
  });

  it('the clone is found from inside it only', () => {
    expect(cloneFolder()).toMatch(/[\\/]weights$/);
    expect(cloneFolder(tmpdir())).toBeUndefined();
  });
});
