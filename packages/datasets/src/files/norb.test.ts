import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { fc, test } from '@fast-check/vitest';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { DataError } from '../errors.js';
import { decodeNorbMatrix, encodeNorbMatrix } from '../formats/norbMatrix.js';
import { noiseDataset } from '../testing/samples.js';
import { toys } from '../toys/toys.js';
import type { ImageDataset } from '../values/dataset.js';
import { norbFileName, readNorbDataset, writeNorbDataset } from './norb.js';

const root = mkdtempSync(join(tmpdir(), 'norb-'));
afterAll(() => rmSync(root, { recursive: true }));

const written: Record<'train' | 'test', ImageDataset> = {
  train: toys({ split: 'train', count: 12 }),
  test: toys({ split: 'test', count: 7 }),
};

function failure(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(DataError);
    return (error as DataError).message;
  }
  throw new Error('nothing was thrown');
}

describe('the matrix format', () => {
  const axes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });
  test.prop([axes, fc.nat()])('what is written is read back, of either type', (lengths, seed) => {
    const size = lengths.reduce((product, axis) => product * axis, 1);
    const integers = Int32Array.from({ length: size }, (_, at) => (seed * (at + 1)) | 0);
    const bytes = Uint8Array.from(integers);
    for (const [type, data] of [
      ['integer', integers],
      ['byte', bytes],
    ] as const) {
      const file = encodeNorbMatrix({ type, axes: lengths, data });
      const read = decodeNorbMatrix(file, type, lengths, 'memory');
      expect([read.axes, [...read.data]]).toEqual([lengths, [...data]]);
      expect(decodeNorbMatrix(file, type, [undefined, ...lengths.slice(1)], 'memory').axes).toEqual(lengths);
    }
  });
  it('is little-endian with at least three axes stored', () => {
    expect([...encodeNorbMatrix({ type: 'integer', axes: [1], data: Int32Array.of(3) })]).toEqual([
      ...[0x54, 0x4c, 0x3d, 0x1e],
      ...[1, 0, 0, 0],
      ...[1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0],
      ...[3, 0, 0, 0],
    ]);
  });
});

describe('the three files', () => {
  it.each([false, true])('round trip, gzip %s', (gzip) => {
    const folder = mkdtempSync(join(root, 'trip-'));
    for (const split of ['train', 'test'] as const) {
      const paths = writeNorbDataset(written[split], folder, { gzip });
      expect(paths.every((path) => path.endsWith(gzip ? '.mat.gz' : '.mat'))).toBe(true);
      const read = readNorbDataset(split, folder);
      expect(read).toMatchObject({
        name: 'smallnorb',
        split,
        shape: [96, 96, 2],
        count: written[split].count,
      });
      expect(Buffer.compare(read.images as Uint8Array, written[split].images as Uint8Array)).toBe(0);
      expect([...read.labels]).toEqual([...written[split].labels]);
      expect(read.factors).toEqual(written[split].factors);
    }
  });
  it('are named as published, and found in a sub-folder', () => {
    expect(norbFileName('train', 'dat')).toBe('smallnorb-5x46789x9x18x6x2x96x96-training-dat.mat');
    expect(norbFileName('test', 'info')).toBe('smallnorb-5x01235x9x18x6x2x96x96-testing-info.mat');
    const folder = mkdtempSync(join(root, 'sub-'));
    writeNorbDataset(written.test, join(folder, 'smallnorb'));
    expect(readNorbDataset('test', [join(folder, 'none'), folder]).count).toBe(7);
  });
  it('the cameras are planes in the file, channels in memory', () => {
    const folder = mkdtempSync(join(root, 'planes-'));
    const [dat] = writeNorbDataset(written.test, folder);
    const file = readFileSync(dat!);
    const header = 8 + 4 * 4;
    for (const pixel of [0, 1, 4000, 9215]) {
      expect(file[header + pixel]).toBe(written.test.images[2 * pixel]);
      expect(file[header + 9216 + pixel]).toBe(written.test.images[2 * pixel + 1]);
    }
  });
});

