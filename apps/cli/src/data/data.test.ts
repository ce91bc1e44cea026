import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Batch } from '@capsnet/capsules';
import { contentHashes, toys, type ImageDataset } from '@capsnet/datasets';
import { writeNorbDataset } from '@capsnet/datasets/node';
import { randomKey } from '@capsnet/tensor';
import { afterAll, describe, expect, it } from 'vitest';
import { writeIdx } from '../e2e/idx.js';
import { UserError } from '../errors.js';
import { testBatches, testBatchSize, testExamples, trainingBatches } from './batches.js';
import { exampleSet, recipeNote, recipeOfNote } from './examples.js';
import { datasetName, datasetNames, loadSplit, loadTestData, loadTrainingData } from './load.js';
import { augmentsByDefault } from './augmentation.js';
import { recipesOf } from './recipes.js';

const folder = mkdtempSync(join(tmpdir(), 'capsnet-data-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
writeIdx(folder, undefined, { train: 50, test: 230 });
for (const split of ['train', 'test'] as const) writeNorbDataset(toys({ split, count: 36 }), folder);

const mnist = (augment = false) => {
  const images = loadSplit('mnist', 'train', { dataDir: folder });
  return exampleSet(images, recipesOf('mnist', images, { augment }).training);
};
const order = (seed = 1) => ({ batchSize: 16, key: randomKey(seed) });

/** Each image of the batches as text, with its class in front. */
async function imagesOf(batches: AsyncIterable<Batch> | Iterable<Batch>): Promise<string[]> {
  const images: string[] = [];
  for await (const batch of batches) {
    const [pixels, labels] = [await batch.images.data(), await batch.labels.data()];
    const [count, size, classes] = [batch.images.shape[0]!, batch.images.size, batch.labels.shape[1]!];
    for (let row = 0; row < count; row++) {
      const own = labels.subarray(row * classes, (row + 1) * classes);
      const from = (row * size) / count;
      images.push(`${[...own].indexOf(1)}:${[...pixels.subarray(from, from + size / count)].join()}`);
    }
  }
  return images;
}
async function epochOf(
  batches: ReturnType<typeof trainingBatches>,
  epoch = 0,
  fromStep = 0,
): Promise<string[]> {
  const images = await imagesOf(batches.epoch(epoch, fromStep));
  await batches.close();
  return images;
}

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
    expect(() => loadSplit('smallnorb', 'train', { dataDir: join(folder, 'none') })).toThrow(UserError);
    expect(() => datasetName('fashon-mnist')).toThrow('Did you mean "fashion-mnist"?');
  });
});

const options = { dataDir: folder, seed: 3, limitTrain: 40, limitTest: 30 };

