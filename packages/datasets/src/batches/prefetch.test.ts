import { expect, it } from 'vitest';
import { randomKey } from '../random.js';
import { blockDataset } from '../testing/samples.js';
import { createPipeline } from './pipeline.js';
import { prefetch, shareDataset } from './prefetch.js';
import type { Recipe } from './recipe.js';

const blocks = blockDataset(50);
const options = { key: randomKey(5), batchSize: 8 };
const recipes: Recipe[] = [
  { kind: 'images', divisor: 256, augment: { kind: 'mnist' } },
  { kind: 'multimnist', divisor: 255, passes: 1, maximumShift: 6, sameClass: false },
];

it.each(recipes)('gives the bits of the pipeline of this thread: $kind', async (recipe) => {
  const pipeline = createPipeline(blocks, recipe, options);
  const ahead = prefetch(blocks, recipe, { ...options, ahead: 2 });
  expect(ahead.stepsPerEpoch).toBe(7);
  for (let index = 0; index < 16; index++) {
    const batch = await ahead.next();
    expect(batch).toEqual(pipeline.batchAt({ epoch: Math.floor(index / 7), step: index % 7 }));
  }
  await ahead.close();
  const shard = { rank: 2, size: 3 };
  const part = prefetch(blocks, recipe, { ...options, shard, from: { epoch: 0, step: 6 } });
  for (const position of [
    { epoch: 0, step: 6 },
    { epoch: 1, step: 0 },
  ])
    // the last one is smaller
    expect(await part.next()).toEqual(
      createPipeline(blocks, recipe, { ...options, shard }).batchAt(position),
    );
  await part.close();
  await expect(ahead.next()).rejects.toThrow(/closed/);
});

it('shares what was read from a file without a warning of Node', () => {
  const warnings: string[] = [];
  const listen = (warning: Error): unknown => warnings.push(warning.message);
  process.on('warning', listen);
  const { images } = shareDataset({ ...blocks, images: Buffer.from(blocks.images) });
  expect(images.constructor).toBe(Uint8Array);
  expect([...images]).toEqual([...blocks.images]);
  return new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
    process.off('warning', listen);
    expect(warnings).toEqual([]);
  });
});

it('begins where it is told to, and hands out shared memory', async () => {
  const recipe = recipes[0]!;
  const ahead = prefetch(blocks, recipe, { ...options, from: { epoch: 3, step: 6 } });
  const last = await ahead.next();
  expect([last.epoch, last.step, last.count]).toEqual([3, 6, 2]);
  expect(last.images.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(await ahead.next()).toEqual(createPipeline(blocks, recipe, options).batchAt({ epoch: 4, step: 0 }));
  await ahead.close();
});

it('a batch stays as it is until the next one is asked for', async () => {
  const ahead = prefetch(blocks, recipes[0]!, { ...options, ahead: 1 });
  const batch = await ahead.next();
  const copy = batch.images.slice();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(batch.images).toEqual(copy);
  const [one, two] = await Promise.allSettled([ahead.next(), ahead.next()]);
  expect([one.status, two.status].includes('fulfilled')).toBe(true);
  await ahead.close();
});

it('refuses positions and sizes that cannot be', () => {
  expect(() => prefetch(blocks, recipes[0]!, { ...options, ahead: 0 })).toThrow(RangeError);
  expect(() => prefetch(blocks, recipes[0]!, { ...options, from: { epoch: 0, step: 7 } })).toThrow(/0..6/);
});
