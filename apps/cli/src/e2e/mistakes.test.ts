import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { capsnet, temporaryFolder } from './cli.js';
import { idxParts, writeIdx } from './idx.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

/** Trains on spoiled files; the command must end with 2 and one line that says what and where. */
async function mistake(args: readonly string[], ...expected: readonly RegExp[]): Promise<void> {
  const run = await capsnet([...args, '--json']);
  expect(run.stderr).not.toMatch(/\bat .*:\d+:\d+/);
  expect(run.stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(run.stdout).toBe('');
  for (const pattern of expected) expect(run.stderr).toMatch(pattern);
  expect(run.code).toBe(2);
}

let number = 0;
const trainOn = (
  change?: (name: string, bytes: Uint8Array) => Uint8Array | undefined,
  counts?: { train: number; test: number },
): string[] => {
  const data = join(folder.path, `data-${number++}`);
  writeIdx(data, change, counts);
  return ['train', '--dataset', 'mnist', '--data-dir', data, '--out', join(folder.path, 'run')];
};

describe('spoiled data sets', () => {
  it('a missing folder', () =>
    mistake(
      [
        'train',
        '--dataset',
        'mnist',
        '--data-dir',
        join(folder.path, 'nowhere'),
        '--out',
        join(folder.path, 'run'),
      ],
      /nowhere/,
      /--data-dir/,
    ));

  it('a missing file', () =>
    mistake(
      trainOn((name, bytes) => (name.startsWith('train-labels') ? undefined : bytes)),
      /train-labels-idx1-ubyte .*missing/,
    ));

  it('a truncated file', () =>
    mistake(
      trainOn((name, bytes) => (name.startsWith('train-images') ? bytes.subarray(0, 5000) : bytes)),
      /train-images-idx3-ubyte is truncated/,
    ));

  it('a truncated gzip file', async () => {
    const args = trainOn((name, bytes) => (name.startsWith('t10k-images') ? undefined : bytes));
    const whole = gzipSync(idxParts(20).images);
    writeFileSync(join(args[4]!, 't10k-images-idx3-ubyte.gz'), whole.subarray(0, whole.length >> 1));
    await mistake(args, /t10k-images-idx3-ubyte\.gz .*truncated/);
  });

  it('a wrong magic number', () =>
    mistake(
      trainOn((name, bytes) =>
        name.startsWith('train-images') ? Uint8Array.of(1, 2, 3, 4, ...bytes.subarray(4)) : bytes,
      ),
      /train-images.*0x01020304.*magic/,
    ));

  it('labels in place of images', () =>
    mistake(
      trainOn((name, bytes) => (name.startsWith('train-images') ? idxParts(40).labels : bytes)),
      /that is a file of labels/,
    ));

  it('counts that differ', () =>
    mistake(
      trainOn((name, bytes) => (name.startsWith('train-labels') ? idxParts(39).labels : bytes)),
      /39 labels.*40 images/,
    ));

  it('finds the folder through CAPSNET_DATA', async () => {
    const run = await capsnet(['train', '--dataset', 'mnist', '--out', join(folder.path, 'run')], {
      env: { CAPSNET_DATA: join(folder.path, 'elsewhere') },
    });
    expect(run.code).toBe(2);
    expect(run.stderr).toContain(join(folder.path, 'elsewhere'));
  });
});

describe('weights that do not fit', () => {
  const test = (file: string): string[] => ['test', '--weights', file, '--dataset', 'digits'];
  const weights = (name: string, contents: Uint8Array): string => {
    const file = join(folder.path, name);
    writeFileSync(file, contents);
    return file;
  };
  /** A safetensors file from the format's description. */
  const safetensors = (header: object, data = new Uint8Array()): Uint8Array => {
    const text = new TextEncoder().encode(JSON.stringify(header));
    const length = new Uint8Array(8);
    new DataView(length.buffer).setBigUint64(0, BigInt(text.length), true);
    return Uint8Array.of(...length, ...text, ...data);
  };

  it('not a weights file', () =>
    mistake(
      test(weights('text.safetensors', new TextEncoder().encode('hello, this is not a weights file'))),
      /text\.safetensors/,
    ));

  it('another model, without a description', () =>
    mistake(
      test(
        weights(
          'other.safetensors',
          safetensors({ w: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }, new Uint8Array(4)),
        ),
      ),
      /no model description/,
    ));

  it('a folder', () => {
    mkdirSync(join(folder.path, 'a-folder'));
    return mistake(test(join(folder.path, 'a-folder')), /it is a directory/);
  });
});

describe('places that cannot be written', () => {
  it('is found before training', async () => {
    writeFileSync(join(folder.path, 'a-file'), '');
    await mistake(
      ['train', '--dataset', 'digits', '--out', join(folder.path, 'a-file', 'run')],
      /--out: the folder .*cannot be written to/,
    );
    await mistake(
      [
        'train',
        '--dataset',
        'digits',
        '--limit-train',
        '20',
        '--limit-test',
        '20',
        '--out',
        join(folder.path, 'run'),
        '--picture',
        join(folder.path, 'a-file', 'p.png'),
      ],
      /--picture: the folder .*cannot be written to/,
    );
  });
});
