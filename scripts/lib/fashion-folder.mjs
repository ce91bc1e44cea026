// A sample of Fashion-MNIST twice: as its IDX files, and as pictures in folders of its classes, so that a training on own images can be compared with one on the
// data set. Run as a program: node scripts/lib/fashion-folder.mjs OUT [--train 2000] [--test 1000] [--side 64] [--colour grey|tint] [--jpeg-every 8] [--data-dir DIR] [--seed 1]
import { createRequire } from 'node:module';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

// Built, as users have it: the types are those of the sources.
/** @type {typeof import('../../packages/datasets/src/index.js')} */
const { draws, foldIn, limit, randomKey, resize } = await import(
  new URL('../../packages/datasets/dist/index.js', import.meta.url).href
);
/** @type {typeof import('../../packages/datasets/src/node.js')} */
const { dataDirectories, readIdxDataset, writeIdxDataset } = await import(
  new URL('../../packages/datasets/dist/node.js', import.meta.url).href
);

// The encoders that the datasets package depends on.
const require = createRequire(new URL('../../packages/datasets/package.json', import.meta.url));
const { encode: encodePng } = await import(require.resolve('fast-png'));
const { encode: encodeJpeg } = require('jpeg-js');

/** Draws of each purpose. */
const streams = { sample: { train: 1, test: 2 }, tint: 3 };

/** @typedef {ReturnType<typeof readIdxDataset>} Images */
/** @typedef {readonly [number, number, number]} Tint */

/**
 * An image with 28 rows as a picture of `side` rows, its greys times the tint.
 * @param {Float32Array} grey @param {number} side @param {Tint} tint @param {number} channels 3, or 4 with an opaque last one
 */
function picture(grey, side, tint, channels) {
  const large = resize(grey, [28, 28, 1], side, side, 'bilinear');
  const data = new Uint8Array(side * side * channels).fill(255);
  large.forEach((value, pixel) =>
    tint.forEach((gain, channel) => {
      data[pixel * channels + channel] = Math.round(value * gain);
    }),
  );
  return data;
}

/**
 * Each image as a file in the folder of its class: PNG, some JPEG (whose encoder is slow).
 * @param {Images} images @param {string} folder
 * @param {{ side: number, colour: string, jpegEvery: number, key: readonly [number, number] }} options `grey`: three equal channels; `tint`: of some colour, drawn for each image
 */
function writePictures(images, folder, { side, colour, jpegEvery, key }) {
  for (let number = 0; number < images.count; number++) {
    const draw = draws(foldIn(key, number));
    const gain = () => (colour === 'tint' ? draw.uniform(0.5, 1) : 1);
    /** @type {Tint} */
    const tint = [gain(), gain(), gain()];
    const grey = Float32Array.from(images.images.subarray(number * 784, (number + 1) * 784));
    // The names of Fashion-MNIST have a stroke in them.
    const place = join(folder, String(images.classNames[images.labels[number] ?? 0]).replace('/', '-'));
    mkdirSync(place, { recursive: true });
    const jpeg = number % jpegEvery === jpegEvery - 1;
    const bytes = jpeg
      ? encodeJpeg({ width: side, height: side, data: picture(grey, side, tint, 4) }, 90).data
      : encodePng({ width: side, height: side, channels: 3, data: picture(grey, side, tint, 3) });
    writeFileSync(join(place, `${images.split}-${number}.${jpeg ? 'jpg' : 'png'}`), bytes);
  }
}

/**
 * Writes the sample: `OUT/idx` has the four files of IDX, `OUT/pictures` has `train/CLASS` and `test/CLASS`; `OUT/pictures/train` is a folder without a split, too.
 * @param {string} out
 * @param {{ train?: number, test?: number, side?: number, colour?: string, jpegEvery?: number, dataDir?: string | undefined, seed?: number }} [options] images of each split, balanced
 */
export function writeFashion(
  out,
  { train = 2000, test = 1000, side = 64, colour = 'grey', jpegEvery = 8, dataDir, seed = 1 } = {},
) {
  const key = randomKey(seed);
  for (const [split, count] of /** @type {const} */ ([
    ['train', train],
    ['test', test],
  ])) {
    const all = readIdxDataset('fashion-mnist', split, dataDirectories({ dataDir }));
    const images = limit(all, count, foldIn(key, streams.sample[split]));
    writeIdxDataset(images, join(out, 'idx'));
    const options = { side, colour, jpegEvery, key: foldIn(key, streams.tint) };
    writePictures(images, join(out, 'pictures', split), options);
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      train: { type: 'string', default: '2000' },
      test: { type: 'string', default: '1000' },
      side: { type: 'string', default: '64' },
      colour: { type: 'string', default: 'grey' },
      'jpeg-every': { type: 'string', default: '8' },
      'data-dir': { type: 'string' },
      seed: { type: 'string', default: '1' },
    },
  });
  const [out] = positionals;
  if (out === undefined) throw new Error('fashion-folder.mjs OUT: a folder to write to is missing');
  writeFashion(out, {
    train: Number(values.train),
    test: Number(values.test),
    side: Number(values.side),
    colour: values.colour,
    jpegEvery: Number(values['jpeg-every']),
    dataDir: values['data-dir'],
    seed: Number(values.seed),
  });
}
