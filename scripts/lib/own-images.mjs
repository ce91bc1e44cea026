// Folders of pictures for the check of own images: made here from seeds, so that nothing is downloaded and every run has the same.
import { createRequire } from 'node:module';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {readonly [number, number]} Point */
/** @typedef {readonly [Point, Point]} Stroke */
/** @typedef {readonly [number, number]} Key */

// Built, as users have it: the types are those of the sources.
/** @type {typeof import('../../packages/datasets/src/index.js')} */
const { foldIn, draws, randomKey } = await import(
  new URL('../../packages/datasets/dist/index.js', import.meta.url).href
);

// The encoders that the datasets package depends on.
const require = createRequire(new URL('../../packages/datasets/package.json', import.meta.url));
const { encode: encodePng } = await import(require.resolve('fast-png'));
const { encode: encodeJpeg } = require('jpeg-js');

/** The strokes of a made-up letter: three to five straight lines between the points of a 4 x 4 grid, each from where the last ended. @param {Key} key @returns {Stroke[]} */
function letter(key) {
  const draw = draws(key);
  /** @returns {Point} */
  const point = () => [draw.integer(4) / 3, draw.integer(4) / 3];
  /** @type {Stroke[]} */
  const strokes = [];
  let from = point();
  for (let count = 4 + draw.integer(3); strokes.length < count;) {
    const to = point();
    if (Math.hypot(to[0] - from[0], to[1] - from[1]) < 0.5) continue;
    strokes.push([from, to]);
    from = to;
  }
  return strokes;
}

/** @param {Point} point @param {Stroke} stroke */
const distance = ([x, y], [[ax, ay], [bx, by]]) => {
  const [dx, dy] = [bx - ax, by - ay];
  const along = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
};

/**
 * Writes `count` pictures of a letter, each turned, sheared, scaled and moved a little, in ink of some colour on paper of another.
 * @param {string} folder @param {readonly Stroke[]} strokes @param {Key} key
 * @param {{ count: number, side: number, colour: boolean }} options
 */
function writeLetter(folder, strokes, key, { count, side, colour }) {
  mkdirSync(folder, { recursive: true });
  for (let number = 0; number < count; number++) {
    const draw = draws(foldIn(key, number));
    const angle = draw.uniform(-0.2, 0.2);
    const shear = draw.uniform(-0.2, 0.2);
    const size = draw.uniform(0.5, 0.65) * side;
    const [left, top] = [draw.uniform(0.16, 0.3) * side, draw.uniform(0.16, 0.3) * side];
    const thickness = draw.uniform(0.05, 0.075) * side;
    /** @param {number} low @param {number} high */
    const shade = (low, high) => Array.from({ length: 3 }, () => draw.uniform(low, high));
    const [paper, ink] = colour ? [shade(150, 255), shade(0, 110)] : [Array(3).fill(245), Array(3).fill(20)];
    /** @param {Point} point @returns {Point} */
    const place = ([x, y]) => {
      const [u, v] = [x - 0.5 + shear * (y - 0.5), y - 0.5];
      return [
        left + size * (0.5 + u * Math.cos(angle) - v * Math.sin(angle)),
        top + size * (0.5 + u * Math.sin(angle) + v * Math.cos(angle)),
      ];
    };
    /** @type {Stroke[]} */
    const drawn = strokes.map(([a, b]) => [place(a), place(b)]);
    // The JPEG encoder is slow.
    const jpeg = number % 8 === 7;
    const channels = jpeg ? 4 : 3;
    const data = new Uint8Array(side * side * channels).fill(255);
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const nearest = Math.min(...drawn.map((stroke) => distance([x, y], stroke)));
        const cover = Math.min(1, Math.max(0, thickness / 2 + 0.5 - nearest));
        for (let channel = 0; channel < 3; channel++)
          data[(y * side + x) * channels + channel] =
            paper[channel] +
            (ink[channel] - paper[channel]) * cover +
            draw.uniform(-6, 6) * (cover > 0 ? 0 : 1);
      }
    }
    const bytes = jpeg
      ? encodeJpeg({ width: side, height: side, data }, 90).data
      : encodePng({ width: side, height: side, channels, data });
    writeFileSync(join(folder, `${number}.${jpeg ? 'jpg' : 'png'}`), bytes);
  }
}

/**
 * A folder of `classes` made-up letters, `count` pictures each, mostly PNG, each eighth JPEG.
 * @param {string} root @param {{ classes: number, count: number, side?: number, colour?: boolean, seed?: number }} options
 */
export function writeLetters(root, { classes, count, side = 32, colour = false, seed = 1 }) {
  for (let number = 0; number < classes; number++) {
    const key = foldIn(randomKey(seed), number);
    writeLetter(join(root, `letter ${number + 1}`), letter(foldIn(key, 0)), foldIn(key, 1), {
      count,
      side,
      colour,
    });
  }
}
