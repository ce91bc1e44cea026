/**
 * A canvas of RGB pixels and the few strokes that our pictures need. Images are enlarged by whole factors without smoothing: what one sees are
 * the pixels that the network sees.
 */
import { encode } from 'fast-png';
import type { Picture } from '../evaluation/display.js';
import { glyph, glyphHeight, glyphWidth } from './font.js';

export type Colour = readonly [red: number, green: number, blue: number];

export interface Canvas {
  readonly width: number;
  readonly height: number;
  /** Row-major, three bytes a pixel. */
  readonly pixels: Uint8Array;
}

/** A canvas filled with one colour. */
export function createCanvas(width: number, height: number, background: Colour): Canvas {
  const canvas = { width, height, pixels: new Uint8Array(width * height * 3) };
  fill(canvas, 0, 0, width, height, background);
  return canvas;
}

/** Fills a rectangle; what lies outside of the canvas is left out. */
export function fill(
  canvas: Canvas,
  left: number,
  top: number,
  width: number,
  height: number,
  colour: Colour,
): void {
  for (let y = Math.max(0, top); y < Math.min(canvas.height, top + height); y++) {
    for (let x = Math.max(0, left); x < Math.min(canvas.width, left + width); x++) {
      canvas.pixels.set(colour, 3 * (y * canvas.width + x));
    }
  }
}

/** Draws a picture, each of its pixels as a square of `scale` pixels. */
export function drawPicture(
  canvas: Canvas,
  { width, height, channels, bytes }: Picture,
  left: number,
  top: number,
  scale: number,
): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * channels;
      const colour = [0, 1, 2].map((channel) => bytes[channels === 3 ? at + channel : at]!);
      fill(canvas, left + x * scale, top + y * scale, scale, scale, colour as unknown as Colour);
    }
  }
}

/** Pixels that a text takes: a column of space between signs. */
export const textWidth = (text: string, scale: number): number =>
  text.length === 0 ? 0 : (text.length * (glyphWidth + 1) - 1) * scale;
export const textHeight = (scale: number): number => glyphHeight * scale;

/** Writes one line of text, its top left corner at (`left`, `top`). */
export function drawText(
  canvas: Canvas,
  text: string,
  left: number,
  top: number,
  scale: number,
  colour: Colour,
): void {
  [...text].forEach((sign, index) => {
    glyph(sign).forEach((row, y) => {
      row.forEach((ink, x) => {
        if (ink)
          fill(canvas, left + (index * (glyphWidth + 1) + x) * scale, top + y * scale, scale, scale, colour);
      });
    });
  });
}

/** The bytes of a PNG file (24-bit RGB, lossless). */
export const toPng = ({ width, height, pixels }: Canvas): Uint8Array =>
  encode({ width, height, data: pixels, channels: 3, depth: 8 });
