/** The grid of a perturbation: a row for each dimension, a column for each value that was added to it. */
import { bar, accent, drawPicture, enlargement, faded, frame, ink, paper } from '../inspect/draw.js';
import { createCanvas, drawText, textHeight, textWidth, type Canvas } from '../pictures/canvas.js';
import type { Variations } from './variations.js';

const margin = 24;
const gap = 6;
const textScale = 2;
const barHeight = 3;

/** `+0.25`, `0`: as few decimals as tell the values apart. */
export function signed(value: number, range: number): string {
  if (value === 0) return '0';
  const decimals = Math.max(2, 2 - Math.floor(Math.log10(range)) - 1);
  const text = Math.abs(value).toFixed(decimals);
  return `${value < 0 ? '-' : '+'}${text}`;
}

export interface GridText {
  readonly title: string;
  readonly subtitle: string;
}

/** Draws the grid. */
export function gridPicture(
  { values, rows, input, reconstruction }: Variations,
  { title, subtitle }: GridText,
): Canvas {
  const scale = enlargement(input.width, 56);
  const range = Math.max(...values.map(Math.abs));
  const columnTitles = values.map((value) => signed(value, range));
  const tile = { width: input.width * scale, height: input.height * scale };
  const columnWidth =
    Math.max(tile.width, ...columnTitles.map((text) => textWidth(text, textScale) + gap)) + gap;
  const rowHeight = tile.height + 2 + barHeight + gap;
  const rowTitle = (dimension: number): string => `dim ${dimension + 1}`;
  const labels = textWidth(rowTitle(rows.length - 1), textScale) + 2 * gap;
  const legend = [
    'each row: one dimension of the capsule, moved by what stands above the column.',
    'bar: length of the moved capsule, 0 to 1.',
  ];
  const line = textHeight(textScale) + gap;
  const largeScale = 2 * scale;
  const headHeight = textHeight(3) + gap + 2 * line;
  const originals = { top: margin + headHeight, height: input.height * largeScale + line + gap };
  const gridTop = originals.top + originals.height + 2 * line;
  const originalWidth = Math.max(input.width * largeScale, textWidth('reconstruction', textScale));
  const width =
    2 * margin +
    Math.max(
      labels + values.length * columnWidth,
      textWidth(title, 3),
      textWidth(subtitle, textScale),
      2 * originalWidth + 3 * gap,
      ...legend.map((text) => textWidth(text, textScale)),
    );
  const height = gridTop + rows.length * rowHeight + legend.length * line + margin;
  const canvas = createCanvas(width, height, paper);

  drawText(canvas, title, margin, margin, 3, ink);
  drawText(canvas, subtitle, margin, margin + textHeight(3) + gap, textScale, faded);
  [
    { picture: input, text: 'test image' },
    { picture: reconstruction, text: 'reconstruction' },
  ].forEach(({ picture, text }, index) => {
    const left = margin + index * (originalWidth + 3 * gap);
    drawPicture(canvas, picture, left, originals.top, largeScale);
    drawText(canvas, text, left, originals.top + input.height * largeScale + gap, textScale, faded);
  });
  columnTitles.forEach((text, column) => {
    const centre = margin + labels + column * columnWidth + Math.floor(tile.width / 2);
    const left = centre - Math.floor(textWidth(text, textScale) / 2);
    drawText(canvas, text, left, gridTop - line, textScale, values[column] === 0 ? accent : faded);
  });
  rows.forEach((row, dimension) => {
    const top = gridTop + dimension * rowHeight;
    const middle = top + Math.floor((tile.height - textHeight(textScale)) / 2);
    drawText(canvas, rowTitle(dimension), margin, middle, textScale, ink);
    row.forEach(({ picture, length }, column) => {
      const left = margin + labels + column * columnWidth;
      drawPicture(canvas, picture, left, top, scale);
      bar(canvas, length, left, top + tile.height + 2, tile.width, barHeight, accent);
      if (values[column] === 0) frame(canvas, left, top, tile.width, tile.height, accent);
    });
  });
  legend.forEach((text, index) =>
    drawText(canvas, text, margin, gridTop + rows.length * rowHeight + gap + index * line, textScale, faded),
  );
  return canvas;
}
