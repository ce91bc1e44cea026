import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { encode as encodePng } from 'fast-png';
import { encode as encodeJpeg } from 'jpeg-js';
import { afterAll, describe, expect, it } from 'vitest';
import { DataError } from '../errors.js';
import { randomKey } from '../random.js';
import { classCounts, imageSize } from '../values/dataset.js';
import { listImages } from './layout.js';
import { chooseSize, readImageFolder, readTestFolder } from './read.js';

const base = mkdtempSync(join(tmpdir(), 'capsnet-folder-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const splitKey = randomKey(1);

/** A grey PNG whose first pixel tells which one it is; large numbers make colour JPEGs. */
function picture(mark: number, side = 28): Uint8Array {
  return encodePng({
    ...{ width: side, height: side, channels: 1 },
    data: Uint8Array.from({ length: side * side }, (_, at) => (at === 0 ? mark : (at * mark) % 256)),
  });
}
const coloured = (side = 32): Uint8Array =>
  encodeJpeg(
    {
      width: side,
      height: side,
      data: Uint8Array.from({ length: side * side * 4 }, (_, at) => [250, 10, 10, 255][at % 4]!),
    },
    90,
  ).data;

let folders = 0;
/** Writes files and gives their folder. */
function folder(files: Readonly<Record<string, Uint8Array | string>>): string {
  const root = join(base, String(folders++));
  mkdirSync(root);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(name.endsWith('/') ? join(root, name) : dirname(join(root, name)), { recursive: true });
    if (!name.endsWith('/')) writeFileSync(join(root, name), content);
  }
  return root;
}
/** So many pictures of each class. */
const classes = (
  counts: Readonly<Record<string, number>>,
  below = '',
  first = 1,
): Record<string, Uint8Array> =>
  Object.fromEntries(
    Object.entries(counts).flatMap(([label, count], number) =>
      Array.from({ length: count }, (_, index) => [
        `${below}${label}/${index}.png`,
        picture(first + 37 * number + index),
      ]),
    ),
  );

describe('readImageFolder', () => {
  it('a sub-folder a class: a seeded share of each class tests', () => {
    const root = folder(classes({ 'class 10': 10, 'class 2': 20 }));
    const { train, test, notes, preparation } = readImageFolder(root, { splitKey });
    expect(train.classNames).toEqual(['class 2', 'class 10']);
    expect([...classCounts(train)]).toEqual([16, 8]);
    expect([...classCounts(test)]).toEqual([4, 2]);
    expect(preparation).toEqual({ shape: [28, 28, 1], resize: 'fit' });
    expect(notes[0]).toMatch(
      /30 images of 2 classes, 6 of them \(20 % of each class\) for testing; as 28x28 grey/,
    );
    // Images, labels and names go together.
    train.sources!.forEach((name, index) => {
      expect(name.startsWith(train.classNames[train.labels[index]!]!)).toBe(true);
      const mark = Number(/(\d+)\.png$/.exec(name)![1]) + 1 + (name.startsWith('class 2/') ? 37 : 0);
      expect(train.images[index * imageSize(train.shape)]).toBe(mark);
    });
    const again = readImageFolder(root, { splitKey });
    expect(again.test.sources).toEqual(test.sources);
    expect(readImageFolder(root, { splitKey: randomKey(2) }).test.sources).not.toEqual(test.sources);
  });

  it('train and test folders, deeper files, other files, hidden ones', () => {
    const root = folder({
      ...classes({ a: 3, b: 2 }, 'train/'),
      ...classes({ a: 1, b: 1 }, 'test/', 100),
      'train/a/deeper/x.PNG': picture(200),
      'train/a/.hidden.png': 'no image',
      'train/a/notes.txt': 'x',
      'extra/y.png': picture(201),
    });
    const { train, test, notes } = readImageFolder(root, { splitKey });
    expect([...classCounts(train), ...classCounts(test)]).toEqual([4, 2, 1, 1]);
    expect(notes.join(' ')).toMatch(/not used: extra/);
  });

  it('CSV files: several labels, a split column, names with commas', () => {
    const files = classes({ img: 6 });
    const rows = [
      ['file', 'label', 'width', 'split'],
      ...Object.keys(files).map((name, index) => [
        name,
        index % 2 ? '"b, big"' : 'a|c',
        '28',
        index < 4 ? 'train' : 'test',
      ]),
    ];
    const root = folder({ ...files, 'labels.csv': rows.map((row) => row.join(',')).join('\r\n') });
    const { train, test } = readImageFolder(root, { splitKey });
    expect(train.classNames).toEqual(['a', 'b, big', 'c']);
    expect(train.labelsPerImage).toBe(2);
    expect([...train.labels]).toEqual([0, 2, 1, -1, 0, 2, 1, -1]);
    expect(test.count).toBe(2);
    const bare = Object.keys(files)
      .map((name, index) => `${name},${index % 2}`)
      .join('\n');
    const plain = folder({ ...files, 'any.csv': bare });
    const read = readImageFolder(join(plain, 'any.csv'), { splitKey });
    expect([read.train.classNames, read.train.count + read.test.count]).toEqual([['0', '1'], 6]);
  });

  it('mixed sizes and colours come to one shape; grey pictures in colour files are grey', () => {
    const mixed = folder({
      ...classes({ a: 4 }),
      'b/1.jpg': coloured(40),
      'b/2.jpeg': coloured(50),
      'b/3.JPG': coloured(60),
    });
    const read = readImageFolder(mixed, { splitKey, size: [32, 48], resize: 'crop' });
    expect(read.train.shape).toEqual([32, 48, 3]);
    expect(readImageFolder(mixed, { splitKey, colour: 'grey' }).train.shape).toEqual([28, 28, 1]);
    const grey = folder(
      Object.fromEntries(
        ['a/1', 'a/2', 'a/3', 'b/1', 'b/2', 'b/3'].map((name, index) => [
          `${name}.jpg`,
          encodeJpeg({ width: 32, height: 32, data: new Uint8Array(4096).fill(90 + index) }, 90).data,
        ]),
      ),
    );
    expect(readImageFolder(grey, { splitKey }).train.shape).toEqual([32, 32, 1]);
  });

  const three = classes({ a: 3, b: 3 });
  it.each<[string, Record<string, Uint8Array | string>, RegExp]>([
    ['nothing', {}, /has no sub-folders with images\. Wanted: a sub-folder a class/],
    [
      'no sub-folders',
      { '1.png': picture(1) },
      /has 1 images but no sub-folders, so nothing tells their classes/,
    ],
    ['an empty class', { ...three, 'empty class/': '' }, /empty class is a class without PNG or JPEG images/],
    ['no images at all', { 'a/x.txt': '', 'b/y.txt': '' }, /holds no images/],
    ['one class', classes({ only: 4 }), /has one class \("only"\)/],
    [
      'too few',
      { ...three, 'c/1.png': picture(9) },
      /has 1 image of "c", too few to train and test: at least 3/,
    ],
    ['train alone', classes({ a: 3, b: 3 }, 'train/'), /train stands alone: put images for testing into/],
    [
      'a broken image',
      { ...three, 'b/broken.png': picture(5).subarray(0, 60) },
      /b\/broken\.png is a damaged or truncated PNG/,
    ],
    ['no image', { ...three, 'b/word.jpg': 'word' }, /b\/word\.jpg is neither a PNG nor a JPEG/],
    [
      'several',
      { ...three, 'a/x.png': '', 'b/y.png': 'z' },
      /2 images of .* cannot be read: .*x\.png is empty.*; .*y\.png is neither/,
    ],
    [
      'too many classes',
      classes(Object.fromEntries(Array.from({ length: 201 }, (_, k) => [`c${k}`, 1]))),
      /has 201 classes, at most 200/,
    ],
    [
      'a class that only tests',
      { ...classes({ a: 3, b: 3 }, 'train/'), ...classes({ a: 1, z: 1 }, 'test/') },
      /too few images to train "z" \(0\)/,
    ],
    [
      'a file that is not there',
      { ...three, 'labels.csv': 'a/1.png,a\na/77.png,b' },
      /a\/77\.png \(row 2\) does not exist/,
    ],
    [
      'no label',
      { ...three, 'labels.csv': 'file,label\na/1.png,a\na/2.png,' },
      /row 3 \(a\/2\.png\) has no label/,
    ],
    [
      'a strange split',
      { ...three, 'labels.csv': 'file,label,split\na/1.png,a,dev' },
      /has the split "dev": write train or test/,
    ],
    ['half a split', { ...three, 'train.csv': 'a/1.png,a' }, /test\.csv is missing beside train\.csv/],
    ['an empty CSV', { 'labels.csv': '' }, /labels\.csv has no rows/],
  ])('%s: one sentence with the name', (_, files, message) => {
    const root = folder(files);
    const read = () => readImageFolder(root, { splitKey });
    expect(read).toThrow(DataError);
    expect(read).toThrow(message);
  });

  it('a folder that is not there', () => {
    expect(() => readImageFolder(join(base, 'none'), { splitKey })).toThrow(
      /none is missing: name the folder of your images/,
    );
  });

  it('copies: under different labels and on both sides by name', () => {
    const twice = folder({ ...classes({ a: 3, b: 3 }), 'b/same.png': picture(2) });
    expect(readImageFolder(twice, { splitKey }).notes.join(' ')).toMatch(
      /Warning: 1 picture stands under different labels: .*a\/1\.png = b\/same\.png|b\/same\.png = a\/1\.png/,
    );
    const leak = folder({
      ...classes({ a: 3, b: 3 }, 'train/'),
      ...classes({ a: 1, b: 1 }, 'test/', 100),
      'test/a/x.png': picture(1),
    });
    expect(readImageFolder(leak, { splitKey }).notes.join(' ')).toMatch(
      /Warning: 1 picture is both for training and for testing.*train\/a\/0\.png = test\/a\/x\.png/,
    );
  });
});

describe('what is wrong with images', () => {
  it('a class of copies, of which none is left for training, is named', () => {
    const copies = Object.fromEntries(
      Array.from({ length: 10 }, (_, index) => [`z/${index}.png`, picture(9)]),
    );
    const root = folder({ ...classes({ x: 12, y: 12 }), ...copies });
    expect(() => readImageFolder(root, { splitKey })).toThrow(
      /of "z" no image is left for training, because all are copies of ones that were drawn for testing/,
    );
  });

  it('broken heads and broken bodies are told together', () => {
    const root = folder({
      ...classes({ a: 6, b: 6 }),
      'a/cut.png': picture(3).slice(0, 120),
      'b/words.jpg': 'words',
    });
    const read = (): unknown => readImageFolder(root, { splitKey, testShare: 0.5 });
    expect(read).toThrow(/^2 images of .* cannot be read: .*cut\.png.*words\.jpg/);
  });

  it('a picture where a folder or a CSV file was wanted', () => {
    const root = folder({ 'a.png': picture(1) });
    expect(() => readImageFolder(join(root, 'a.png'), { splitKey })).toThrow(
      /a\.png is neither a folder nor a CSV file: name a folder of images/,
    );
  });

  it('a row of a CSV file for each label of an image joins them', () => {
    const rows = Array.from({ length: 6 }, (_, index) => [
      `${index}.png,${index % 2 ? 'red' : 'blue'}`,
      `./${index}.png,warm`,
    ]);
    const root = folder({
      ...Object.fromEntries(rows.map((_, index) => [`${index}.png`, picture(index + 1)])),
      'labels.csv': rows.flat().join('\n'),
    });
    const { images } = listImages(root);
    expect(images.map(({ labels }) => labels)).toEqual(
      rows.map((_, index) => [index % 2 ? 'red' : 'blue', 'warm']),
    );
  });
});

describe('readTestFolder', () => {
  const root = folder(classes({ a: 5, b: 5 }));
  const { preparation, fingerprint, test: held } = readImageFolder(root, { splitKey });
  it('takes the held-out part of the folder of the training, all of another one, the classes in the model’s order', () => {
    const options = { splitKey, preparation, splitOf: fingerprint, classNames: ['b', 'x', 'a'] };
    const same = readTestFolder(root, options).test;
    expect(same.sources).toEqual(held.sources);
    expect([...same.labels]).toEqual([...held.labels].map((label) => [2, 0][label]));
    const other = folder(classes({ a: 2, b: 1 }));
    expect(readTestFolder(other, options).test.count).toBe(3);
  });
  it('refuses a class that the model does not know', () => {
    expect(() => readTestFolder(root, { splitKey, preparation, classNames: ['a', 'c'] })).toThrow(
      /has the class "b", which the weights do not know/,
    );
  });
});

test.prop(
  [
    fc.array(fc.integer({ min: 3, max: 12 }), { minLength: 2, maxLength: 4 }),
    fc.nat(),
    fc.double({ min: 0.05, max: 0.6, noNaN: true }),
  ],
  { numRuns: 12 },
)('a split is stratified: every image on one side, every class on both', (counts, seed, testShare) => {
  const root = folder(classes(Object.fromEntries(counts.map((count, k) => [`c${k}`, count]))));
  const { train, test: tested } = readImageFolder(root, { splitKey: randomKey(seed), testShare });
  const names = [...train.sources!, ...tested.sources!];
  expect(names.sort()).toEqual(
    listImages(root)
      .images.map(({ name }) => name)
      .sort(),
  );
  counts.forEach((count, k) => {
    const inTest = classCounts(tested)[k]!;
    expect(inTest).toBeGreaterThanOrEqual(1);
    expect(classCounts(train)[k]).toBe(count - inTest);
    expect(count - inTest).toBeGreaterThanOrEqual(2);
    expect(Math.abs(inTest - count * testShare)).toBeLessThanOrEqual(1);
  });
  rmSync(root, { recursive: true });
});

it('chooses a size: that of all, else a square of at most 96', () => {
  expect(
    chooseSize([
      [64, 48],
      [64, 48],
    ]),
  ).toEqual([64, 48]);
  expect(
    chooseSize([
      [64, 48],
      [48, 64],
      [20, 60],
    ]),
  ).toEqual([64, 64]);
  expect(chooseSize([[640, 480]])).toEqual([96, 96]);
  expect(chooseSize([[8, 8]])).toEqual([28, 28]);
});