describe.each(datasetNames.filter((name) => name !== 'folder'))('%s', (name) => {
  const load = (validation?: number | true) =>
    loadTrainingData(name, { ...options, augment: augmentsByDefault(name), validation });

  it('gives the model of its paper what it takes', () => {
    const { training, testing, validation } = load();
    const shape = { multimnist: [36, 36, 1], smallnorb: [48, 48, 2], toys: [48, 48, 2] }[name as string];
    expect(training.shape).toEqual(shape ?? [28, 28, 1]);
    expect(testing).toMatchObject({ shape: training.shape, classNames: training.classNames });
    expect(validation).toBeUndefined();
  });

  it('no validation image reaches training, by content', () => {
    const { training, validation } = load(8);
    const hashes = ({ source }: { source: ImageDataset }) => new Set(contentHashes(source));
    const held = hashes(validation!);
    expect(validation!.source.count).toBe(8);
    expect(training.source.count + validation!.source.count).toBeLessThanOrEqual(40);
    for (const hash of hashes(training)) expect(held.has(hash)).toBe(false);
    // The hold-out depends on the seed, and on nothing else.
    const other = loadTrainingData(name, { ...options, seed: 4, augment: false, validation: 8 });
    const again = loadTrainingData(name, { ...options, augment: false, validation: 8 });
    expect(hashes(again.validation!)).toEqual(held);
    expect(hashes(other.validation!)).not.toEqual(held);
  });

  it('a training reads every image of an epoch, a resumed one goes on in the middle, on equal bits', async () => {
    const { training } = load();
    const whole = await epochOf(trainingBatches(training, order()), 1);
    expect(whole.length).toBe(training.count);
    expect(await epochOf(trainingBatches(training, order()), 1, 1)).toEqual(whole.slice(16));
    // From a state that was kept after the last step of an epoch, before its test: that epoch has none left.
    const batches = trainingBatches(training, order());
    expect(await imagesOf(batches.epoch(0, batches.stepsPerEpoch))).toEqual([]);
    expect(await epochOf(batches, 1)).toEqual(whole);
  });

  it('a test sees the same twice, single examples and all', async () => {
    const { testing } = load();
    const seen = async () => {
      const all: Batch[] = [];
      for await (const { batch } of testBatches(testing)) all.push(batch);
      return imagesOf(all);
    };
    const once = await seen();
    expect(await seen()).toEqual(once);
    const chosen = [testing.count - 1, 0, 7];
    expect(await imagesOf([testExamples(testing, chosen).batch])).toEqual(chosen.map((index) => once[index]));
  });

  it('the recipe of a weights file prepares the test as the training did', async () => {
    const { testing } = load();
    const recipe = recipeOfNote(recipeNote(testing.recipe), 'w.safetensors');
    const alone = loadTestData(name, { dataDir: folder, limit: 30, recipe });
    expect(alone.recipe).toEqual(testing.recipe);
    const first = async (set: typeof alone) => imagesOf([testExamples(set, [3]).batch]);
    expect(await first(alone)).toEqual(await first(testing));
  });
});

describe('multimnist', () => {
  it('batches carry both labels and both digits, whose sum is the image', async () => {
    const set = loadTestData('multimnist', { dataDir: folder, limit: 30, overlays: 3 });
    expect([set.count, set.decodings, set.labelsPerImage]).toEqual([90, 2, 2]);
    for await (const { batch, labels, count } of testBatches(set)) {
      const parts = [batch.labels, batch.secondLabels!, batch.images, batch.targets!, batch.secondTargets!];
      const [first, second, images, base, top] = await Promise.all(parts.map((part) => part.data()));
      for (let row = 0; row < count; row++) {
        const [one, other] = [labels[2 * row]!, labels[2 * row + 1]!];
        expect(one).not.toBe(other);
        expect([first![row * 10 + one], second![row * 10 + other]]).toEqual([1, 1]);
      }
      images!.forEach((value, at) =>
        expect(Math.abs(value - Math.min(1, base![at]! + top![at]!))).toBeLessThan(1e-6),
      );
    }
  });
});

describe('batches', () => {
  it('hold every image once an epoch, with its label, in another order each epoch and seed', async () => {
    const batches = trainingBatches(mnist(), order());
    const first = await imagesOf(batches.epoch(0));
    const second = await epochOf(batches, 1);
    const again = await epochOf(trainingBatches(mnist(), order()));
    const other = await epochOf(trainingBatches(mnist(), order(2)));
    const plain: Batch[] = [];
    for await (const { batch } of testBatches(mnist())) plain.push(batch);
    const sorted = (await imagesOf(plain)).sort();
    expect(first).toEqual(again);
    expect([...first].sort()).toEqual(sorted);
    expect([...second].sort()).toEqual(sorted);
    expect(first).not.toEqual(second);
    expect(first).not.toEqual(other);
  });

  it('scale by 1/256 and end with a smaller one', async () => {
    const batches = trainingBatches(mnist(), order());
    const counts: (number | undefined)[] = [];
    for await (const { images } of batches.epoch(0)) counts.push(images.shape[0]);
    await batches.close();
    expect(counts).toEqual([16, 16, 16, 2]);
    const pixels = await testExamples(mnist(), [0]).batch.images.data();
    expect(pixels[4 * 28 + 4]).toBe(200 / 256);
    const sizes: number[] = [];
    for await (const { count } of testBatches(loadTestData('mnist', { dataDir: folder }))) sizes.push(count);
    expect(sizes).toEqual([...Array<number>(14).fill(testBatchSize), 230 - 14 * testBatchSize]);
  });

  it('augment each image in its own way, the same again for the same seed and epoch', async () => {
    const once = await epochOf(trainingBatches(mnist(true), order()));
    const again = await epochOf(trainingBatches(mnist(true), order()));
    const later = await epochOf(trainingBatches(mnist(true), order()), 1);
    expect(once).toEqual(again);
    expect(once).not.toEqual(await epochOf(trainingBatches(mnist(), order())));
    expect([...once].sort()).not.toEqual([...later].sort());
  });

  it('do not change while the thread goes on', async () => {
    const batches = trainingBatches(mnist(), order());
    const kept: Batch[] = [];
    for await (const batch of batches.epoch(0)) kept.push(batch);
    expect(await imagesOf(kept)).toEqual(await epochOf(batches));
  });
});

