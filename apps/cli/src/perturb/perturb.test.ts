import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { createCanvas, fill, type Canvas } from '../pictures/canvas.js';
import { toGif } from '../pictures/gif.js';
import { swing } from './animation.js';
import { signed } from './picture.js';
import { stepValues } from './variations.js';

describe('stepValues', () => {
  it('is the grid of the paper by default', () => {
    const values = stepValues(0.25, 11);
    expect(values.map((value) => value.toFixed(2)).join(' ')).toBe(
      '-0.25 -0.20 -0.15 -0.10 -0.05 0.00 0.05 0.10 0.15 0.20 0.25',
    );
    expect(Object.is(values[5], 0)).toBe(true);
  });

  test.prop([fc.double({ min: 1e-3, max: 10, noNaN: true }), fc.integer({ min: 2, max: 101 })])(
    'rises from -range to range, symmetric about 0',
    (range, steps) => {
      const values = stepValues(range, steps);
      expect([values[0], values.at(-1), values.length]).toEqual([-range, range, steps]);
      values.forEach((value, index) => {
        expect(value).toBeCloseTo(-values[steps - 1 - index]!, 9);
        if (index > 0) expect(value).toBeGreaterThan(values[index - 1]!);
      });
      expect(new Set(values.map((value) => signed(value, range))).size).toBeGreaterThan(1);
    },
  );
});

describe('signed', () => {
  it('has as many decimals as the range asks for', () => {
    expect([-0.25, 0, 0.05].map((value) => signed(value, 0.25))).toEqual(['-0.25', '0', '+0.05']);
    expect(signed(0.002, 0.01)).toBe('+0.002');
    expect(signed(-1.5, 3)).toBe('-1.50');
  });
});

describe('swing', () => {
  it('goes there and back, the ends once', () => {
    expect(swing(4)).toEqual([0, 1, 2, 3, 2, 1]);
    expect(swing(2)).toEqual([0, 1]);
  });
});

/** The frames of a GIF file as colours a pixel, read by the format's description (GIF89a, W3C). */
function readGif(bytes: Uint8Array): { width: number; height: number; delay: number; pixels: string[] }[] {
  let at = 0;
  const byte = (): number => bytes[at++]!;
  const word = (): number => byte() | (byte() << 8);
  const blocks = (): number[] => {
    const data: number[] = [];
    for (let size = byte(); size !== 0; size = byte())
      for (let left = size; left > 0; left--) data.push(byte());
    return data;
  };
  expect(Buffer.from(bytes.subarray(0, 6)).toString()).toBe('GIF89a');
  at = 6;
  word();
  word();
  const colours = (flags: number): string[] =>
    flags & 0x80 ? Array.from({ length: 2 << (flags & 7) }, () => [byte(), byte(), byte()].join(',')) : [];
  const flags = byte();
  at += 2;
  const global = colours(flags);
  const frames: ReturnType<typeof readGif> = [];
  let delay = 0;
  for (;;) {
    const kind = byte();
    if (kind === 0x3b) return frames;
    if (kind === 0x21) {
      const label = byte();
      const data = blocks();
      if (label === 0xf9) delay = data[1]! | (data[2]! << 8);
      continue;
    }
    expect(kind).toBe(0x2c);
    at += 4;
    const [width, height] = [word(), word()];
    const own = colours(byte());
    const palette = own.length > 0 ? own : global;
    const smallest = byte();
    const indices = unpack(blocks(), smallest);
    frames.push({ width, height, delay, pixels: indices.map((index) => palette[index]!) });
  }
}

/** LZW as GIF has it: codes grow to 12 bits, `clear` starts anew. */
function unpack(data: readonly number[], smallest: number): number[] {
  const [clear, end] = [1 << smallest, (1 << smallest) + 1];
  let table: number[][] = [];
  let size = smallest + 1;
  const restart = (): void => {
    table = Array.from({ length: clear + 2 }, (_, code) => (code < clear ? [code] : []));
    size = smallest + 1;
  };
  restart();
  const out: number[] = [];
  let previous: number[] | undefined;
  for (let bit = 0; ; bit += 0) {
    let code = 0;
    for (let digit = 0; digit < size; digit++, bit++) code |= ((data[bit >> 3]! >> (bit & 7)) & 1) << digit;
    if (code === end) return out;
    if (code === clear) {
      restart();
      previous = undefined;
      continue;
    }
    const entry: number[] = table[code] ?? [...previous!, previous![0]!];
    out.push(...entry);
    if (previous) table.push([...previous, entry[0]!]);
    if (table.length === 1 << size && size < 12) size++;
    previous = entry;
  }
}

describe('toGif', () => {
  it('writes frames that an independent reader reads back', () => {
    const frames = [0, 1, 2].map((number): Canvas => {
      const canvas = createCanvas(40, 30, [250, 250, 250]);
      fill(canvas, 4 + 8 * number, 5, 10, 20, [200, 0, 0]);
      return canvas;
    });
    const back = readGif(toGif(frames, 110));
    expect(back.map(({ width, height, delay }) => [width, height, delay])).toEqual([
      [40, 30, 11],
      [40, 30, 11],
      [40, 30, 11],
    ]);
    back.forEach(({ pixels }, number) => {
      const drawn = frames[number]!.pixels;
      pixels.forEach((colour, pixel) => {
        const wanted = [...drawn.subarray(3 * pixel, 3 * pixel + 3)];
        colour.split(',').forEach((level, channel) =>
          // The palette may round a little.
          expect(Math.abs(Number(level) - wanted[channel]!)).toBeLessThanOrEqual(8),
        );
      });
    });
  });
});
