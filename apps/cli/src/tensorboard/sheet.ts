/** Test images above what the decoder draws of them, as one picture: TensorBoard shows it step by step. */
import { encode } from 'fast-png';
import type { Picture } from '../evaluation/display.js';
import type { Drawing } from '../evaluation/reconstruct.js';
import type { EventImage } from './events.js';

/** Pixels between pictures. */
const gap = 2;
const scale = 2;

/** A column for each drawing: the image, then as many of its reconstructions as asked for. */
export function sheetOf(drawings: readonly Drawing[], reconstructions: number): EventImage {
  const columns = drawings.map(({ input, reconstructions: drawn }) => [
    input,
    ...drawn.slice(0, reconstructions),
  ]);
  const { width: side, height: rise, channels } = columns[0]![0]!;
  const rows = columns[0]!.length;
  const width = columns.length * (side * scale + gap) - gap;
  const height = rows * (rise * scale + gap) - gap;
  const data = new Uint8Array(width * height * channels).fill(255);
  const paste = ({ bytes }: Picture, left: number, top: number): void => {
    for (let y = 0; y < rise * scale; y++) {
      for (let x = 0; x < side * scale; x++) {
        const from = (Math.floor(y / scale) * side + Math.floor(x / scale)) * channels;
        data.set(bytes.subarray(from, from + channels), ((top + y) * width + left + x) * channels);
      }
    }
  };
  columns.forEach((pictures, column) =>
    pictures.forEach((picture, row) =>
      paste(picture, column * (side * scale + gap), row * (rise * scale + gap)),
    ),
  );
  return { width, height, channels, png: encode({ width, height, data, channels, depth: 8 }) };
}
