import { fc, test } from '@fast-check/vitest';
import { expect, it } from 'vitest';
import { noiseDataset } from '../testing/samples.js';
import { contentHashes } from './hash.js';
import { subset } from './dataset.js';

test.prop([fc.nat(), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })])(
  'copies have the hash of their image, other images another',
  (seed, height, width) => {
    const dataset = noiseDataset(20, [height, width, 3], 3, seed);
    const hashes = contentHashes(dataset);
    const copies = contentHashes(subset(dataset, [7, 3, 7]));
    expect([...copies]).toEqual([hashes[7], hashes[3], hashes[7]]);
    const texts = Array.from({ length: 20 }, (_, index) =>
      dataset.images.subarray(index * height * width * 3, (index + 1) * height * width * 3).join(),
    );
    expect(new Set(hashes).size).toBe(new Set(texts).size);
  },
);

it('one changed bit anywhere changes it', () => {
  const dataset = noiseDataset(1, [5, 5, 1]);
  const hashes = new Set(contentHashes(dataset));
  for (let at = 0; at < 25; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const images = Uint8Array.from(dataset.images);
      images[at]! ^= 1 << bit;
      hashes.add(contentHashes({ ...dataset, images })[0]!);
    }
  }
  expect(hashes.size).toBe(201);
});
