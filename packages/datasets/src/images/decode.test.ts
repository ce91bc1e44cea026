import { fc, test } from '@fast-check/vitest';
import { encode as encodePng, type ImageData } from 'fast-png';
import { encode as encodeJpeg } from 'jpeg-js';
import { describe, expect, it } from 'vitest';
import { DataError } from '../errors.js';
import { crc32 } from '../files/zip.js';
import { decodeImage, type DecodedImage } from './decode.js';
import { imageHeader } from './header.js';
import { resizeModes } from '../choices.js';
import { prepareImage } from './prepare.js';

const png = (image: Partial<ImageData> & Pick<ImageData, 'width' | 'height' | 'data'>): Uint8Array =>
  encodePng(image);
/** A picture whose top left corner is red, the rest blue. */
const corner = (width: number, height: number): Uint8Array =>
  Uint8Array.from({ length: width * height * 4 }, (_, at) => {
    const [x, y] = [Math.floor(at / 4) % width, Math.floor(at / 4 / width)];
    return x < width / 2 && y < height / 2 ? [255, 0, 0, 255][at % 4]! : [0, 0, 255, 255][at % 4]!;
  });
const jpeg = (width: number, height: number): Uint8Array =>
  encodeJpeg({ width, height, data: corner(width, height) }, 95).data;
/** 16 x 8, its top left quarter red, the rest blue; written by libjpeg in several scans, which jpeg-js does not write. */
const progressive = Uint8Array.from(
  Buffer.from(
    [
      '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQ',
      'ERMUFRUVDA8XGBYUGBIUFRT/2wBDAQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU',
      'FBQUFBQUFBQUFBQUFBT/wgARCAAIABADAREAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAABQf/xAAVAQEBAAAAAAAAAAAA',
      'AAAAAAAHBv/aAAwDAQACEAMQAAABjVwjAOI7/8QAFRABAQAAAAAAAAAAAAAAAAAAEBX/2gAIAQEAAQUCqn//xAAYEQACAwAA',
      'AAAAAAAAAAAAAAAQF2Si4v/aAAgBAwEBPwFhxb5H/8QAGBEAAgMAAAAAAAAAAAAAAAAAEBdkouL/2gAIAQIBAT8BWUymx//E',
      'ABYQAAMAAAAAAAAAAAAAAAAAABAzov/aAAgBAQAGPwJVD//EABYQAAMAAAAAAAAAAAAAAAAAABDw8f/aAAgBAQABPyFIH//a',
      'AAwDAQACAAMAAAAQq//EABQRAQAAAAAAAAAAAAAAAAAAABD/2gAIAQMBAT8QF//EABQRAQAAAAAAAAAAAAAAAAAAABD/2gAI',
      'AQIBAT8QC//EABQQAQAAAAAAAAAAAAAAAAAAABD/2gAIAQEAAT8QI//Z',
    ].join(''),
    'base64',
  ),
);
/** The JPEG with an EXIF segment that has this orientation. */
function oriented(bytes: Uint8Array, orientation: number): Uint8Array {
  const tiff = [...'II*\0'].map((character) => character.charCodeAt(0));
  const entry = [0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0];
  const body = [...'Exif\0\0']
    .map((c) => c.charCodeAt(0))
    .concat(tiff, [8, 0, 0, 0], [1, 0], entry, [0, 0, 0, 0]);
  return Uint8Array.from([0xff, 0xd8, 0xff, 0xe1, 0, body.length + 2, ...body, ...bytes.subarray(2)]);
}
const at = ({ data, width, channels }: DecodedImage, y: number, x: number): number[] => [
  ...data.subarray((y * width + x) * channels, (y * width + x + 1) * channels),
];

