import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { createCanvas, drawPicture, drawText, fill, textWidth, toPng, type Canvas } from './canvas.js';
import { contactSheet, type SheetEntry } from './contact-sheet.js';
import { glyph, glyphHeight, glyphWidth, hasGlyph } from './font.js';

const pixel = (canvas: Canvas, x: number, y: number): number[] => [
  ...canvas.pixels.subarray(3 * (y * canvas.width + x), 3 * (y * canvas.width + x) + 3),
];

describe('font', () => {
  it('has all figures, letters and the signs of captions in one size, no two alike', () => {
    const signs = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:-+/%()>=?'];
    for (const sign of signs) {
      expect(hasGlyph(sign), sign).toBe(true);
      expect(glyph(sign)).toHaveLength(glyphHeight);
      for (const row of glyph(sign)) expect(row).toHaveLength(glyphWidth);
    }
    expect(new Set(signs.map((sign) => JSON.stringify(glyph(sign)))).size).toBe(signs.length);
    expect(glyph('a')).toBe(glyph('A'));
    expect(hasGlyph('é')).toBe(false);
    expect(glyph('é')).toHaveLength(glyphHeight);
  });
});

describe('canvas', () => {
  it('enlarges images crisply: each pixel becomes a square of one colour', () => {
    const canvas = createCanvas(8, 8, [9, 9, 9]);
    drawPicture(
      canvas,
      { width: 2, height: 2, channels: 1, bytes: Uint8Array.of(0, 128, 255, 255) },
      1,
      1,
      3,
    );
    const levels = [
      [0, 128],
      [255, 255],
    ];
    for (let y = 0; y < 6; y++) {
      for (let x = 0; x < 6; x++) {
        const level = levels[Math.floor(y / 3)]![Math.floor(x / 3)]!;
        expect(pixel(canvas, 1 + x, 1 + y)).toEqual([level, level, level]);
      }
    }
    expect(pixel(canvas, 0, 0)).toEqual([9, 9, 9]);
    expect(pixel(canvas, 7, 7)).toEqual([9, 9, 9]);
  });

  it('draws colours', () => {
    const canvas = createCanvas(2, 1, [0, 0, 0]);
    const bytes = Uint8Array.of(10, 20, 30, 40, 50, 60);
    drawPicture(canvas, { width: 2, height: 1, channels: 3, bytes }, 0, 0, 1);
    expect([...canvas.pixels]).toEqual([...bytes]);
  });

  it('clips what lies outside', () => {
    const canvas = createCanvas(4, 4, [0, 0, 0]);
    fill(canvas, -5, -5, 6, 6, [1, 2, 3]);
    drawText(canvas, 'W', 2, 2, 3, [4, 5, 6]);
    expect(pixel(canvas, 0, 0)).toEqual([1, 2, 3]);
    expect(pixel(canvas, 1, 1)).toEqual([0, 0, 0]);
  });

  it('writes PNG files that read back to the same pixels', () => {
    const canvas = createCanvas(30, 9, [10, 20, 30]);
    drawText(canvas, 'AB', 1, 1, 1, [200, 100, 50]);
    const back = decode(toPng(canvas));
    expect([back.width, back.height, back.channels, back.depth]).toEqual([30, 9, 3, 8]);
    expect([...back.data]).toEqual([...canvas.pixels]);
  });
});

describe('contactSheet', () => {
  const flat = (level: number) =>
    ({ width: 4, height: 4, channels: 1, bytes: new Uint8Array(16).fill(level) }) as const;
  const entry = (predicted: string): SheetEntry => ({
    input: flat(255),
    reconstructions: [flat(128)],
    captions: [`3 > ${predicted} 0.94`],
    right: predicted === '3',
  });
  const legend = 'LEGEND';

  const has = (canvas: Canvas, colour: number[]): boolean => {
    for (let at = 0; at < canvas.pixels.length; at += 3) {
      if (colour.every((level, channel) => canvas.pixels[at + channel] === level)) return true;
    }
    return false;
  };

  it('marks wrong answers only', () => {
    expect(has(contactSheet([entry('3')], { title: 'T', legend }), [184, 28, 28])).toBe(false);
    expect(has(contactSheet([entry('3'), entry('8')], { title: 'T', legend }), [184, 28, 28])).toBe(true);
  });

  it('holds the title whole and as many rows as needed', () => {
    const title = 'EFFICIENT-CAPSNET ON DIGITS';
    const one = contactSheet([entry('3')], { title, legend });
    expect(one.width).toBeGreaterThanOrEqual(textWidth(title, 3));
    const many = contactSheet(
      Array.from({ length: 9 }, () => entry('3')),
      { title, legend, columns: 4 },
    );
    expect(many.height).toBeGreaterThan(one.height);
  });
});
