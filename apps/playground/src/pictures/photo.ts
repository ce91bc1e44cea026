/** From an image file that somebody drops to a picture as MNIST has them. */
import { blankPicture, side } from './picture.js';

/**
 * Reads a PNG (or whatever else the browser decodes): grey values, light ink on dark paper, the ink's box scaled to 20 pixels and put
 * into the middle. Files of 28 x 28 pixels are taken as they are.
 *
 * @throws Error in words for people when the file is no image, or is empty
 */
export async function readPhoto(file: Blob, name: string): Promise<Float32Array> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new Error(`${name} is no image that this browser can read. Drop a PNG of one digit.`);
  }
  const { width, height } = bitmap;
  const scale = Math.min(1, 512 / Math.max(width, height));
  const [columns, rows] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  const context = new OffscreenCanvas(columns, rows).getContext('2d', { willReadFrequently: true })!;
  // What is transparent counts as paper: white, unless the image is a dark one.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, columns, rows);
  context.drawImage(bitmap, 0, 0, columns, rows);
  bitmap.close();
  const grey = greyOf(context.getImageData(0, 0, columns, rows).data);
  const ink = inkOf(grey, columns, rows);
  if (columns === side && rows === side) return ink;
  return centre(ink, columns, rows, name);
}

function greyOf(data: Uint8ClampedArray): Float32Array {
  const grey = new Float32Array(data.length / 4);
  for (let at = 0; at < grey.length; at++)
    grey[at] = (0.299 * data[4 * at]! + 0.587 * data[4 * at + 1]! + 0.114 * data[4 * at + 2]!) / 256;
  return grey;
}

/** Paper is what the border shows: ink is what differs from it, stretched to the full range. */
function inkOf(grey: Float32Array, columns: number, rows: number): Float32Array {
  let border = 0;
  let count = 0;
  for (let x = 0; x < columns; x++) {
    border += grey[x]! + grey[(rows - 1) * columns + x]!;
    count += 2;
  }
  for (let y = 0; y < rows; y++) {
    border += grey[y * columns]! + grey[y * columns + columns - 1]!;
    count += 2;
  }
  const paper = border / count;
  const ink =
    paper > 0.5
      ? grey.map((value) => Math.max(0, paper - value))
      : grey.map((value) => Math.max(0, value - paper));
  const most = ink.reduce((largest, value) => Math.max(largest, value), 0);
  return most > 0.05 ? ink.map((value) => (value / most) * (255 / 256)) : ink.fill(0);
}

function centre(ink: Float32Array, columns: number, rows: number, name: string): Float32Array {
  let [left, right, top, bottom] = [columns, -1, rows, -1];
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      if (ink[y * columns + x]! < 0.25) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
  }
  if (right < left) throw new Error(`${name} shows nothing but paper. Drop an image of one digit.`);
  const longest = Math.max(right - left + 1, bottom - top + 1);
  const pixel = longest / 20;
  const [middleX, middleY] = [(left + right + 1) / 2, (top + bottom + 1) / 2];
  const picture = blankPicture();
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++)
      picture[y * side + x] = boxMean(
        ink,
        columns,
        rows,
        middleX + (x - side / 2) * pixel,
        middleY + (y - side / 2) * pixel,
        pixel,
      );
  }
  return picture;
}

/** Mean of the box of `size` pixels from (left, top); at least one sample, so that small images grow smoothly enough. */
function boxMean(
  ink: Float32Array,
  columns: number,
  rows: number,
  left: number,
  top: number,
  size: number,
): number {
  const samples = Math.max(1, Math.min(8, Math.ceil(size)));
  let total = 0;
  for (let row = 0; row < samples; row++) {
    for (let column = 0; column < samples; column++) {
      const x = Math.floor(left + ((column + 0.5) / samples) * size);
      const y = Math.floor(top + ((row + 0.5) / samples) * size);
      if (x >= 0 && y >= 0 && x < columns && y < rows) total += ink[y * columns + x]!;
    }
  }
  return total / (samples * samples);
}
