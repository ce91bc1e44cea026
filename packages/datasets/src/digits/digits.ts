/**
 * `digits`: handwritten-like digits that need no download. A digit is a skeleton (skeletons.ts) whose points are jittered, bent by a
 * smooth field (elastic distortion), slanted, turned, stretched and placed; a pen of some width and softness draws it, and the paper
 * adds noise. Image i of a seed depends on the seed and i alone. Training and test images come from different keys.
 */
import { draws, foldIn, randomKey, type Draws, type RandomKey } from '../random.js';
import { digitNames } from '../values/classNames.js';
import { imageDataset, type ImageDataset, type Split } from '../values/dataset.js';
import { drawPiece } from './ink.js';
import { penPath, piecesPerSpan, type PenStroke } from './path.js';
import { digitSkeletons, type Skeleton } from './skeletons.js';

/** How much the writing varies. The numbers are standard deviations or ranges, in units of the glyph box where not said otherwise. */
const variety = {
  pointJitter: 0.022,
  elastic: 0.042,
  slant: { mean: 0.12, deviation: 0.2 },
  rotationDegrees: 8,
  heightPixels: [15, 21],
  widthToHeight: [0.56, 0.88],
  offCentrePixels: 1.3,
  penRadiusPixels: [0.65, 1.6],
  softnessPixels: [1, 2.2],
  pressure: 0.2,
  darkness: [0.72, 1],
  noise: [0.01, 0.09],
} as const;

const size = 28;
/** Of all strokes of a skeleton together. */
const maximumPoints = 24;

function chooseSkeleton(skeletons: readonly Skeleton[], draw: Draws): Skeleton {
  const total = skeletons.reduce((sum, { often }) => sum + often, 0);
  let left = draw.uniform(0, total);
  return skeletons.find(({ often }) => (left -= often) < 0) ?? skeletons[0]!;
}

/** A smooth displacement of the plane: two waves for each axis, about one period over the box. */
function elasticField(draw: Draws): (x: number, y: number) => readonly [number, number] {
  const wave = () => {
    const [fx, fy, phase] = [draw.normal(0, 3.5), draw.normal(0, 3.5), draw.uniform(0, 2 * Math.PI)];
    const amplitude = draw.normal(0, variety.elastic);
    return (x: number, y: number) => amplitude * Math.sin(fx * x + fy * y + phase);
  };
  const [x1, x2, y1, y2] = [wave(), wave(), wave(), wave()];
  return (x, y) => [x1(x, y) + x2(x, y), y1(x, y) + y2(x, y)];
}

/** Where a point of the box comes to lie on the 28 x 28 pixels. */
function placement(draw: Draws): (x: number, y: number) => readonly [number, number] {
  const height = draw.uniform(...variety.heightPixels);
  const width = height * draw.uniform(...variety.widthToHeight);
  const slant = draw.normal(variety.slant.mean, variety.slant.deviation);
  const angle = (draw.normal(0, variety.rotationDegrees) * Math.PI) / 180;
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  const centre = (size - 1) / 2;
  const [offsetX, offsetY] = [
    draw.normal(0, variety.offCentrePixels),
    draw.normal(0, variety.offCentrePixels),
  ];
  return (x, y) => {
    const down = (y - 0.5) * height;
    const across = (x - 0.5) * width - slant * down;
    return [
      centre + offsetX + cosine * across - sine * down,
      centre + offsetY + sine * across + cosine * down,
    ];
  };
}

const path = new Float64Array(2 * (1 + piecesPerSpan * maximumPoints));
const xs = new Float64Array(maximumPoints);
const ys = new Float64Array(maximumPoints);
const ink = new Float32Array(size * size);

/** How far to move values so that they lie within margin..size-1-margin (their middle in the middle when they are too wide). */
function moveInside(values: Float64Array, count: number, margin: number): number {
  let low = Infinity;
  let high = -Infinity;
  for (let at = 0; at < count; at++) {
    low = Math.min(low, values[at]!);
    high = Math.max(high, values[at]!);
  }
  const [first, last] = [margin, size - 1 - margin];
  if (high - low > last - first) return (first + last - low - high) / 2;
  return low < first ? first - low : high > last ? last - high : 0;
}

