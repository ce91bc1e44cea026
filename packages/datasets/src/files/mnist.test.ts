import { fc, test } from '@fast-check/vitest';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { DataError } from '../errors.js';
import { decodeIdx, encodeIdx } from '../formats/idx.js';
import { noiseDataset } from '../testing/samples.js';
import { sharedFolder } from '../testing/golden.js';
import { classCounts } from '../values/dataset.js';
import { idxFileNames, readIdxDataset, writeIdxDataset } from './mnist.js';
import { writeNpzDataset } from './npz.js';

const root = mkdtempSync(join(tmpdir(), 'idx-'));
afterAll(() => rmSync(root, { recursive: true }));

const written = noiseDataset(23, [7, 5, 1], 10);

/** The error's message; fails when nothing is thrown or it is another kind of error. */
function failure(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(DataError);
    return (error as DataError).message;
  }
  throw new Error('nothing was thrown');
}

describe('the format', () => {
  const arrays = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 3 }).chain((axes) =>
    fc
      .uint8Array({
        minLength: axes.reduce((p, a) => p * a, 1),
        maxLength: axes.reduce((p, a) => p * a, 1),
      })
      .map((data) => ({ axes, data })),
  );
  test.prop([arrays])('what is written is read back', ({ axes, data }) => {
    const read = decodeIdx(encodeIdx({ axes, data }), axes.length, 'memory');
    expect(read.axes).toEqual(axes);
    expect([...read.data]).toEqual([...data]);
  });
  test.prop([arrays, fc.nat()])('any other length is refused', ({ axes, data }, change) => {
    const bytes = encodeIdx({ axes, data });
    expect(() => decodeIdx(bytes.subarray(0, change % bytes.length), axes.length, 'memory')).toThrow(
      /memory is truncated/,
    );
    expect(() => decodeIdx(Uint8Array.of(...bytes, 0), axes.length, 'memory')).toThrow(/1 bytes after/);
  });
  it('is MNIST: big-endian, magic 0x803', () => {
    expect([...encodeIdx({ axes: [1, 1, 2], data: Uint8Array.of(7, 9) })]).toEqual([
      ...[0, 0, 8, 3],
      ...[0, 0, 0, 1],
      ...[0, 0, 0, 1],
      ...[0, 0, 0, 2],
      ...[7, 9],
    ]);
  });
  it('axes and data must agree', () => {
    expect(() => encodeIdx({ axes: [3], data: new Uint8Array(2) })).toThrow(RangeError);
  });
});

describe('folders', () => {
  it.each(['train', 'test'] as const)('%s goes through files, plain and gzip', (split) => {
    for (const gzip of [false, true]) {
      const folder = join(root, `${split}-${gzip}`);
      const paths = writeIdxDataset({ ...written, split }, folder, { gzip });
      expect(paths.map((path) => path.endsWith('.gz'))).toEqual([gzip, gzip]);
      const read = readIdxDataset('fashion-mnist', split, folder);
      expect(read).toMatchObject({ name: 'fashion-mnist', split, shape: [7, 5, 1], count: 23, classes: 10 });
      expect([...read.images]).toEqual([...written.images]);
      expect([...read.labels]).toEqual([...written.labels]);
      expect(read.classNames[9]).toBe('ankle boot');
    }
  });
  it.each(idxFileNames('train', 'images'))('finds %s', (name) => {
    const folder = mkdtempSync(join(root, 'name-'));
    const [images] = writeIdxDataset(written, folder);
    const bytes = readFileSync(images!);
    rmSync(images!);
    writeFileSync(join(folder, name), name.endsWith('.gz') ? gzipSync(bytes) : bytes);
    expect(readIdxDataset('mnist', 'train', folder).count).toBe(23);
  });
  it('gzip is told by its content, not by its name', () => {
    const folder = mkdtempSync(join(root, 'magic-'));
    const [images] = writeIdxDataset(written, folder, { gzip: true });
    renameSync(images!, images!.replace('.gz', ''));
    expect(readIdxDataset('mnist', 'train', folder).count).toBe(23);
    writeFileSync(images!, gunzipSync(readFileSync(images!.replace('.gz', ''))));
    rmSync(images!.replace('.gz', ''));
    expect(readIdxDataset('mnist', 'train', folder).count).toBe(23);
  });
  it('takes the sub-folder of the name', () => {
    const folder = mkdtempSync(join(root, 'sub-'));
    writeIdxDataset(written, join(folder, 'mnist'));
    expect(readIdxDataset('mnist', 'train', folder).count).toBe(23);
    expect(failure(() => readIdxDataset('fashion-mnist', 'train', folder))).toContain('is missing');
  });
  it('refuses to write what IDX cannot hold', () => {
    expect(failure(() => writeIdxDataset(noiseDataset(2, [4, 4, 3]), root))).toContain('4x4x3');
  });
});