it('a note that is no recipe is refused', () => {
  for (const note of ['', '{', 'null', '{"kind":"none"}', '7'])
    expect(() => recipeOfNote(note, 'w')).toThrow(/--weights: w .* note "recipe"/);
});

it('smallnorb as the reference: test images standardised by themselves, targets as the model sees them', () => {
  const options = { dataDir: folder, seed: 1, augment: false, validation: undefined } as const;
  const plain = loadTrainingData('smallnorb', options);
  const reference = loadTrainingData('smallnorb', {
    ...options,
    testStatistics: 'own',
    target: 'standardised',
  });
  const recipe = ({ recipe: made }: { recipe: unknown }) => made as { statistics: unknown; target: string };
  expect(recipe(plain.testing).statistics).toEqual(recipe(plain.training).statistics);
  expect(recipe(plain.testing).target).toBe('unit');
  expect(recipe(reference.training).statistics).toEqual(recipe(plain.training).statistics);
  expect(recipe(reference.testing).statistics).not.toEqual(recipe(plain.training).statistics);
  expect(recipe(reference.testing).target).toBe('standardised');
  // A test alone, for weights without a recipe (the published ones) and for weights with one.
  const given = { dataDir: folder, testStatistics: 'own' } as const;
  expect(recipe(loadTestData('smallnorb', given)).statistics).toEqual(recipe(reference.testing).statistics);
  const other = { ...given, recipe: plain.testing.recipe };
  expect(recipe(loadTestData('smallnorb', other)).statistics).toEqual(recipe(reference.testing).statistics);
});

it('a folder of pictures: both splits, a recipe that finds the same test images again', async () => {
  const { encode } = await import('fast-png');
  const { mkdirSync, writeFileSync } = await import('node:fs');
  const pictures = join(folder, 'pictures');
  for (const [number, name] of ['cat', 'dog'].entries()) {
    mkdirSync(join(pictures, name), { recursive: true });
    for (let k = 0; k < 10; k++) {
      const data = Uint8Array.from({ length: 900 }, (_, at) => (at * (k + 2) + 100 * number) % 256);
      writeFileSync(join(pictures, name, `${k}.png`), encode({ width: 30, height: 30, channels: 1, data }));
    }
  }
  const notes: string[] = [];
  const request = { dataDir: pictures, seed: 4, augment: true, augmentFlip: true, augmentRotate: 0 };
  const data = loadTrainingData('folder', { ...request, validation: 2, notify: (note) => notes.push(note) });
  expect(notes[0]).toMatch(/20 images of 2 classes, 4 of them/);
  expect(data.training).toMatchObject({ shape: [30, 30, 1], count: 14, classNames: ['cat', 'dog'] });
  expect(data.training.recipe).toMatchObject({
    divisor: 255,
    augment: { kind: 'general', flip: true, rotate: 0, shift: 0.08 },
  });
  const recipe = recipeOfNote(recipeNote(data.testing.recipe), 'w.safetensors');
  const again = loadTestData('folder', { dataDir: pictures, recipe, classNames: ['cat', 'dog'] });
  expect(again.source.sources).toEqual(data.testing.source.sources);
  expect([...again.source.images]).toEqual([...data.testing.source.images]);
  expect(() => loadTestData('folder', { dataDir: pictures, recipe, classNames: ['cat', 'cow'] })).toThrow(
    /has the class "dog", which the weights do not know/,
  );
  expect(() => loadTrainingData('folder', { seed: 1, augment: false })).toThrow(/wants --data-dir DIR/);
});