/** Draws one stroke; the pressure, and with it the width, changes from its beginning to its end. */
function drawStroke(stroke: PenStroke, radius: number, softness: number, draw: Draws): void {
  const points = penPath(stroke, path);
  const begin = radius * (1 + draw.uniform(-variety.pressure, variety.pressure));
  const end = radius * (1 + draw.uniform(-variety.pressure, variety.pressure));
  for (let point = 0; point + 1 < points; point++) {
    const at = 2 * point;
    const width = begin + ((end - begin) * point) / points;
    drawPiece(ink, size, size, path[at]!, path[at + 1]!, path[at + 2]!, path[at + 3]!, width, softness);
  }
}

/** Draws one digit as 28 x 28 bytes, white on black as MNIST: a function of (digit, key). */
export function drawDigit(
  digit: number,
  key: RandomKey,
  out: Uint8Array = new Uint8Array(size * size),
): Uint8Array {
  const draw = draws(key);
  const { strokes } = chooseSkeleton(digitSkeletons[digit]!, draw);
  const bend = elasticField(draw);
  const place = placement(draw);
  const radius = draw.uniform(...variety.penRadiusPixels);
  const softness = draw.uniform(...variety.softnessPixels);
  let points = 0;
  for (const stroke of strokes) {
    for (const [x, y] of stroke) {
      const jitteredX = x + draw.normal(0, variety.pointJitter);
      const jitteredY = y + draw.normal(0, variety.pointJitter);
      const [bentX, bentY] = bend(jitteredX, jitteredY);
      [xs[points], ys[points]] = place(jitteredX + bentX, jitteredY + bentY);
      points++;
    }
  }
  // Nobody writes over the edge of the paper.
  const margin = radius + softness / 2;
  const [moveX, moveY] = [moveInside(xs, points, margin), moveInside(ys, points, margin)];
  for (let point = 0; point < points; point++) {
    xs[point]! += moveX;
    ys[point]! += moveY;
  }
  ink.fill(0);
  let from = 0;
  for (const stroke of strokes) {
    const to = from + stroke.length;
    const corners = stroke.map(([, , corner]) => corner === 1);
    drawStroke({ xs: xs.subarray(from, to), ys: ys.subarray(from, to), corners }, radius, softness, draw);
    from = to;
  }
  const darkness = draw.uniform(...variety.darkness);
  const noise = draw.uniform(...variety.noise);
  for (let at = 0; at < out.length; at++) {
    const covered = ink[at]!;
    // Paper stays empty (as after MNIST's own thresholding); the noise is in the ink and its edges.
    if (covered <= 0) out[at] = 0;
    else out[at] = Math.max(0, Math.min(255, Math.round(255 * (darkness * covered + draw.normal(0, noise)))));
  }
  return out;
}

/** Which generated digits. */
export interface DigitsOptions {
  readonly split: Split;
  /** Default 60,000 for training, 10,000 for testing. */
  readonly count?: number;
  /** Default 0. Both splits take the same seed and still never share an image. */
  readonly seed?: number;
}

/** Generates a split. Image i is of class i modulo 10 in a random order of ten, so every prefix is balanced. */
export function digits({
  split,
  count = split === 'train' ? 60_000 : 10_000,
  seed = 0,
}: DigitsOptions): ImageDataset {
  const key = foldIn(randomKey(seed), split === 'train' ? 1 : 2);
  const images = new Uint8Array(count * size * size);
  const labels = new Uint8Array(count);
  for (let index = 0; index < count; index++) {
    labels[index] = index % 10;
    drawDigit(
      labels[index]!,
      foldIn(key, index),
      images.subarray(index * size * size, (index + 1) * size * size),
    );
  }
  return imageDataset({
    name: 'digits',
    split,
    shape: [size, size, 1],
    count,
    images,
    labels,
    classNames: digitNames,
  });
}
