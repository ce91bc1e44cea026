/**
 * PNG and JPEG files to pixels: floats from 0 to 1, grey (1 channel) or colour (3). What is transparent is laid over white, as viewers show it;
 * photographs are turned upright by the note of the camera.
 */
import { decode as decodePng, type DecodedPng } from 'fast-png';
import { decode as decodeJpeg } from 'jpeg-js';
import { DataError } from '../errors.js';
import { imageHeader, type ImageHeader } from './header.js';

/** The pixels of one image. */
export interface DecodedImage {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  /** height * width * channels values from 0 to 1, row by row. */
  readonly data: Float32Array;
}

/** Larger images are refused: they would need gigabytes. */
const mostPixels = 100e6;

/**
 * The pixels of a PNG or JPEG file.
 *
 * @param bytes the whole file
 * @param where names the file in errors
 * @throws DataError: another format, damaged, cut off, of an unusual kind (CMYK, more than 100 million pixels); one sentence with the file's name
 */
export function decodeImage(bytes: Uint8Array, where: string): DecodedImage {
  const header = imageHeader(bytes, where);
  if (header.width * header.height > mostPixels)
    throw new DataError(
      `${where} has ${header.width}x${header.height} pixels, more than are read (100 million): scale it down.`,
      where,
    );
  try {
    return header.format === 'png' ? fromPng(bytes, where) : fromJpeg(bytes, header, where);
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    const kind = header.format === 'png' ? 'PNG' : 'JPEG';
    throw new DataError(`${where} is a damaged or truncated ${kind} file: get the file again.`, where, {
      cause,
    });
  }
}

function fromPng(bytes: Uint8Array, where: string): DecodedImage {
  if (bytes[24]! < 8 && bytes[28] === 1)
    throw new DataError(
      `${where} is an interlaced PNG of less than 8 bits, which is not read: save it without interlacing.`,
      where,
    );
  const png = decodePng(withoutNotes(bytes), { checkCrc: true });
  const { width, height } = png;
  const values = unpackedSamples(png);
  const { palette } = png;
  if (bytes[25] === 3 && !palette) throw new Error('the palette is missing');
  const stored = palette ? 1 : png.channels;
  const channels = palette || png.channels > 2 ? 3 : 1;
  const largest = palette ? 255 : 2 ** png.depth - 1;
  const key = palette ? undefined : png.transparency;
  const data = new Float32Array(width * height * channels);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const from = pixel * stored;
    const colour = palette?.[values[from]!];
    if (palette && !colour) throw new Error(`colour ${values[from]} is not in the palette`);
    const sample = (channel: number): number => (colour ? colour[channel]! : values[from + channel]!);
    const invisible =
      key !== undefined &&
      Array.from({ length: channels }, (_, k) => k).every((k) => values[from + k] === key[k]);
    const alpha = invisible
      ? 0
      : colour
        ? (colour[3] ?? 255) / 255
        : stored % 2 === 0
          ? values[from + stored - 1]! / largest
          : 1;
    for (let channel = 0; channel < channels; channel++)
      data[pixel * channels + channel] = 1 - alpha + (alpha * sample(channel)) / largest;
  }
  return { width, height, channels, data };
}

/**
 * The chunks of a PNG file that pixels need. The others, colour profiles and texts and the frames of an animation, are left out: a broken profile would
 * hide a picture that every viewer shows. PNG specification, 5.3 (layout of a chunk) and 5.4: a small first letter says that a chunk may be left out.
 */
function withoutNotes(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept = new Uint8Array(bytes.length);
  kept.set(bytes.subarray(0, 8));
  let length = 8;
  for (let at = 8; at + 8 <= bytes.length;) {
    const end = at + 12 + view.getUint32(at);
    const isNote = (bytes[at + 4]! & 0x20) !== 0;
    const hasTransparency = [...'tRNS'].every((letter, k) => bytes[at + 4 + k] === letter.charCodeAt(0));
    if (!isNote || hasTransparency) {
      const chunk = bytes.subarray(at, end);
      kept.set(chunk, length);
      length += chunk.length;
    }
    at = end;
  }
  return kept.subarray(0, length);
}

/** One number a sample: rows of less than 8 bits a sample are packed, and end on whole bytes. */
function unpackedSamples({ width, height, depth, data }: DecodedPng): ArrayLike<number> {
  if (depth >= 8) {
    if (data.length < width * height) throw new Error('pixels are missing');
    return data;
  }
  const row = Math.ceil((width * depth) / 8);
  if (data.length < row * height) throw new Error('pixels are missing');
  return Uint8Array.from({ length: width * height }, (_, pixel) => {
    const bit = (pixel % width) * depth;
    const byte = data[Math.floor(pixel / width) * row + (bit >> 3)]!;
    return (byte >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
  });
}

function fromJpeg(bytes: Uint8Array, { colour, orientation }: ImageHeader, where: string): DecodedImage {
  const frame = framePosition(bytes);
  const components = bytes[frame + 9]!;
  if (components !== 1 && components !== 3)
    throw new DataError(
      `${where} is a JPEG file for printing (${components} colour channels), which is not read: save it as RGB.`,
      where,
    );
  if (!hasEnd(bytes, frame)) throw new Error('the end of the image is missing');
  const { width, height, data } = decodeJpeg(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxResolutionInMP: mostPixels / 1e6,
    maxMemoryUsageInMB: 2048,
  });
  const channels = colour ? 3 : 1;
  const values = new Float32Array(width * height * channels);
  for (let at = 0; at < values.length; at++) values[at] = data[channels === 3 ? at : 3 * at]! / 255;
  return upright({ width, height, channels, data: values }, orientation);
}

/** Where the start-of-frame marker is; `imageHeader` has found that there is one. */
function framePosition(bytes: Uint8Array): number {
  let at = 2;
  for (;;) {
    const marker = bytes[at + 1]!;
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) return at;
    at += marker === 0xff ? 1 : 2 + ((bytes[at + 2]! << 8) | bytes[at + 3]!);
  }
}

/** Whether an end-of-image marker stands behind the frame; what follows it (some cameras write more) does not matter. */
function hasEnd(bytes: Uint8Array, frame: number): boolean {
  for (let at = bytes.length - 2; at > frame; at--)
    if (bytes[at] === 0xff && bytes[at + 1] === 0xd9) return true;
  return false;
}

/**
 * Turns an image as EXIF's orientation says (EXIF 2.32, 4.6.4): 2 mirrored, 3 upside down, 4 both, 5 to 8 the same with rows and columns
 * exchanged.
 */
function upright(image: DecodedImage, orientation: number): DecodedImage {
  if (orientation === 1) return image;
  const { width, height, channels, data } = image;
  const swaps = orientation >= 5;
  const [rows, columns] = swaps ? [width, height] : [height, width];
  const mirrorsColumns = [2, 3, 7, 8].includes(orientation);
  const mirrorsRows = [3, 4, 6, 7].includes(orientation);
  const turned = new Float32Array(data.length);
  for (let row = 0, to = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, to += channels) {
      // Where this pixel lies in the stored image.
      const [down, across] = swaps ? [column, row] : [row, column];
      const y = mirrorsRows ? height - 1 - down : down;
      const x = mirrorsColumns ? width - 1 - across : across;
      const from = (y * width + x) * channels;
      for (let channel = 0; channel < channels; channel++) turned[to + channel] = data[from + channel]!;
    }
  }
  return { height: rows, width: columns, channels, data: turned };
}
