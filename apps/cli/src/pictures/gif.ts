/** Animations: canvases of one size as the frames of a GIF file. */
import { createRequire } from 'node:module';
import type { Canvas } from './canvas.js';

type Palette = readonly (readonly [red: number, green: number, blue: number])[];

/** The part of gifenc that we use; the package has no types. */
interface Gifenc {
  GIFEncoder(): {
    writeFrame(
      indices: Uint8Array,
      width: number,
      height: number,
      options: { readonly palette: Palette; readonly delay: number; readonly repeat: number },
    ): void;
    finish(): void;
    bytes(): Uint8Array;
  };
  quantize(rgba: Uint8ClampedArray, colours: number): Palette;
  applyPalette(rgba: Uint8ClampedArray, palette: Palette): Uint8Array;
}

/**
 * The bytes of a GIF file that repeats for ever. Each frame has a palette of its own, of the 256 colours that suit it best.
 *
 * @param milliseconds that each frame stays; GIF counts hundredths of a second
 */
export function toGif(frames: readonly Canvas[], milliseconds: number): Uint8Array {
  // CommonJS, and needed for animations only: loaded here.
  const encoder = createRequire(import.meta.url)('gifenc') as Gifenc;
  const gif = encoder.GIFEncoder();
  for (const { width, height, pixels } of frames) {
    const rgba = new Uint8ClampedArray(4 * width * height);
    for (let pixel = 0; pixel < width * height; pixel++) {
      rgba.set(pixels.subarray(3 * pixel, 3 * pixel + 3), 4 * pixel);
      rgba[4 * pixel + 3] = 255;
    }
    const palette = encoder.quantize(rgba, 256);
    gif.writeFrame(encoder.applyPalette(rgba, palette), width, height, {
      palette,
      delay: milliseconds,
      repeat: 0,
    });
  }
  gif.finish();
  return gif.bytes();
}
