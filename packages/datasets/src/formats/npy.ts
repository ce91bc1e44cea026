/**
 * NPY, the file of one NumPy array (NumPy enhancement proposal 1): the magic "\x93NUMPY", a version, the length of a header, the header as a
 * Python dictionary of type, order and axes, then the values.
 */
import { DataError } from '../errors.js';

export interface NpyArray {
  readonly axes: readonly number[];
  readonly data: Uint8Array | Int32Array | Float32Array | Float64Array;
}

type ReadValue = (view: DataView, at: number) => number;

/** NumPy's names of little-endian types: the bytes of a value and how it is read. Integers of 8 bytes must fit 2^53. */
const types: Readonly<
  Record<string, { bytes: number; read: ReadValue; array: 'bytes' | 'integers' | 'floats' | 'doubles' }>
> = {
  '|u1': { bytes: 1, read: (view, at) => view.getUint8(at), array: 'bytes' },
  '|i1': { bytes: 1, read: (view, at) => view.getInt8(at), array: 'integers' },
  '<u2': { bytes: 2, read: (view, at) => view.getUint16(at, true), array: 'integers' },
  '<i2': { bytes: 2, read: (view, at) => view.getInt16(at, true), array: 'integers' },
  '<i4': { bytes: 4, read: (view, at) => view.getInt32(at, true), array: 'integers' },
  '<i8': { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)), array: 'doubles' },
  '<u8': { bytes: 8, read: (view, at) => Number(view.getBigUint64(at, true)), array: 'doubles' },
  '<f4': { bytes: 4, read: (view, at) => view.getFloat32(at, true), array: 'floats' },
  '<f8': { bytes: 8, read: (view, at) => view.getFloat64(at, true), array: 'doubles' },
};

/** Reads an array in C order. Throws DataError for another format, type or order, and for a short or long file. */
export function decodeNpy(bytes: Uint8Array, where: string): NpyArray {
  const fail = (what: string) =>
    new DataError(`${where} ${what}: get the file again or save it from NumPy as such.`, where);
  const text = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
  if (bytes.length < 12 || text(0, 6) !== '\x93NUMPY')
    throw fail('is not an NPY array (its magic is missing)');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6]!;
  const start = version === 1 ? 10 : 12;
  const end = start + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (end > bytes.length) throw fail('is truncated inside its header');
  const header = text(start, end);
  const type = /'descr':\s*'([^']+)'/.exec(header)?.[1] ?? 'no type';
  const axes = /'shape':\s*\(([^)]*)\)/
    .exec(header)?.[1]
    ?.split(',')
    .map((axis) => axis.trim());
  if (!axes) throw fail('has a header without a shape');
  if (!/'fortran_order':\s*False/.test(header)) throw fail('is in Fortran order, C order is wanted');
  const known = types[type];
  if (!known) throw fail(`holds values of type ${type}, wanted ${Object.keys(types).join(', ')}`);
  const lengths = axes.filter((axis) => axis !== '').map(Number);
  const size = lengths.reduce((product, axis) => product * axis, 1);
  if (bytes.length - end !== size * known.bytes) {
    throw fail(`should have ${size * known.bytes} bytes of values but has ${bytes.length - end}`);
  }
  if (type === '|u1') return { axes: lengths, data: bytes.subarray(end) };
  const make = { bytes: Uint8Array, integers: Int32Array, floats: Float32Array, doubles: Float64Array }[
    known.array
  ];
  const data = new make(size);
  for (let index = 0; index < size; index++) data[index] = known.read(view, end + index * known.bytes);
  return { axes: lengths, data };
}

/** The file of an array of bytes; the inverse of `decodeNpy`. */
export function encodeNpy(axes: readonly number[], data: Uint8Array): Uint8Array {
  const shape = `(${axes.join(', ')}${axes.length === 1 ? ',' : ''})`;
  const dictionary = `{'descr': '|u1', 'fortran_order': False, 'shape': ${shape}, }`;
  // Header and preamble together are padded to a multiple of 64 and end with a newline.
  const header = dictionary.padEnd(Math.ceil((10 + dictionary.length + 1) / 64) * 64 - 10 - 1) + '\n';
  const bytes = new Uint8Array(10 + header.length + data.length);
  bytes.set([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, header.length & 255, header.length >> 8]);
  bytes.set(new TextEncoder().encode(header), 10);
  bytes.set(data, 10 + header.length);
  return bytes;
}