describe('bad files', () => {
  let folder: string;
  let [dat, cat, info] = ['', '', ''];
  beforeEach(() => {
    folder = mkdtempSync(join(root, 'bad-'));
    [dat, cat, info] = writeNorbDataset(written.test, folder) as [string, string, string];
  });
  const message = () => failure(() => readNorbDataset('test', folder));
  const patch = (path: string, offset: number, value: number) => {
    const bytes = readFileSync(path);
    bytes.writeInt32LE(value, offset);
    writeFileSync(path, bytes);
  };

  it.each([0, 1, 2])('a missing file is named (%d)', (which) => {
    rmSync([dat, cat, info][which]!);
    expect(message()).toContain(norbFileName('test', (['dat', 'cat', 'info'] as const)[which]!));
  });
  it('no file, no folder', () => {
    expect(failure(() => readNorbDataset('train', folder))).toContain('training-dat.mat (or .gz)');
    expect(failure(() => readNorbDataset('test', join(folder, 'no')))).toContain('does not exist');
  });
  it('another magic number, with the type it stands for', () => {
    patch(dat, 0, 0x1e3d4c54);
    expect(message()).toMatch(/dat\.mat starts with 0x1e3d4c54 \(a matrix of type integer\)/);
    patch(dat, 0, 0x00000803);
    expect(message()).toMatch(/starts with 0x00000803, not with 0x1e3d4c55/);
  });
  // magic, number of axes, then each axis, of each file.
  it.each([
    ['dat', 4, 3],
    ['dat', 8, 8],
    ['dat', 8, 0],
    ['dat', 8, -1],
    ['dat', 8, 0x7fffffff],
    ['dat', 12, 1],
    ['dat', 16, 95],
    ['dat', 20, 97],
    ['cat', 4, 2],
    ['cat', 8, 6],
    ['cat', 12, 2],
    ['cat', 16, 0],
    ['info', 4, 1],
    ['info', 8, 8],
    ['info', 12, 5],
    ['info', 16, 3],
  ] as const)('%s: header field at byte %d must not be %d', (part, offset, value) => {
    const path = { dat, cat, info }[part];
    patch(path, offset, value);
    expect(message()).toContain(path);
  });
  it('cut anywhere, or with bytes too many', () => {
    for (const path of [dat, cat, info]) {
      const whole = readFileSync(path);
      for (const length of [0, 3, 7, 11, 19, whole.length - 1]) {
        writeFileSync(path, whole.subarray(0, length));
        expect(message()).toMatch(/is truncated \(.*\): get the file again/);
      }
      writeFileSync(path, Buffer.concat([whole, Buffer.of(0)]));
      expect(message()).toMatch(/has 1 bytes after/);
      writeFileSync(path, whole);
    }
    expect(readNorbDataset('test', folder).count).toBe(7);
  });
  it('a category or factor out of range', () => {
    for (const value of [5, -1, 1_000_000]) {
      patch(cat, 20 + 4 * 3, value);
      expect(message()).toMatch(new RegExp(`cat\\.mat gives image 3 the label ${value}`));
    }
    patch(cat, 20 + 4 * 3, 0);
    for (const [column, value, factor] of [
      [0, 10, 'instance'],
      [1, 9, 'elevation'],
      [2, 36, 'azimuth'],
      [2, 7, 'azimuth'],
      [3, -1, 'lighting'],
    ] as const) {
      const at = 20 + 4 * (4 * 2 + column);
      const before = readFileSync(info).readInt32LE(at);
      patch(info, at, value);
      expect(message()).toMatch(new RegExp(`info\\.mat gives image 2 the ${factor} ${value}`));
      patch(info, at, before);
    }
  });
  it('the files of two splits do not belong together', () => {
    const [, trainCat] = writeNorbDataset(written.train, mkdtempSync(join(root, 'other-')));
    renameSync(trainCat!, cat);
    expect(message()).toMatch(/has 12 entries, but .* has 7 images/);
  });
  it('damaged gzip', () => {
    rmSync(folder, { recursive: true });
    const [packed] = writeNorbDataset(written.test, folder, { gzip: true });
    expect(gunzipSync(readFileSync(packed!)).length).toBe(24 + 7 * 2 * 9216);
    writeFileSync(packed!, readFileSync(packed!).subarray(0, 500));
    expect(message()).toMatch(/damaged or truncated gzip/);
  });
  it('only data sets of its kind can be written', () => {
    expect(failure(() => writeNorbDataset(noiseDataset(3), folder))).toContain('does not fit');
  });
});
