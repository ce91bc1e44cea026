/**
 * What the first bytes of an image file tell: its format, size and colour, without unpacking a pixel. So a folder of thousands of images is looked
 * over in moments, and what cannot be read is named by its real format.
 */
import { DataError } from '../errors.js';

/** What an image file says of itself. */
export interface ImageHeader {
  readonly format: 'png' | 'jpeg';
  /** Of the stored pixels; `orientation` 5 to 8 swaps them. */
  readonly width: number;
  readonly height: number;
  /** Whether the file has colours; they may all be grey. */
  readonly colour: boolean;
  /** EXIF: how the camera was held. 1 upright, 2 to 8 mirrored or turned. PNG: always 1. */
  readonly orientation: number;
}

const startsWith = (bytes: Uint8Array, text: string, at = 0): boolean =>
  [...text].every((character, index) => bytes[at + index] === character.charCodeAt(0));

/** Formats that people have and that are not read, by their first bytes. */
const foreign: readonly (readonly [name: string, test: (bytes: Uint8Array) => boolean])[] = [
  ['GIF', (bytes) => startsWith(bytes, 'GIF8')],
  ['WebP', (bytes) => startsWith(bytes, 'RIFF') && startsWith(bytes, 'WEBP', 8)],
  ['BMP', (bytes) => startsWith(bytes, 'BM')],
  ['TIFF', (bytes) => startsWith(bytes, 'II*\0') || startsWith(bytes, 'MM\0*')],
  [
    'HEIC or AVIF',
    (bytes) =>
      startsWith(bytes, 'ftyp', 4) &&
      /^(hei|hev|mif|avi)/.test(String.fromCharCode(...bytes.subarray(8, 11))),
  ],
  ['JPEG 2000', (bytes) => startsWith(bytes, 'jP  ', 4)],
];

const pngSignature = '\x89PNG\r\n\x1a\n';

/**
 * Reads the header of a PNG or JPEG file.
 *
 * @param where names the file in errors
 * @throws DataError: empty, another format, cut off within the header, a size of 0
 */
export function imageHeader(bytes: Uint8Array, where: string): ImageHeader {
  const header = startsWith(bytes, pngSignature)
    ? pngHeader(bytes)
    : bytes[0] === 0xff && bytes[1] === 0xd8
      ? jpegHeader(bytes)
      : undefined;
  if (header === undefined) throw new DataError(notAnImage(bytes, where), where);
  if (header === 'truncated' || header.width < 1 || header.height < 1)
    throw new DataError(`${where} is damaged or cut off within its header: get the file again.`, where);
  return header;
}

function notAnImage(bytes: Uint8Array, where: string): string {
  if (bytes.length === 0) return `${where} is empty: get the file again, or remove it.`;
  const [name] = foreign.find(([, test]) => test(bytes)) ?? [];
  return name === undefined
    ? `${where} is neither a PNG nor a JPEG file: convert it, or remove it.`
    : `${where} is a ${name} file, and only PNG and JPEG are read: convert it.`;
}

/** PNG specification, 11.2.2: the first chunk is IHDR. */
function pngHeader(bytes: Uint8Array): ImageHeader | 'truncated' {
  if (bytes.length < 33 || !startsWith(bytes, 'IHDR', 12)) return 'truncated';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    format: 'png',
    width: view.getUint32(16),
    height: view.getUint32(20),
    colour: (bytes[25]! & 2) !== 0,
    orientation: 1,
  };
}

/** ITU-T T.81, annex B: segments of a marker and a length; a start of frame (SOF) has the size, APP1 the camera's notes. */
function jpegHeader(bytes: Uint8Array): ImageHeader | 'truncated' {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let orientation = 1;
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) return 'truncated';
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++; // fill bytes
      continue;
    }
    const length = view.getUint16(at + 2);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) {
      if (at + 10 > bytes.length) return 'truncated';
      return {
        format: 'jpeg',
        height: view.getUint16(at + 5),
        width: view.getUint16(at + 7),
        colour: bytes[at + 9]! > 1,
        orientation,
      };
    }
    if (marker === 0xda || length < 2) return 'truncated';
    if (marker === 0xe1 && startsWith(bytes, 'Exif\0\0', at + 4))
      orientation = exifOrientation(bytes.subarray(at + 10, at + 2 + length));
    at += 2 + length;
  }
  return 'truncated';
}

/** Tag 0x0112 of the first directory of a TIFF structure (EXIF 2.32, 4.6.4); 1 where there is none. */
function exifOrientation(tiff: Uint8Array): number {
  const little = startsWith(tiff, 'II');
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  if (tiff.length < 10) return 1;
  const directory = view.getUint32(4, little);
  if (directory + 2 > tiff.length) return 1;
  const entries = view.getUint16(directory, little);
  for (let entry = 0; entry < entries; entry++) {
    const at = directory + 2 + 12 * entry;
    if (at + 12 > tiff.length) return 1;
    if (view.getUint16(at, little) !== 0x0112) continue;
    const value = view.getUint16(at + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}
