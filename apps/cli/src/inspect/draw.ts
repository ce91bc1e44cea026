/** Strokes that pictures of one image have in common, and the colours of all of them. */
import type { Picture } from '../evaluation/display.js';
import { fill, type Canvas, type Colour } from '../pictures/canvas.js';

export const paper: Colour = [247, 247, 245];
export const ink: Colour = [32, 33, 36];
export const faded: Colour = [110, 113, 118];
export const rule: Colour = [222, 222, 218];
export const accent: Colour = [43, 87, 207];

/** Draws a picture, each of its pixels as a square of `scale` pixels. */
export function drawPicture(
  canvas: Canvas,
  picture: Picture,
  left: number,
  top: number,
  scale: number,
): void {
  const { width, height, channels, bytes } = picture;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * channels;
      const grey = bytes[at]!;
      const colour: Colour = channels === 1 ? [grey, grey, grey] : [grey, bytes[at + 1]!, bytes[at + 2]!];
      fill(canvas, left + x * scale, top + y * scale, scale, scale, colour);
    }
  }
}

/** A frame of one pixel around a rectangle, outside of it. */
export function frame(
  canvas: Canvas,
  left: number,
  top: number,
  width: number,
  height: number,
  colour: Colour,
): void {
  fill(canvas, left - 1, top - 1, width + 2, 1, colour);
  fill(canvas, left - 1, top + height, width + 2, 1, colour);
  fill(canvas, left - 1, top, 1, height, colour);
  fill(canvas, left + width, top, 1, height, colour);
}

/** A share from 0 to 1 as a bar. */
export function bar(
  canvas: Canvas,
  share: number,
  left: number,
  top: number,
  width: number,
  height: number,
  colour: Colour,
): void {
  fill(canvas, left, top, width, height, rule);
  fill(canvas, left, top, Math.round(width * Math.min(1, Math.max(0, share))), height, colour);
}

/** Whole enlargement for images of a side, so that they come out about as large as wanted. */
export const enlargement = (side: number, wanted: number): number => Math.max(1, Math.round(wanted / side));
