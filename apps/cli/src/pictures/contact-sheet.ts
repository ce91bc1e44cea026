/**
 * A contact sheet of reconstructions: each test image above what the decoder makes of its winning capsule, and beneath them what
 * the network said. Wrong answers are marked in another colour, so that a glance finds them.
 */
import {
  createCanvas,
  drawPicture,
  drawText,
  fill,
  textHeight,
  textWidth,
  type Canvas,
  type Colour,
} from './canvas.js';
import type { Picture } from '../evaluation/display.js';

export interface SheetEntry {
  readonly input: Picture;
  /** One; of overlaid digits one a digit. */
  readonly reconstructions: readonly Picture[];
  /** What the image is and what it was taken for, in lines: `4 > 9 0.83`. As many for each entry. */
  readonly captions: readonly string[];
  /** Whether that is right. */
  readonly right: boolean;
}

export interface SheetOptions {
  readonly title: string;
  readonly subtitle?: string;
  /** What is drawn, in a line at the foot. */
  readonly legend: string;
  /** Entries in a row. */
  readonly columns?: number;
  /** Pixels of the sheet for a pixel of an image. */
  readonly scale?: number;
}

const paper: Colour = [247, 247, 245];
const ink: Colour = [32, 33, 36];
const faded: Colour = [110, 113, 118];
const right: Colour = [24, 110, 62];
const wrong: Colour = [184, 28, 28];

const textScale = 2;
const gap = 10;
const margin = 24;

/** Draws the sheet. All images must have one size. */
export function contactSheet(
  entries: readonly SheetEntry[],
  { title, subtitle, legend, columns = 8, scale = 3 }: SheetOptions,
): Canvas {
  const size = entries[0]?.input ?? { width: 1, height: 1 };
  const across = Math.max(1, Math.min(columns, entries.length));
  const down = Math.ceil(entries.length / across);
  const widest = Math.max(
    0,
    ...entries.flatMap(({ captions }) => captions.map((line) => textWidth(line, textScale))),
  );
  const cellWidth = Math.max(size.width * scale, widest);
  // The input and its reconstructions, a hair of space between them, then the caption.
  const rise = size.height * scale + 2;
  const stack = rise * (1 + (entries[0]?.reconstructions.length ?? 1));
  const lineHeight = textHeight(textScale) + 4;
  const cellHeight = stack + 2 + (entries[0]?.captions.length ?? 1) * lineHeight;
  const head = [title, ...(subtitle === undefined ? [] : [subtitle])];
  const headHeight = textHeight(3) + (head.length - 1) * (textHeight(textScale) + gap) + 2 * gap;
  const width =
    2 * margin +
    Math.max(
      across * cellWidth + (across - 1) * gap,
      textWidth(title, 3),
      textWidth(subtitle ?? '', textScale),
      textWidth(legend, textScale),
    );
  const height = 2 * margin + headHeight + down * (cellHeight + 2 * gap) + textHeight(textScale);
  const canvas = createCanvas(width, height, paper);

  drawText(canvas, title, margin, margin, 3, ink);
  if (subtitle !== undefined)
    drawText(canvas, subtitle, margin, margin + textHeight(3) + gap, textScale, faded);
  entries.forEach((entry, index) => {
    const left = margin + (index % across) * (cellWidth + gap);
    const top = margin + headHeight + Math.floor(index / across) * (cellHeight + 2 * gap);
    const inset = left + Math.floor((cellWidth - size.width * scale) / 2);
    if (!entry.right) fill(canvas, inset - 3, top - 3, size.width * scale + 6, stack + 4, wrong);
    [entry.input, ...entry.reconstructions].forEach((picture, row) =>
      drawPicture(canvas, picture, inset, top + row * rise, scale),
    );
    const wide = Math.max(...entry.captions.map((line) => textWidth(line, textScale)));
    // Beneath the picture, or around its middle where it is wider.
    const start = Math.min(inset, left + Math.floor((cellWidth - wide) / 2));
    entry.captions.forEach((line, row) =>
      drawText(
        canvas,
        line,
        start,
        top + stack + 6 + row * lineHeight,
        textScale,
        entry.right ? right : wrong,
      ),
    );
  });
  drawText(canvas, legend, margin, height - margin - textHeight(textScale), textScale, faded);
  return canvas;
}
