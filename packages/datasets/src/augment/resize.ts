/**
 * Resizing as two passes of weighted sums along one axis. The weights depend on the two lengths alone, so they are made once for each pair
 * and kept. Positions are half-pixel centres: output i looks at input (i + 1/2) * scale - 1/2.
 */
import type { ImageShape } from '../values/dataset.js';

/** For each output position: the first input, how many inputs, and their weights (`taps` of them, the rest zero). */
export interface AxisWeights {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  readonly weights: Float64Array;
  readonly taps: number;
}

/** How pixels are weighed between their neighbours; `triangle` is `bilinear` that averages when it shrinks. */
export type ResizeFilter = 'bilinear' | 'lanczos3' | 'triangle';

interface Kernel {
  readonly radius: number;
  /** Widened when shrinking, so that every input counts (anti-aliasing). */
  readonly widens: boolean;
  readonly value: (x: number) => number;
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
const tent = (x: number): number => Math.max(0, 1 - Math.abs(x));

const kernels: Readonly<Record<ResizeFilter, Kernel>> = {
  /** Two neighbours, whatever the scale: TensorFlow's `resize` without anti-aliasing. */
  bilinear: { radius: 1, widens: false, value: tent },
  /** Bilinear with anti-aliasing: the average of what a pixel covers, tent-weighted. */
  triangle: { radius: 1, widens: true, value: tent },
  /** sinc(x) sinc(x/3) for |x| < 3, with anti-aliasing: Pillow's LANCZOS, TensorFlow's lanczos3 with antialias. */
  lanczos3: { radius: 3, widens: true, value: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

const kept = new Map<string, AxisWeights>();

/** The weights that resize an axis of `from` values to `to` values; they sum to 1 for each output. */
export function axisWeights(from: number, to: number, filter: ResizeFilter): AxisWeights {
  const name = `${filter} ${from} ${to}`;
  const known = kept.get(name);
  if (known) return known;
  const { radius, widens, value } = kernels[filter];
  const scale = from / to;
  const widening = widens ? Math.max(scale, 1) : 1;
  const support = radius * widening;
  const taps = Math.min(from, Math.ceil(2 * support) + 1);
  const made = {
    starts: new Int32Array(to),
    counts: new Int32Array(to),
    weights: new Float64Array(to * taps),
    taps,
  };
  for (let position = 0; position < to; position++) {
    const center = (position + 0.5) * scale;
    const start = Math.min(from - 1, Math.max(0, Math.ceil(center - support - 0.5)));
    const end = Math.max(start + 1, Math.min(from, Math.floor(center + support - 0.5) + 1));
    const row = Array.from({ length: end - start }, (_, tap) =>
      value((start + tap + 0.5 - center) / widening),
    );
    const sum = row.reduce((total, weight) => total + weight, 0);
    made.starts[position] = start;
    made.counts[position] = row.length;
    row.forEach(
      (weight, tap) => (made.weights[position * taps + tap] = sum === 0 ? 1 / row.length : weight / sum),
    );
  }
  kept.set(name, made);
  return made;
}

/** Resizes the columns of an image: H x W x C to H x `width` x C. */
export function resizeWidth(
  image: Float32Array,
  [height, fullWidth, channels]: ImageShape,
  width: number,
  filter: ResizeFilter,
  out: Float32Array = new Float32Array(height * width * channels),
): Float32Array {
  const { starts, counts, weights, taps } = axisWeights(fullWidth, width, filter);
  for (let y = 0, to = 0; y < height; y++) {
    const row = y * fullWidth * channels;
    for (let x = 0; x < width; x++) {
      const first = row + starts[x]! * channels;
      const table = x * taps;
      const end = table + counts[x]!;
      for (let channel = 0; channel < channels; channel++, to++) {
        let sum = 0;
        for (let tap = table, from = first + channel; tap < end; tap++, from += channels) {
          sum += weights[tap]! * image[from]!;
        }
        out[to] = sum;
      }
    }
  }
  return out;
}

/** Resizes the rows of an image: H x W x C to `height` x W x C. */
export function resizeHeight(
  image: Float32Array,
  [fullHeight, width, channels]: ImageShape,
  height: number,
  filter: ResizeFilter,
  out: Float32Array = new Float32Array(height * width * channels),
): Float32Array {
  const { starts, counts, weights, taps } = axisWeights(fullHeight, height, filter);
  const row = width * channels;
  for (let y = 0; y < height; y++) {
    for (let at = 0; at < row; at++) {
      let sum = 0;
      for (let tap = 0; tap < counts[y]!; tap++) {
        sum += weights[y * taps + tap]! * image[(starts[y]! + tap) * row + at]!;
      }
      out[y * row + at] = sum;
    }
  }
  return out;
}

/** Resizes an image of H x W x C values to `height` x `width` x C. */
export function resize(
  image: Float32Array,
  shape: ImageShape,
  height: number,
  width: number,
  filter: ResizeFilter,
): Float32Array {
  const [fullHeight, fullWidth, channels] = shape;
  const wide = fullWidth === width ? image : resizeWidth(image, shape, width, filter);
  if (fullHeight === height) return wide === image ? image.slice() : wide;
  return resizeHeight(wide, [fullHeight, width, channels], height, filter);
}
