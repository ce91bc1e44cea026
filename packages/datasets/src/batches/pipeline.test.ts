import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { randomKey } from '../random.js';
import { blockDataset, noiseDataset } from '../testing/samples.js';
import { batchBuffers, batchesOfEpoch, createPipeline, type Pipeline } from './pipeline.js';
import { undistorted, type Recipe } from './recipe.js';

const blocks = blockDataset(50);
const pairs = noiseDataset(9, [96, 96, 2], 5);
const norb = {
  kind: 'norb',
  statistics: { mean: [120, 130], deviation: [70, 75] },
  scale: 64,
  patch: 48,
  target: 'unit',
} as const;

const recipes: Record<string, [typeof blocks, Recipe]> = {
  plain: [blocks, { kind: 'images', divisor: 256 }],
  mnist: [blocks, { kind: 'images', divisor: 256, augment: { kind: 'mnist' } }],
  general: [
    blocks,
    {
      kind: 'images',
      divisor: 256,
      augment: { kind: 'general', rotate: 20, shift: 0.1, scale: 0.1, colour: 0.2, erase: 0.2, flip: true },
    },
  ],
  norb: [pairs, { ...norb, augment: true }],
  'norb, middle window': [pairs, { ...norb, augment: false, target: 'standardised' }],
  multimnist: [blocks, { kind: 'multimnist', divisor: 255, passes: 2, maximumShift: 6, sameClass: false }],
};

describe.each(Object.entries(recipes))('%s', (_, [dataset, recipe]) => {
  const make = (key = 5): Pipeline => createPipeline(dataset, recipe, { key: randomKey(key), batchSize: 4 });
  const positions = fc.record({ epoch: fc.nat({ max: 5 }), step: fc.nat({ max: make().stepsPerEpoch - 1 }) });

  test.prop([fc.array(positions, { minLength: 1, maxLength: 4 })], { numRuns: 10 })(
    'a batch does not depend on the batches before it',
    (visited) => {
      const pipeline = make();
      const seen = visited.map((position) => pipeline.batchAt(position));
      visited.forEach((position, at) => expect(make().batchAt(position)).toEqual(seen[at]));
    },
  );
  it('fills dirty buffers with the same bits', () => {
    const pipeline = make();
    const dirty = batchBuffers(pipeline);
    for (const part of Object.values(dirty)) part.fill(77);
    expect(pipeline.fill({ epoch: 1, step: 0 }, dirty)).toBe(4);
    const clean = pipeline.batchAt({ epoch: 1, step: 0 });
    for (const part of ['images', 'labels', 'oneHot', 'targets'] as const)
      expect(dirty[part]).toEqual(clean[part]);
  });
  it('the parts of three processes are the batch', () => {
    const key = randomKey(5);
    const parts = [0, 1, 2].map((rank) =>
      createPipeline(dataset, recipe, { key, batchSize: 4, shard: { rank, size: 3 } }),
    );
    for (const step of [0, make().stepsPerEpoch - 1]) {
      const whole = make().batchAt({ epoch: 1, step });
      const counted = parts.map((part) => part.batchAt({ epoch: 1, step })).filter((part) => part.counted);
      for (const part of ['images', 'labels', 'oneHot', 'targets'] as const)
        expect(counted.flatMap((batch) => [...batch[part]])).toEqual([...whole[part]]);
      expect(counted.map((batch) => batch.whole)).toEqual(counted.map(() => whole.count));
    }
  });
  it('undistortedFrom: the epochs before as the recipe says, those from it on as without distortions', () => {
    const options = { key: randomKey(5), batchSize: 4 };
    const refined = createPipeline(dataset, recipe, { ...options, undistortedFrom: 2 });
    const plain = createPipeline(dataset, undistorted(recipe), options);
    const at = (pipeline: Pipeline, epoch: number) => pipeline.batchAt({ epoch, step: 1 });
    expect(at(refined, 1)).toEqual(at(make(), 1));
    expect(at(refined, 2)).toEqual(at(plain, 2));
    expect(at(refined, 3)).toEqual(at(plain, 3));
    const distorts = 'augment' in recipe && recipe.augment !== false;
    if (distorts) expect(at(refined, 2).images).not.toEqual(at(make(), 2).images);
  });
  it('differs between keys', () => {
    const of = (key: number) => make(key).batchAt({ epoch: 0, step: 0 }).images;
    expect(of(1)).not.toEqual(of(2));
  });
});

