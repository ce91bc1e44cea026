/** Pictures put together from blocks: each knows its size and draws itself where it is put. */
import type { Picture } from '../evaluation/display.js';
import {
  createCanvas,
  drawText,
  fill,
  textHeight,
  textWidth,
  type Canvas,
  type Colour,
} from '../pictures/canvas.js';
import { accent, drawPicture, faded, ink, paper, rule } from './draw.js';

export interface Block {
  readonly width: number;
  readonly height: number;
  draw(canvas: Canvas, left: number, top: number): void;
}

/** One line of text. */
export const text = (line: string, scale = 2, colour: Colour = ink): Block => ({
  width: textWidth(line, scale),
  height: textHeight(scale),
  draw: (canvas, left, top) => drawText(canvas, line, left, top, scale, colour),
});

export const note = (line: string): Block => text(line, 2, faded);

/** Blocks beneath each other. */
export const column = (blocks: readonly Block[], gap = 8): Block => ({
  width: Math.max(0, ...blocks.map(({ width }) => width)),
  height: blocks.reduce((sum, { height }) => sum + height, 0) + gap * Math.max(0, blocks.length - 1),
  draw(canvas, left, top) {
    let y = top;
    for (const block of blocks) {
      block.draw(canvas, left, y);
      y += block.height + gap;
    }
  },
});

/** Blocks beside each other, their upper edges in line. */
export const row = (blocks: readonly Block[], gap = 24): Block => ({
  width: blocks.reduce((sum, { width }) => sum + width, 0) + gap * Math.max(0, blocks.length - 1),
  height: Math.max(0, ...blocks.map(({ height }) => height)),
  draw(canvas, left, top) {
    let x = left;
    for (const block of blocks) {
      block.draw(canvas, x, top);
      x += block.width + gap;
    }
  },
});

/** A picture, each of its pixels a square. */
export const image = (picture: Picture, scale: number): Block => ({
  width: picture.width * scale,
  height: picture.height * scale,
  draw: (canvas, left, top) => drawPicture(canvas, picture, left, top, scale),
});

export interface Bar {
  readonly name: string;
  /** 0 to 1. */
  readonly share: number;
  readonly value: string;
  /** Drawn in the colour that catches the eye. */
  readonly marked?: boolean;
}

const barColour: Colour = [158, 164, 173];

/** Bars beneath each other, with names before and values behind them. */
export function bars(entries: readonly Bar[], length = 220): Block {
  const scale = 2;
  const lineHeight = textHeight(scale) + 6;
  const names = Math.max(...entries.map(({ name }) => textWidth(name, scale))) + 10;
  const values = Math.max(...entries.map(({ value }) => textWidth(value, scale))) + 10;
  return {
    width: names + length + values,
    height: entries.length * lineHeight - 6,
    draw(canvas, left, top) {
      entries.forEach(({ name, share, value, marked = false }, index) => {
        const y = top + index * lineHeight;
        drawText(canvas, name, left, y, scale, marked ? accent : ink);
        fill(canvas, left + names, y, length, textHeight(scale), rule);
        const full = Math.round(length * Math.min(1, Math.max(0, share)));
        fill(canvas, left + names, y, full, textHeight(scale), marked ? accent : barColour);
        drawText(canvas, value, left + names + length + 10, y, scale, marked ? accent : faded);
      });
    },
  };
}

/** The blocks on paper, with a margin. */
export function sheet(block: Block, margin = 24): Canvas {
  const canvas = createCanvas(block.width + 2 * margin, block.height + 2 * margin, paper);
  block.draw(canvas, margin, margin);
  return canvas;
}
