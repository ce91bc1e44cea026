import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FailedRun, UserError } from '../errors.js';
import { removeRemains, writeFileAtomically } from './atomic.js';
import { checkpointFiles, findCheckpoint, writeCheckpoint } from './checkpoint-file.js';
import { lockFile, lockRun, writerOf } from './lock.js';
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

/** The number of a process that has ended. */
const deadProcess = (): number => spawnSync(process.execPath, ['--version']).pid;

describe('removeRemains', () => {
  it('removes what killed processes left half written, and nothing else', () => {
    const dead = deadProcess();
    const kept = [`.a.json.${process.pid}.tmp`, 'a.json', `a.${dead}.tmp`, '.hidden', '.b.tmp'];
    for (const name of [...kept, `.a.json.${dead}.tmp`, `.capsnet-${dead}.probe`])
      writeFileSync(join(folder, name), '');
    removeRemains(folder);
    expect(readdirSync(folder).sort()).toEqual(kept.sort());
    removeRemains(join(folder, 'not there'));
  });
});

describe('lock', () => {
  it('is held by one process, named to the other, and given back', () => {
    const unlock = lockRun('--out', folder);
    expect(writerOf(folder)).toBe(`process ${process.pid}`);
    expect(() => lockRun('--resume', folder)).toThrow(UserError);
    expect(() => lockRun('--resume', folder)).toThrow(
      `--resume: process ${process.pid} is at work on the run in ${folder}`,
    );
    unlock();
    expect(readdirSync(folder)).toEqual([]);
    expect(writerOf(folder)).toBeUndefined();
  });

  it.each([
    ['of a process that is gone', () => ({ pid: deadProcess(), host: hostname(), began: '1' })],
    ['whose number another process has now', () => ({ pid: process.pid, host: hostname(), began: '1' })],
    ['of another machine, no longer fresh', () => ({ pid: process.pid, host: 'elsewhere', began: null })],
    ['cut off', () => undefined],
  ])('%s is none', (_, holder) => {
    writeFileSync(lockFile(folder), JSON.stringify(holder()) ?? '{"pid');
    const before = new Date(Date.now() - 100_000);
    utimesSync(lockFile(folder), before, before);
    expect(writerOf(folder)).toBeUndefined();
    lockRun('--out', folder)();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('of another machine counts while it is fresh, and its holder keeps it so', () => {
    writeFileSync(lockFile(folder), JSON.stringify({ pid: 7, host: 'elsewhere', began: null }));
    expect(writerOf(folder)).toBe('process 7 on elsewhere');
    expect(() => lockRun('--resume', folder)).toThrow(
      `--resume: process 7 on elsewhere is at work on the run in ${folder}. Wait for it, or stop it first. If that machine is gone: its lock counts for 90 s more at most.`,
    );
    rmSync(lockFile(folder));

    vi.useFakeTimers();
    try {
      const unlock = lockRun('--out', folder);
      const before = new Date(Date.now() - 100_000);
      utimesSync(lockFile(folder), before, before);
      vi.advanceTimersByTime(20_000);
      expect(statSync(lockFile(folder)).mtimeMs).toBeGreaterThan(before.getTime() + 50_000);
      unlock();
    } finally {
      vi.useRealTimers();
    }
  });

  it('that cannot be written gets one sentence', () => {
    expect(() => lockRun('--out', join(folder, 'gone'))).toThrow(
      /^--out: .*run\.lock cannot be written \(no such file or directory\)/,
    );
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

  it('says what is left when the folder vanishes, or a file cannot be replaced', () => {
    const inner = join(folder, 'run');
    mkdirSync(inner);
    const run = openRunFolder(inner);
    run.writeLast(Uint8Array.of(1));
    mkdirSync(run.bestWeights);
    writeFileSync(join(run.bestWeights, 'in the way'), '');
    expect(() => run.writeBest(Uint8Array.of(2))).toThrow(FailedRun);
    expect(() => run.writeBest(Uint8Array.of(2))).toThrow(
      /directory.*The last good checkpoint is .*last\.safetensors/,
    );
    rmSync(inner, { recursive: true });
    expect(() => run.writeLast(Uint8Array.of(2))).toThrow(
      /no such file or directory.*folder of the run is gone/,
    );
  });
});

describe('checkpoint file', () => {
  const tensors = (value: number) => [
    {
      ...{ name: 'a/b', shape: [2], dtype: 'F32' as const },
      read: () => Promise.resolve(Float32Array.of(value, NaN)),
    },
  ];

  it('keeps the one before, and finds the newest that is whole', async () => {
    await writeCheckpoint(folder, tensors(1), { step: 1 });
    await writeCheckpoint(folder, tensors(2), { step: 2 });
    const { current, previous } = checkpointFiles(folder);
    expect(findCheckpoint(folder)).toMatchObject({
      problems: [],
      checkpoint: { position: { step: 2 }, file: current },
    });
    expect(findCheckpoint(folder).checkpoint!.tensors.get('a/b')!.data).toEqual(Float32Array.of(2, NaN));
    // Every single flipped bit is seen: in the header, in the position, in the data.
    const bytes = readFileSync(current);
    for (let at = 0; at < bytes.length; at++) {
      const spoiled = Buffer.from(bytes);
      spoiled[at]! ^= 1 << (at % 8);
      writeFileSync(current, spoiled);
      const found = findCheckpoint(folder);
      expect(found.checkpoint?.file, `byte ${at}`).toBe(previous);
      expect(found.problems).toHaveLength(1);
    }
    rmSync(current);
    expect(findCheckpoint(folder).checkpoint!.position).toEqual({ step: 1 });
    rmSync(previous);
    expect(findCheckpoint(folder)).toEqual({ checkpoint: undefined, problems: [] });
  });
});
