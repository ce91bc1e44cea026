/**
 * Small data sets in MNIST's IDX files, written from the format's description (not with our own writer), and ways to spoil them.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface IdxParts {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

const header = (magic: number, ...axes: readonly number[]): number[] =>
  [magic, ...axes].flatMap((word) => [
    (word >>> 24) & 255,
    (word >>> 16) & 255,
    (word >>> 8) & 255,
    word & 255,
  ]);

/** Images of one bright row each: the row says the class, so that a network learns them at once. */
export function idxParts(count: number): IdxParts {
  const images = new Uint8Array(count * 784);
  const labels = new Uint8Array(count);
  for (let index = 0; index < count; index++) {
    const label = index % 10;
    labels[index] = label;
    images.fill(
      200 + (index % 50),
      index * 784 + (4 + 2 * label) * 28 + 4,
      index * 784 + (4 + 2 * label) * 28 + 24,
    );
  }
  return {
    images: Uint8Array.from([...header(0x803, count, 28, 28), ...images]),
    labels: Uint8Array.from([...header(0x801, count), ...labels]),
  };
}

/** Writes both splits, `change` may spoil one of the four files. */
export function writeIdx(
  folder: string,
  change: (name: string, bytes: Uint8Array) => Uint8Array | undefined = (_name, bytes) => bytes,
  counts: { readonly train: number; readonly test: number } = { train: 40, test: 20 },
): void {
  mkdirSync(folder, { recursive: true });
  const train = idxParts(counts.train);
  const test = idxParts(counts.test);
  const files: Readonly<Record<string, Uint8Array>> = {
    'train-images-idx3-ubyte': train.images,
    'train-labels-idx1-ubyte': train.labels,
    't10k-images-idx3-ubyte': test.images,
    't10k-labels-idx1-ubyte': test.labels,
  };
  for (const [name, bytes] of Object.entries(files)) {
    const changed = change(name, bytes);
    if (changed) writeFileSync(join(folder, name), changed);
  }
}
