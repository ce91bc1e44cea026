/** For tests: small data sets with recognisable contents. */
import { draws, randomKey } from '../random.js';
import { imageDataset, imageSize, type ImageDataset, type ImageShape } from '../values/dataset.js';

/** Random bytes; image i of class i % classes. */
export function noiseDataset(
  count: number,
  shape: ImageShape = [6, 5, 1],
  classes = 3,
  seed = 1,
): ImageDataset {
  const draw = draws(randomKey(seed));
  return imageDataset({
    name: 'noise',
    split: 'train',
    shape,
    count,
    images: Uint8Array.from({ length: count * imageSize(shape) }, () => draw.integer(256)),
    labels: Uint8Array.from({ length: count }, (_, index) => index % classes),
    classNames: Array.from({ length: classes }, (_, label) => `class ${label}`),
  });
}

/** A bright block on black, away from the edges, as digits are. */
export function blockDataset(count: number, classes = 10, size = 28): ImageDataset {
  const images = new Uint8Array(count * size * size);
  for (let index = 0; index < count; index++) {
    const side = 4 + (index % 7);
    for (let y = 0; y < side; y++) {
      const row = index * size * size + (9 + y) * size + 8 + (index % 3);
      images.fill(40 + (index % 200), row, row + side);
    }
  }
  return imageDataset({
    name: 'blocks',
    split: 'train',
    shape: [size, size, 1],
    count,
    images,
    labels: Uint8Array.from({ length: count }, (_, index) => index % classes),
    classNames: Array.from({ length: classes }, (_, label) => `${label}`),
  });
}
