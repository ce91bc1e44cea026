/**
 * What is done to test images to see how a network bears it: five kinds, each with a level that says how much. A distortion is a pure function of image,
 * level and draws; at its neutral level it leaves every bit as it is.
 */
import { erase, warpAffine, type AffineMap, type Draws, type ImageShape } from '@capsnet/datasets';

/** How a picture lies: about its centre, in degrees (counter-clockwise), pixels (right, down) and as a factor. */
export interface Pose {
  readonly angle?: number;
  readonly right?: number;
  readonly down?: number;
  readonly scale?: number;
}

/** Turns, enlarges and moves an image about its centre by bilinear sampling; zeros move in. `out` must not be the image. */
export function moveTo(
  image: Float32Array,
  shape: ImageShape,
  { angle = 0, right = 0, down = 0, scale = 1 }: Pose,
  out: Float32Array,
): Float32Array {
  if (angle === 0 && right === 0 && down === 0 && scale === 1) {
    out.set(image);
    return out;
  }
  const radians = (angle * Math.PI) / 180;
  const [cosine, sine] = [Math.cos(radians) / scale, Math.sin(radians) / scale];
  // The middle of the pixels: (side - 1) / 2. A destination pixel looks back at its source: move back, turn back, shrink back.
  const [middleY, middleX] = [(shape[0] - 1) / 2, (shape[1] - 1) / 2];
  const [fromX, fromY] = [middleX + right, middleY + down];
  const back: AffineMap = [
    cosine,
    -sine,
    middleX - cosine * fromX + sine * fromY,
    sine,
    cosine,
    middleY - sine * fromX - cosine * fromY,
  ];
  return warpAffine(image, shape, back, out);
}

/** Smallest and largest value among the undistorted images: what noise is measured by, and stays within. */
export interface ValueRange {
  readonly smallest: number;
  readonly largest: number;
}

export interface Distortion {
  readonly title: string;
  /** What a level counts. */
  readonly unit: string;
  /** Leaves images as they are. */
  readonly neutral: number;
  readonly levels: (shape: ImageShape) => readonly number[];
  readonly apply: (
    image: Float32Array,
    shape: ImageShape,
    level: number,
    draw: Draws,
    range: ValueRange,
    out: Float32Array,
  ) => void;
}

export const distortionNames = ['rotate', 'shift', 'scale', 'noise', 'erase'] as const;
export type DistortionName = (typeof distortionNames)[number];

const upTo = (last: number, step: number): number[] =>
  Array.from({ length: Math.round(last / step) + 1 }, (_, k) => Math.round(k * step * 1000) / 1000);
/** A number of pixels that stands for the same share of the image as `pixels` of 28. */
const alike = (pixels: number, shape: ImageShape): number =>
  Math.round((pixels * Math.min(shape[0], shape[1])) / 28);
const coin = (draw: Draws): 1 | -1 => (draw.uniform() < 0.5 ? 1 : -1);

export const distortions: Readonly<Record<DistortionName, Distortion>> = {
  rotate: {
    title: 'Rotation',
    unit: 'degrees, to either side',
    neutral: 0,
    levels: () => upTo(60, 10),
    apply: (image, shape, level, draw, _range, out) =>
      moveTo(image, shape, { angle: coin(draw) * level }, out),
  },
  shift: {
    title: 'Shift',
    unit: 'pixels, in one of eight directions',
    neutral: 0,
    levels: (shape) => upTo(6, 1).map((pixels) => alike(pixels, shape)),
    apply(image, shape, level, draw, _range, out) {
      const direction = Math.floor(draw.uniform() * 8);
      // Around the compass: (1, 0), (1, 1), (0, 1), (-1, 1), ...
      const along = (turn: number): number => Math.round(Math.cos((turn * Math.PI) / 4));
      moveTo(image, shape, { right: level * along(direction), down: level * along(direction - 2) }, out);
    },
  },
  scale: {
    title: 'Scale',
    unit: 'factor',
    neutral: 1,
    levels: () => upTo(1, 0.1).map((step) => Math.round((0.5 + step) * 10) / 10),
    apply: (image, shape, level, _draw, _range, out) => moveTo(image, shape, { scale: level }, out),
  },
  noise: {
    title: 'Noise',
    unit: 'standard deviation, as a share of the range of values',
    neutral: 0,
    levels: () => upTo(0.5, 0.1),
    apply(image, _shape, level, draw, { smallest, largest }, out) {
      if (level === 0) return out.set(image);
      const deviation = level * (largest - smallest);
      image.forEach((value, k) => {
        out[k] = Math.min(largest, Math.max(smallest, value + deviation * draw.normal()));
      });
    },
  },
  erase: {
    title: 'Erased patch',
    unit: 'pixels a side of the square',
    neutral: 0,
    levels: (shape) => upTo(16, 4).map((side) => alike(side, shape)),
    apply(image, shape, level, draw, _range, out) {
      if (level === 0) return out.set(image);
      const corner = (side: number): number => Math.floor(draw.uniform() * (side - level + 1));
      const [row, column] = [corner(shape[0]), corner(shape[1])];
      erase(image, shape, row, column, level, out);
    },
  },
};
