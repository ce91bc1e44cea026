/** Telling dropped files apart: weights, pictures, and IDX files in pairs (as MNIST comes). */
import { decodeIdx, digitNames, fashionNames } from '@capsnet/datasets';
import type { RawImages } from '../protocol.js';
import { side } from '../pictures/picture.js';

export interface Dropped {
  readonly weights: readonly File[];
  readonly pictures: readonly File[];
  readonly sets: readonly RawImages[];
}

const isPicture = (file: File): boolean =>
  file.type.startsWith('image/') || /\.(png|jpe?g|webp|gif|bmp)$/i.test(file.name);
const isWeights = (file: File): boolean => /\.(safetensors|h5|hdf5)$/i.test(file.name);
const isIdx = (file: File): boolean => /idx[13]-ubyte|\.idx[13]?(\.gz)?$/i.test(file.name);

/**
 * Sorts files.
 *
 * @throws Error in words for people when a file is none of these, or a pair of IDX files is not whole
 */
export async function sortFiles(files: readonly File[]): Promise<Dropped> {
  const weights = files.filter(isWeights);
  const pictures = files.filter(isPicture);
  const idx = files.filter(isIdx);
  const other = files.find((file) => !isWeights(file) && !isPicture(file) && !isIdx(file));
  if (other)
    throw new Error(
      `${other.name} is none of the files that this page reads. Drop weights (.safetensors, .h5), a picture (.png), or MNIST's files (images and labels together).`,
    );
  return { weights, pictures, sets: await readSets(idx) };
}

async function readSets(files: readonly File[]): Promise<RawImages[]> {
  const images = files.filter(({ name }) => /idx3|images/i.test(name));
  const labels = files.filter((file) => !images.includes(file));
  const partOf = (name: string): string =>
    /^train/i.test(name) ? 'train' : /^(t10k|test)/i.test(name) ? 'test' : '';
  const alone = [...images, ...labels].find(
    ({ name }) =>
      images.filter((other) => partOf(other.name) === partOf(name)).length !== 1 ||
      labels.filter((other) => partOf(other.name) === partOf(name)).length !== 1,
  );
  if (alone)
    throw new Error(
      `${alone.name} came without its other half. Drop the file of images and the file of labels of the same split together.`,
    );
  return Promise.all(
    images.map(async (file) => {
      const partner = labels.find(({ name }) => partOf(name) === partOf(file.name))!;
      return readSet(file, partner, partOf(file.name));
    }),
  );
}

async function readSet(images: File, labels: File, part: string): Promise<RawImages> {
  const pictures = decodeIdx(await bytesOf(images), 3, images.name);
  const answers = decodeIdx(await bytesOf(labels), 1, labels.name);
  const [count, rows, columns] = pictures.axes as [number, number, number];
  if (rows !== side || columns !== side)
    throw new Error(
      `${images.name} has images of ${rows} x ${columns}; this page takes ${side} x ${side}, as MNIST has.`,
    );
  if (answers.axes[0] !== count)
    throw new Error(
      `${images.name} has ${count} images and ${labels.name} ${answers.axes[0]} labels: take those of one split.`,
    );
  const highest = answers.data.reduce((most, label) => Math.max(most, label), 0);
  if (highest > 9)
    throw new Error(`${labels.name} has the label ${highest}; this page knows the classes 0 to 9.`);
  const fashion = /fashion/i.test(images.name);
  return {
    name: `${fashion ? 'fashion' : 'mnist'}${part === '' ? '' : ` ${part}`}`,
    images: Uint8Array.from(pictures.data),
    labels: Uint8Array.from(answers.data),
    classNames: fashion ? fashionNames : digitNames,
  };
}

/** The bytes of a file, unpacked when it is a gzip. */
async function bytesOf(file: File): Promise<Uint8Array> {
  const head = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  if (head[0] !== 0x1f || head[1] !== 0x8b) return new Uint8Array(await file.arrayBuffer());
  try {
    const stream = file.stream().pipeThrough(new DecompressionStream('gzip'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch {
    throw new Error(`${file.name} is a damaged gzip: get it again.`);
  }
}
