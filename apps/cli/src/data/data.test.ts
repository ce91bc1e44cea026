import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Batch } from '@capsnet/capsules';
import { randomKey } from '@capsnet/tensor';
import { afterAll, describe, expect, it } from 'vitest';
import { writeIdx } from '../e2e/idx.js';
import { UserError } from '../errors.js';
import { testBatches, testBatchSize, trainingBatches } from './batches.js';
import { datasetName, loadSplit } from './load.js';

const folder = mkdtempSync(join(tmpdir(), 'capsnet-data-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
writeIdx(folder, undefined, { train: 50, test: 230 });

const order = (seed = 1, augment = false) => ({ batchSize: 16, augment, key: randomKey(seed) });
const imagesOf = async (batches: Iterable<Batch>): Promise<string[]> => {
  const images: string[] = [];
  for (const batch of batches) {
    const [pixels, labels] = [await batch.images.data(), await batch.labels.data()];
    for (let row = 0; row < batch.images.shape[0]!; row++) {
      images.push(
        `${[...labels.subarray(row * 10, row * 10 + 10)].indexOf(1)}:${[...pixels.subarray(row * 784, row * 784 + 784)].join()}`,
      );
    }
  }
  return images;
};

describe('loadSplit', () => {
  it('reads IDX files and takes the first images when limited', () => {
    expect(loadSplit('mnist', 'test', { dataDir: folder })).toMatchObject({ count: 230, shape: [28, 28, 1] });
    const limited = loadSplit('mnist', 'train', { dataDir: folder, limit: 12 });
    expect([...limited.labels]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
    expect(loadSplit('mnist', 'train', { dataDir: folder, limit: 1000 }).count).toBe(50);
  });

  it('makes digits without files', () => {
    expect(loadSplit('digits', 'train', { limit: 30 })).toMatchObject({ count: 30, classes: 10 });
  });

  it('turns errors of the data into mistakes of the user', () => {
    expect(() => loadSplit('fashion-mnist', 'train', { dataDir: join(folder, 'none') })).toThrow(UserError);
    expect(() => datasetName('fashon-mnist')).toThrow('Did you mean "fashion-mnist"?');
  });
});

describe('batches', () => {
  const split = loadSplit('mnist', 'train', { dataDir: folder });

  it('hold every image once an epoch, with its label, in another order each epoch and seed', async () => {
    const [first, again, second, other] = await Promise.all(
      [
        [0, 1],
        [0, 1],
        [1, 1],
        [0, 2],
      ].map(([epoch, seed]) => imagesOf(trainingBatches(split, order(seed))(epoch!))),
    );
    const plain = await imagesOf(testBatches(split));
    expect(first).toEqual(again);
    expect([...first!].sort()).toEqual([...plain].sort());
    expect([...second!].sort()).toEqual([...plain].sort());
    expect(first).not.toEqual(second);
    expect(first).not.toEqual(other);
  });

  it('scale by 1/256 and end with a smaller one', async () => {
    const batches = [...trainingBatches(split, order())(0)];
    expect(batches.map(({ images }) => images.shape[0])).toEqual([16, 16, 16, 2]);
    const [first] = testBatches(split);
    const pixels = await first!.images.data();
    expect(pixels[4 * 28 + 4]).toBe(200 / 256);
    expect(
      [...testBatches(loadSplit('mnist', 'test', { dataDir: folder }))].map(({ images }) => images.shape[0]),
    ).toEqual([testBatchSize, testBatchSize, 30]);
  });

  it('augment each image in its own way, the same again for the same seed and epoch', async () => {
    const augmented = trainingBatches(split, order(1, true));
    const [once, again, later] = await Promise.all([0, 0, 1].map((epoch) => imagesOf(augmented(epoch))));
    expect(once).toEqual(again);
    expect(once).not.toEqual(await imagesOf(trainingBatches(split, order())(0)));
    expect([...once!].sort()).not.toEqual([...later!].sort());
  });
});