describe('bad files', () => {
  let folder = '';
  let images = '';
  let labels = '';
  beforeEach(() => {
    folder = mkdtempSync(join(root, 'bad-'));
    [images, labels] = writeIdxDataset(written, folder) as [string, string];
  });
  const message = () => failure(() => readIdxDataset('mnist', 'train', folder));
  const change = (path: string, edit: (bytes: Buffer) => Uint8Array) =>
    writeFileSync(path, edit(readFileSync(path)));

  it('missing file and missing folder', () => {
    rmSync(labels);
    expect(message()).toMatch(/^train-labels-idx1-ubyte .* is missing in .*bad-\w+; put the four IDX files/);
    expect(failure(() => readIdxDataset('mnist', 'test', join(folder, 'no')))).toContain('does not exist');
  });
  it('a directory in place of a file', () => {
    rmSync(images);
    mkdirSync(images);
    expect(message()).toMatch(/is a directory, not a file/);
  });
  it('truncated: header, data, nothing at all', () => {
    for (const length of [0, 3, 9, 100]) {
      const whole = readFileSync(images);
      writeFileSync(images, whole.subarray(0, length));
      expect(message()).toMatch(/images-idx3-ubyte is truncated \(.*\): get the file again\.$/);
      writeFileSync(images, whole);
    }
  });
  it('trailing bytes', () => {
    change(images, (bytes) => Buffer.concat([bytes, Buffer.of(1, 2)]));
    expect(message()).toMatch(/has 2 bytes after its 23x7x5 values/);
  });
  it('wrong magic number', () => {
    change(images, (bytes) => bytes.fill(9, 0, 4));
    expect(message()).toMatch(/starts with 0x09090909, not with the magic number 0x00000803 of IDX images/);
    writeFileSync(images, readFileSync(labels));
    expect(message()).toMatch(/that is a file of labels/);
  });
  it('damaged gzip', () => {
    change(images, (bytes) => gzipSync(bytes).subarray(0, 200));
    expect(message()).toMatch(/is a damaged or truncated gzip file/);
  });
  it('counts that differ', () => {
    writeFileSync(labels, encodeIdx({ axes: [22], data: new Uint8Array(22) }));
    expect(message()).toMatch(/has 22 labels, but .* has 23 images/);
  });
  it('a label out of range', () => {
    change(labels, (bytes) => {
      bytes[8 + 4] = 10;
      return bytes;
    });
    expect(message()).toMatch(/labels-idx1-ubyte gives image 4 the label 10, but the classes go from 0 to 9/);
  });
  it('no images at all', () => {
    writeFileSync(images, encodeIdx({ axes: [0, 7, 5], data: new Uint8Array(0) }));
    writeFileSync(labels, encodeIdx({ axes: [0], data: new Uint8Array(0) }));
    expect(message()).toMatch(/holds no images/);
  });
});

describe.skipIf(!sharedFolder)('the real MNIST (CAPSNET_SHARED)', () => {
  it('has its published counts', () => {
    const folder = join(sharedFolder!, 'data');
    const test = readIdxDataset('mnist', 'test', folder);
    expect([...classCounts(test)]).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    const train = readIdxDataset('mnist', 'train', folder);
    expect([train.count, train.shape]).toEqual([60_000, [28, 28, 1]]);
    expect([...train.labels.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
  });
});

describe('where it is found', () => {
  const folder = mkdtempSync(join(root, 'places-'));
  const [cache, system] = [join(folder, 'cache'), join(folder, 'system')];
  writeIdxDataset(written, join(system, 'fashion-mnist'), { gzip: true });
  it('in the next folder when the first has nothing', () => {
    expect(readIdxDataset('fashion-mnist', 'train', [cache, system]).count).toBe(23);
    mkdirSync(cache);
    expect(readIdxDataset('fashion-mnist', 'train', [cache, system]).count).toBe(23);
    expect(failure(() => readIdxDataset('fashion-mnist', 'test', [cache, system]))).toContain(
      `nor is it in ${system}`,
    );
  });
  it('half a set in the first folder is an error, not a reason to look on', () => {
    const broken = join(folder, 'broken');
    const [images] = writeIdxDataset(written, broken);
    rmSync(images!);
    expect(failure(() => readIdxDataset('fashion-mnist', 'train', [broken, system]))).toContain(
      `is missing in ${broken}`,
    );
  });
  it('in one .npz', () => {
    const npz = join(folder, 'npz');
    mkdirSync(npz);
    writeNpzDataset({ train: written, test: { ...written, split: 'test' } }, join(npz, 'mnist.npz'));
    for (const split of ['train', 'test'] as const) {
      const read = readIdxDataset('mnist', split, npz);
      expect(read).toMatchObject({ name: 'mnist', split, shape: [7, 5, 1], count: 23 });
      expect([...read.images]).toEqual([...written.images]);
      expect([...read.labels]).toEqual([...written.labels]);
    }
    const path = join(npz, 'mnist.npz');
    const whole = readFileSync(path);
    for (const [damage, message] of [
      [whole.subarray(0, 100), /mnist\.npz/],
      [Buffer.from('no archive'), /mnist\.npz/],
      [
        Buffer.concat([whole.subarray(0, 60), Buffer.from([whole[60]! ^ 255]), whole.subarray(61)]),
        /damaged/,
      ],
    ] as const) {
      writeFileSync(path, damage);
      expect(failure(() => readIdxDataset('mnist', 'train', npz))).toMatch(message);
    }
  });
});