describe('decodeImage', () => {
  test.prop([
    fc.constantFrom(1 as const, 2 as const, 3 as const, 4 as const),
    fc.constantFrom(8 as const, 16 as const),
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: 1, max: 9 }),
    fc.nat(),
  ])(
    'gives back the samples of a PNG of any kind, laid over white',
    (channels, depth, width, height, seed) => {
      const largest = 2 ** depth - 1;
      const samples = Array.from(
        { length: width * height * channels },
        (_, k) => (seed * (k + 3) * 7919) % largest,
      );
      const data = depth === 8 ? Uint8Array.from(samples) : Uint16Array.from(samples);
      const image = decodeImage(png({ width, height, channels, depth, data }), 'a.png');
      const own = channels > 2 ? 3 : 1;
      expect([image.width, image.height, image.channels]).toEqual([width, height, own]);
      image.data.forEach((value, index) => {
        const pixel = Math.floor(index / own) * channels;
        const alpha = channels % 2 === 0 ? data[pixel + channels - 1]! / largest : 1;
        expect(value).toBeCloseTo(1 - alpha + (alpha * data[pixel + (index % own)]!) / largest, 5);
      });
    },
  );

  it('reads one bit a sample, and palettes', () => {
    // 10 pixels a row: the second byte of each row is padded.
    const grey = decodeImage(bitPng(10, 2, 0, [0b10000000, 0b01000000, 0b00000001, 0b10000000]), 'bits.png');
    expect([...grey.data]).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0]);
    const coloured = decodeImage(bitPng(2, 1, 3, [0b01000000], [255, 0, 0, 0, 255, 0]), 'palette.png');
    expect([...coloured.data]).toEqual([1, 0, 0, 0, 1, 0]);
  });

  it('reads colour and grey JPEG', () => {
    const image = decodeImage(jpeg(32, 16), 'a.jpg');
    expect([image.width, image.height, image.channels]).toEqual([32, 16, 3]);
    at(image, 2, 2).forEach((value, channel) => expect(value).toBeCloseTo([1, 0, 0][channel]!, 1));
    at(image, 12, 28).forEach((value, channel) => expect(value).toBeCloseTo([0, 0, 1][channel]!, 1));
  });

  it('reads progressive JPEG', () => {
    const image = decodeImage(progressive, 'p.jpg');
    expect([image.width, image.height, image.channels]).toEqual([16, 8, 3]);
    at(image, 1, 2).forEach((value, channel) => expect(value).toBeCloseTo([1, 0, 0][channel]!, 1));
    at(image, 6, 12).forEach((value, channel) => expect(value).toBeCloseTo([0, 0, 1][channel]!, 1));
  });

  it('a broken colour profile or other note does not hide the pixels of a PNG', () => {
    const data = Uint8Array.from({ length: 12 }, (_, k) => 20 * k);
    const bytes = png({ width: 2, height: 2, channels: 3, data });
    const note = [0, 0, 0, 4, ...[...'iCCP'].map((letter) => letter.charCodeAt(0)), 9, 9, 9, 9, 1, 2, 3, 4];
    const noted = Uint8Array.from([...bytes.subarray(0, 33), ...note, ...bytes.subarray(33)]);
    expect(decodeImage(noted, 'a.png')).toEqual(decodeImage(bytes, 'a.png'));
  });

  it.each([
    [1, 'top left'],
    [2, 'top right'],
    [3, 'bottom right'],
    [4, 'bottom left'],
    [5, 'top left'],
    [6, 'top right'],
    [7, 'bottom right'],
    [8, 'bottom left'],
  ])('turns a photograph of orientation %i upright: its red corner is then %s', (orientation, where) => {
    const image = decodeImage(oriented(jpeg(32, 16), orientation), 'a.jpg');
    expect([image.width, image.height]).toEqual(orientation < 5 ? [32, 16] : [16, 32]);
    const y = where.startsWith('top') ? 2 : image.height - 3;
    const x = where.endsWith('left') ? 2 : image.width - 3;
    expect(at(image, y, x)[0]).toBeGreaterThan(0.9);
    expect(at(image, image.height - 1 - y, image.width - 1 - x)[0]).toBeLessThan(0.1);
  });

  const cut = (bytes: Uint8Array, share: number) => bytes.subarray(0, Math.floor(bytes.length * share));
  const flipped = (bytes: Uint8Array) => {
    const copy = bytes.slice();
    copy[copy.length - 20]! ^= 0x55;
    return copy;
  };
  /** Says in its start of frame (FF C0) that it has four components, as files for printing do. */
  const ofFourComponents = (bytes: Uint8Array) => {
    const copy = bytes.slice();
    const frame = copy.findIndex((byte, k) => byte === 0xff && copy[k + 1] === 0xc0);
    copy[frame + 9] = 4;
    return copy;
  };
  const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, index) => (index * 7919 * (index % 13)) % 251);
  const plain = png({ width: 64, height: 64, channels: 3, data: noise });
  it.each([
    ['empty.png', new Uint8Array(), /^empty\.png is empty/],
    ['text.png', new TextEncoder().encode('not an image at all'), /neither a PNG nor a JPEG/],
    ['a.gif', new TextEncoder().encode('GIF89a.......'), /a\.gif is a GIF file, and only PNG and JPEG/],
    ['a.webp', new TextEncoder().encode('RIFF....WEBPVP8 '), /WebP/],
    ['head.png', cut(plain, 0.001), /cut off within its header|neither/],
    ['half.png', cut(plain, 0.5), /^half\.png is a damaged or truncated PNG file: get the file again\.$/],
    ['palette.png', bitPng(2, 1, 3, [0b01000000]), /^palette\.png is a damaged or truncated PNG/],
    ['flipped.png', flipped(plain), /^flipped\.png is a damaged or truncated PNG/],
    ['half.jpg', cut(jpeg(64, 64), 0.7), /^half\.jpg is (a damaged or truncated JPEG|damaged)/],
    [
      'print.jpg',
      ofFourComponents(jpeg(64, 64)),
      /^print\.jpg is a JPEG file for printing \(4 colour channels\)/,
    ],
    ['head.jpg', jpeg(64, 64).subarray(0, 30), /damaged or cut off within its header/],
  ])('%s gets one sentence', (name, bytes, message) => {
    expect(() => decodeImage(bytes, name)).toThrow(DataError);
    expect(() => decodeImage(bytes, name)).toThrow(message);
  });

  it('the header alone tells size and colour', () => {
    expect(imageHeader(plain.subarray(0, 40), 'a')).toMatchObject({
      format: 'png',
      width: 64,
      height: 64,
      colour: true,
    });
    expect(imageHeader(oriented(jpeg(32, 16), 6), 'a')).toEqual({
      ...{ format: 'jpeg', width: 32, height: 16, colour: true, orientation: 6 },
    });
  });
});

