/** A perturbation that moves: all dimensions side by side, swinging through the values and back. */
import { accent, bar, drawPicture, enlargement, faded, ink, paper } from '../inspect/draw.js';
import { createCanvas, drawText, textHeight, textWidth, type Canvas } from '../pictures/canvas.js';
import { toGif } from '../pictures/gif.js';
import { signed, type GridText } from './picture.js';
import type { Variations } from './variations.js';

const margin = 16;
const gap = 8;
const textScale = 2;
const barHeight = 4;
/** Milliseconds that a value stays. */
const delay = 110;

/** The places of the values in one swing: there and back, each end once. */
export const swing = (steps: number): number[] => [
  ...Array.from({ length: steps }, (_, step) => step),
  ...Array.from({ length: Math.max(0, steps - 2) }, (_, step) => steps - 2 - step),
];

function still({ rows, values, input }: Variations, { title }: GridText, step: number): Canvas {
  const scale = enlargement(input.width, 84);
  const across = Math.ceil(Math.sqrt(rows.length));
  const down = Math.ceil(rows.length / across);
  const tile = { width: input.width * scale, height: input.height * scale };
  const line = textHeight(textScale) + gap;
  const cell = { width: tile.width + gap, height: tile.height + 2 + barHeight + line };
  const range = Math.max(...values.map(Math.abs));
  const text = `added: ${signed(values[step]!, range)}`;
  const width = 2 * margin + Math.max(across * cell.width - gap, textWidth(title, textScale));
  const head = 2 * line + gap;
  const canvas = createCanvas(width, 2 * margin + head + down * cell.height, paper);
  drawText(canvas, title, margin, margin, textScale, ink);
  drawText(canvas, text, margin, margin + line, textScale, accent);
  rows.forEach((row, dimension) => {
    const left = margin + (dimension % across) * cell.width;
    const top = margin + head + Math.floor(dimension / across) * cell.height;
    const { picture, length } = row[step]!;
    drawPicture(canvas, picture, left, top, scale);
    bar(canvas, length, left, top + tile.height + 2, tile.width, barHeight, accent);
    drawText(canvas, `dim ${dimension + 1}`, left, top + tile.height + barHeight + 6, textScale, faded);
  });
  return canvas;
}

/** The bytes of a GIF file that repeats for ever. */
export function animate(variations: Variations, text: GridText): Uint8Array {
  const stills = variations.values.map((_, step) => still(variations, text, step));
  return toGif(
    swing(variations.values.length).map((step) => stills[step]!),
    delay,
  );
}
