import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../errors.js';
import { defaultRunDirectory, prepareDirectory } from './output-directory.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'capsnet-directory-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('prepareDirectory', () => {
  it('makes the folder and leaves nothing in it', () => {
    prepareDirectory('--out', join(folder, 'a', 'b'));
    expect(readdirSync(join(folder, 'a', 'b'))).toEqual([]);
  });

  it('refuses a folder below a file, in one sentence with the flag and the reason', () => {
    writeFileSync(join(folder, 'file'), '');
    const inside = join(folder, 'file', 'run');
    expect(() => prepareDirectory('--out', inside)).toThrow(UserError);
    expect(() => prepareDirectory('--out', inside)).toThrow(
      `--out: the folder "${inside}" cannot be written to`,
    );
  });

  it.skipIf(process.platform !== 'linux')(
    'refuses a folder that the system will not make, and returns',
    () => {
      expect(() => prepareDirectory('--out', '/proc/capsnet/run')).toThrow(
        '--out: the folder "/proc/capsnet/run" cannot be written to (no such file or directory)',
      );
    },
  );

  it('refuses a file in place of a folder', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => prepareDirectory('--out', join(folder, 'file'))).toThrow(UserError);
  });
});

describe('defaultRunDirectory', () => {
  it('sorts by time', () => {
    const name = defaultRunDirectory('efficient-capsnet', 'digits', new Date(2025, 0, 31, 4, 5, 6));
    expect(name).toBe(join('runs', '20250131-040506-efficient-capsnet-digits'));
  });
});
