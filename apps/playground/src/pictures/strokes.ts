/** Strokes of a pen: as they were drawn, and as the 28 x 28 picture that a network sees. */
import { blankPicture, side } from './picture.js';

/** Points in units of the board, 0 to 1. */
export interface Stroke {
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** Width of the pen in pixels of the picture; about that of MNIST's digits. */
export const penWidth = 2.6;

/** Each pixel is drawn as 8 x 8 smaller ones and averaged: soft edges, as a scanner makes them. */
const fine = 8;

/** Where a stroke's point lies on the picture, in pixels. */
export type Placement = (x: number, y: number) => readonly [x: number, y: number];

export const asDrawn: Placement = (x, y) => [x * side, y * side];

/**
 * MNIST's way: the digit is scaled so that its longer side has 20 pixels (never more than 2.5 times) and moved so that its middle is
 * the picture's middle. A digit drawn small in a corner is then read like any other.
 */
export function centred(strokes: readonly Stroke[]): Placement {
  const points = strokes.flatMap(({ points }) => points);
  if (points.length === 0) return asDrawn;
  const [xs, ys] = [points.map(([x]) => x * side), points.map(([, y]) => y * side)];
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  const longest = Math.max(right - left, bottom - top);
  const scale = Math.min(2.5, (20 - penWidth) / Math.max(longest, 1));
  const [middleX, middleY] = [(left + right) / 2, (top + bottom) / 2];
  return (x, y) => [side / 2 + scale * (x * side - middleX), side / 2 + scale * (y * side - middleY)];
}

let scratch: OffscreenCanvasRenderingContext2D | undefined;

/** Draws the strokes as a picture, over `base` where there is one. */
export function rasterise(
  strokes: readonly Stroke[],
  place: Placement,
  base: Float32Array | undefined,
): Float32Array {
  const large = side * fine;
  scratch ??= new OffscreenCanvas(large, large).getContext('2d', { willReadFrequently: true })!;
  const context = scratch;
  context.fillStyle = '#000';
  context.fillRect(0, 0, large, large);
  context.strokeStyle = '#fff';
  context.lineCap = context.lineJoin = 'round';
  context.lineWidth = penWidth * fine;
  for (const { points } of strokes) trace(context, points, place, fine);
  const { data } = context.getImageData(0, 0, large, large);
  const picture = base ? base.slice() : blankPicture();
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      let ink = 0;
      for (let row = 0; row < fine; row++) {
        const from = ((y * fine + row) * large + x * fine) * 4;
        for (let column = 0; column < fine; column++) ink += data[from + 4 * column]!;
      }
      const at = y * side + x;
      picture[at] = Math.max(picture[at]!, (ink / (255 * fine * fine)) * (255 / 256));
    }
  }
  return picture;
}

/** A smooth line through the points, at `unit` canvas pixels for a pixel of the picture. */
export function trace(
  context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D,
  points: Stroke['points'],
  place: Placement,
  unit: number,
): void {
  if (points.length === 0) return;
  const at = points.map(([x, y]) => place(x, y).map((value) => value * unit) as [number, number]);
  context.beginPath();
  context.moveTo(...at[0]!);
  // A single point is a dot: a line of no length with round ends.
  if (at.length === 1) context.lineTo(at[0]![0] + 0.01, at[0]![1]);
  for (let index = 1; index + 1 < at.length; index++) {
    const [x, y] = at[index]!;
    const [nextX, nextY] = at[index + 1]!;
    context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
  }
  if (at.length > 1) context.lineTo(...at.at(-1)!);
  context.stroke();
}