describe('prepareImage', () => {
  const flat = (width: number, height: number, value: number): DecodedImage => ({
    ...{ width, height, channels: 1, data: new Float32Array(width * height).fill(value) },
  });

  test.prop([
    fc.constantFrom(...resizeModes),
    fc.integer({ min: 1, max: 70 }),
    fc.integer({ min: 1, max: 70 }),
    fc.integer({ min: 1, max: 40 }),
    fc.integer({ min: 1, max: 40 }),
    fc.constantFrom(1, 3),
  ])(
    'a flat image stays flat in any size; values stay in 0..1',
    (mode, width, height, toHeight, toWidth, channels) => {
      const out = prepareImage(flat(width, height, 0.625), [toHeight, toWidth, channels], mode);
      expect(out.length).toBe(toHeight * toWidth * channels);
      out.forEach((value) => expect(value).toBeCloseTo(0.625, 5));
    },
  );

  it('fit shows all of the image, crop fills the frame', () => {
    // Left half black, right half white, twice as wide as high.
    const wide: DecodedImage = {
      ...{ width: 40, height: 20, channels: 1 },
      data: Float32Array.from({ length: 800 }, (_, index) => (index % 40 < 20 ? 0 : 1)),
    };
    const fitted = prepareImage(wide, [20, 20, 1], 'fit');
    expect(fitted[0]).toBeCloseTo(0.5, 1); // above it: the mean of its edge
    expect(fitted[10 * 20]).toBe(0);
    expect(fitted[10 * 20 + 19]).toBe(1);
    const cropped = prepareImage(wide, [20, 20, 1], 'crop');
    expect([cropped[0], cropped[19]]).toEqual([0, 1]);
  });

  it('thin lines keep their weight when they are scaled down', () => {
    const lines: DecodedImage = {
      ...{ width: 64, height: 64, channels: 1 },
      data: Float32Array.from({ length: 4096 }, (_, index) => (index % 8 === 0 ? 1 : 0)),
    };
    const out = prepareImage(lines, [16, 16, 1]);
    const mean = out.reduce((sum, value) => sum + value, 0) / out.length;
    expect(mean).toBeCloseTo(1 / 8, 2);
  });

  it('grey is brightness', () => {
    const red: DecodedImage = { width: 1, height: 1, channels: 3, data: Float32Array.of(1, 0, 0) };
    expect(prepareImage(red, [1, 1, 1])[0]).toBeCloseTo(0.299, 5);
    expect([...prepareImage(flat(1, 1, 0.5), [1, 1, 3])]).toEqual([0.5, 0.5, 0.5]);
  });
});

/** A PNG of 1 bit a sample, which fast-png does not write: an 8-bit one of the packed rows with another header. */
function bitPng(
  width: number,
  height: number,
  colourType: 0 | 3,
  rows: number[],
  palette?: number[],
): Uint8Array {
  const bytes = png({ width: Math.ceil(width / 8), height, channels: 1, data: Uint8Array.from(rows) });
  const header = Uint8Array.of(0, 0, 0, width, 0, 0, 0, height, 1, colourType, 0, 0, 0);
  const rest = bytes.subarray(33);
  return Uint8Array.from([
    ...bytes.subarray(0, 8),
    ...chunk('IHDR', header),
    ...(palette ? chunk('PLTE', Uint8Array.from(palette)) : []),
    ...rest,
  ]);
}
function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = Uint8Array.from([...[...type].map((character) => character.charCodeAt(0)), ...data]);
  const out = new Uint8Array(body.length + 8);
  const view = new DataView(out.buffer);
  view.setUint32(0, data.length);
  out.set(body, 4);
  view.setUint32(body.length + 4, crc32(body));
  return out;
}
