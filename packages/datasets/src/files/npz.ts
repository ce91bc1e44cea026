/** `mnist.npz`, as Keras distributes MNIST: a ZIP of the NPY arrays x_train, y_train, x_test, y_test. */
import { writeFileSync } from 'node:fs';
import { DataError } from '../errors.js';
import { decodeNpy, encodeNpy } from '../formats/npy.js';
import { digitNames } from '../values/classNames.js';
import { checkLabels, imageDataset, type ImageDataset, type Split } from '../values/dataset.js';
import { readBytes } from './bytes.js';
import { readZip, writeZip } from './zip.js';

/**
 * Reads a split of an `.npz` of MNIST's form: x of N x H x W bytes, y of N labels.
 * @throws DataError: a missing or damaged file, missing arrays, other shapes or types, counts that differ, a label out of range
 */
export function readNpzDataset(
  split: Split,
  path: string,
  name = 'mnist',
  classNames: readonly string[] = digitNames,
): ImageDataset {
  const members = [`x_${split}.npy`, `y_${split}.npy`] as const;
  const archive = readZip(readBytes(path), members, path);
  const [x, y] = members.map((member) => decodeNpy(archive[member]!, `${path}:${member}`)) as [
    ReturnType<typeof decodeNpy>,
    ReturnType<typeof decodeNpy>,
  ];
  if (!(x.data instanceof Uint8Array) || x.axes.length !== 3 || y.axes.length !== 1) {
    throw new DataError(
      `${path} holds x of [${x.axes.join(',')}] and y of [${y.axes.join(',')}], wanted N x height x width bytes and N labels: put MNIST's mnist.npz there.`,
      path,
    );
  }
  const [count, height, width] = x.axes as [number, number, number];
  if (y.axes[0] !== count) {
    throw new DataError(
      `${path} has ${count} images but ${y.axes[0]!} labels in its ${split} split: get the file again.`,
      path,
    );
  }
  checkLabels(y.data, 1, classNames.length, path);
  return imageDataset(
    {
      name,
      split,
      shape: [height, width, 1],
      count,
      images: x.data,
      labels: Uint8Array.from(y.data),
      classNames,
    },
    path,
  );
}

/**
 * Writes both splits of a data set of grey bytes as one `.npz`.
 *
 * @throws DataError for images that are not bytes of one channel
 */
export function writeNpzDataset(splits: Readonly<Record<Split, ImageDataset>>, path: string): void {
  const members: Record<string, Uint8Array> = {};
  for (const [split, { images, labels, count, shape }] of Object.entries(splits)) {
    if (!(images instanceof Uint8Array) || shape[2] !== 1) {
      throw new DataError(
        `${path}: mnist.npz holds grey byte images, not ${shape.join('x')}; choose another format.`,
        path,
      );
    }
    members[`x_${split}.npy`] = encodeNpy([count, shape[0], shape[1]], images);
    members[`y_${split}.npy`] = encodeNpy([count], Uint8Array.from(labels));
  }
  writeFileSync(path, writeZip(members));
}
