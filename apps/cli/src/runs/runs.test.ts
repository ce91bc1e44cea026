import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FailedRun } from '../errors.js';
import { writeFileAtomically } from './atomic.js';
import { openRunFolder } from './run-folder.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'capsnet-runs-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('writeFileAtomically', () => {
  it('replaces contents and leaves no remains', () => {
    const file = join(folder, 'a.txt');
    writeFileAtomically(file, 'one');
    writeFileAtomically(file, new TextEncoder().encode('two'));
    expect(readFileSync(file, 'utf8')).toBe('two');
    expect(readdirSync(folder)).toEqual(['a.txt']);
  });

  it('keeps the old file when the new one cannot take its place', () => {
    // A folder of that name with something in it cannot be replaced by a file.
    mkdirSync(join(folder, 'taken'));
    writeFileSync(join(folder, 'taken', 'inside'), 'kept');
    expect(() => writeFileAtomically(join(folder, 'taken'), 'new')).toThrow();
    expect(readFileSync(join(folder, 'taken', 'inside'), 'utf8')).toBe('kept');
    expect(readdirSync(folder)).toEqual(['taken']);
  });
});

describe('run folder', () => {
  it('starts without the files of an earlier run and adds a line of metrics an epoch', () => {
    writeFileSync(join(folder, 'best.safetensors'), 'old');
    writeFileSync(join(folder, 'mine.txt'), 'not of a run');
    const run = openRunFolder(folder);
    run.writeConfig({ epochs: 2 });
    run.record({ event: 'epoch', epoch: 1 });
    run.record({ event: 'epoch', epoch: 2 });
    expect(readdirSync(folder).sort()).toEqual(['config.json', 'metrics.jsonl', 'mine.txt']);
    expect(readFileSync(run.metricsFile, 'utf8')).toBe(
      '{"event":"epoch","epoch":1}\n{"event":"epoch","epoch":2}\n',
    );
  });

  it('says which checkpoint is good when the folder vanishes', () => {
    const inner = join(folder, 'run');
    mkdirSync(inner);
    const run = openRunFolder(inner);
    run.writeLast(Uint8Array.of(1));
    rmSync(inner, { recursive: true });
    expect(() => run.writeLast(Uint8Array.of(2))).toThrow(FailedRun);
    expect(() => run.writeLast(Uint8Array.of(2))).toThrow(/no such file or directory.*last\.safetensors/);
  });
});