describe('images', () => {
  it('an epoch shows each image once, with its label', () => {
    const source = noiseDataset(10);
    const pipeline = createPipeline(
      source,
      { kind: 'images', divisor: 1 },
      { key: randomKey(1), batchSize: 3 },
    );
    const seen: string[] = [];
    for (const batch of batchesOfEpoch(pipeline, 2)) {
      expect(batch.images.length).toBe(batch.count * 30);
      for (let row = 0; row < batch.count; row++) {
        expect(batch.oneHot[row * 3 + batch.labels[row]!]).toBe(1);
        seen.push(`${batch.labels[row]}:${batch.images.subarray(row * 30, row * 30 + 30).join()}`);
      }
    }
    const all = Array.from(
      { length: 10 },
      (_, i) => `${source.labels[i]}:${source.images.subarray(i * 30, i * 30 + 30).join()}`,
    );
    expect(seen.sort()).toEqual(all.sort());
  });
  it('keeps or drops the last batch', () => {
    const of = (dropLast: boolean) =>
      createPipeline(
        blocks,
        { kind: 'images', divisor: 256 },
        { key: randomKey(1), batchSize: 16, dropLast },
      );
    expect([...batchesOfEpoch(of(false), 0)].map(({ count }) => count)).toEqual([16, 16, 16, 2]);
    expect(of(true).stepsPerEpoch).toBe(3);
  });
  it('without shuffling comes in order, scaled by 1/256', () => {
    const batch = createPipeline(
      blocks,
      { kind: 'images', divisor: 256 },
      { key: randomKey(1), batchSize: 4, shuffle: false },
    ).batchAt({ epoch: 3, step: 1 });
    expect([...batch.labels]).toEqual([4, 5, 6, 7]);
    batch.images.forEach((value, at) => expect(value).toBe(blocks.images[4 * 784 + at]! / 256));
  });
});

describe('multimnist', () => {
  it('image = min(base + top, 1), two classes, every image a base in each pass', () => {
    const pipeline = createPipeline(blocks, recipes.multimnist![1], { key: randomKey(7), batchSize: 10 });
    expect([pipeline.shape, pipeline.count, pipeline.labelsPerImage, pipeline.targetsPerImage]).toEqual([
      [36, 36, 1],
      100,
      2,
      2,
    ]);
    const bases = new Map<number, number>();
    for (const batch of batchesOfEpoch(pipeline, 0)) {
      for (let row = 0; row < batch.count; row++) {
        const [base, top] = [batch.labels[2 * row]!, batch.labels[2 * row + 1]!];
        expect(base).not.toBe(top);
        bases.set(base, (bases.get(base) ?? 0) + 1);
        for (let at = 0; at < 36 * 36; at += 17) {
          const sum = batch.targets[2 * row * 1296 + at]! + batch.targets[(2 * row + 1) * 1296 + at]!;
          expect(batch.images[row * 1296 + at]).toBeCloseTo(Math.min(1, sum), 6);
        }
      }
    }
    expect([...bases.values()]).toEqual(Array(10).fill(10));
  });
});

describe('wrong requests', () => {
  const pipeline = createPipeline(
    blocks,
    { kind: 'images', divisor: 256 },
    { key: randomKey(1), batchSize: 16 },
  );
  it('name what is allowed', () => {
    expect(() =>
      createPipeline(blocks, { kind: 'images', divisor: 1 }, { key: [0, 0], batchSize: 0 }),
    ).toThrow(/whole number from 1/);
    expect(() =>
      createPipeline(blocks, { kind: 'images', divisor: 1 }, { key: [0, 0], batchSize: 64, dropLast: true }),
    ).toThrow(/smaller batch/);
    expect(() => pipeline.batchAt({ epoch: 0, step: 4 })).toThrow(/batches 0..3/);
    expect(() =>
      pipeline.fill({ epoch: 0, step: 0 }, { ...batchBuffers(pipeline), labels: new Int32Array(3) }),
    ).toThrow(/labels has room for 3 values, 16 wanted/);
  });
});
