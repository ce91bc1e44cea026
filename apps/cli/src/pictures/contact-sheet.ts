/**
 * A contact sheet of reconstructions: each test image above what the decoder makes of its winning capsule, and beneath them what
 * the network said. Wrong answers are marked in another colour, so that a glance finds them.
 */
import {
  createCanvas,
  drawImage,
  drawText,
  fill,
  textHeight,
  textWidth,
  type Canvas,
  type Colour,
  type GreyImage,
} from './canvas.js';

export interface SheetEntry {
  readonly input: GreyImage;
  readonly reconstruction: GreyImage;
  readonly label: string;
  readonly predicted: string;
  /** Length of the winning capsule, 0 to 1. */
  readonly length: number;
}

export interface SheetOptions {
  readonly title: string;
  readonly subtitle?: string;
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
  { title, subtitle, columns = 8, scale = 3 }: SheetOptions,
): Canvas {
  const size = entries[0]?.input ?? { width: 1, height: 1 };
  const across = Math.max(1, Math.min(columns, entries.length));
  const down = Math.ceil(entries.length / across);
  const caption = ({ label, predicted, length }: SheetEntry): string =>
    `${label === predicted ? label : `${label} > ${predicted}`} ${length.toFixed(2)}`;
  const widest = Math.max(0, ...entries.map((entry) => textWidth(caption(entry), textScale)));
  const cellWidth = Math.max(size.width * scale, widest);
  // Input, a hair of space, reconstruction, caption.
  const cellHeight = 2 * size.height * scale + 2 + 6 + textHeight(textScale);
  const legend = 'Above: test image. Below: its reconstruction. Beneath: class and length of the capsule.';
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
    const correct = entry.label === entry.predicted;
    if (!correct) {
      fill(canvas, inset - 3, top - 3, size.width * scale + 6, 2 * size.height * scale + 2 + 6, wrong);
    }
    drawImage(canvas, entry.input, inset, top, scale);
    drawImage(canvas, entry.reconstruction, inset, top + size.height * scale + 2, scale);
    drawText(
      canvas,
      caption(entry),
      inset,
      top + 2 * size.height * scale + 8,
      textScale,
      correct ? right : wrong,
    );
  });
  drawText(canvas, legend, margin, height - margin - textHeight(textScale), textScale, faded);
  return canvas;
}
