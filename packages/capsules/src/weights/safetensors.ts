/**
 * The safetensors format: 8 bytes little-endian header length; a JSON header that maps each name to
 * `{dtype, shape, data_offsets: [start, end]}`, offsets counted from the end of the header; raw little-endian row-major data.
 * `__metadata__` holds texts. Nothing in a file is executed or trusted: every field is checked before data is looked at.
 */
import { fromHalf, largestHalf, toHalf } from './half.js';

/** A weights file that cannot be read, or that does not fit. */
export class WeightsError extends Error {
  override readonly name = 'WeightsError';
}

/** The arrays that a file can hold. */
export type StoredArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** An array of a file, row-major. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: StoredArray;
  /** Set on reading where the file has halves; `data` is float32 then. */
  readonly storage?: 'F16';
}

/** The contents of a safetensors file. */
export interface Safetensors {
  /** By name, in the order of the data. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

const dtypeOf = (data: StoredArray): Dtype =>
  data instanceof Float32Array
    ? 'F32'
    : data instanceof Float64Array
      ? 'F64'
      : data instanceof Int32Array
        ? 'I32'
        : 'U8';

const widths = { F16: 2, F32: 4, F64: 8, I32: 4, U8: 1 } as const;
type Dtype = keyof typeof widths;

/** How float32 numbers lie in a file: as they are, or rounded to half precision, which takes half the space. */
export type FloatStorage = 'F32' | 'F16';

/** Headers above this are refused, as the format's own library does. */
const longestHeader = 100_000_000;

/** A tensor as the header of a file names it. */
export interface SafetensorsEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'F16' | 'F32' | 'F64' | 'I32' | 'U8';
}

/**
 * Writes a file. The bytes depend on the contents alone: tensors stand in the order given, metadata keys sorted.
 *
 * @param storage of Float32Arrays; other arrays stay what they are
 * @throws WeightsError when a shape does not fit its data, or a number is too large for half precision
 */
export function encodeSafetensors(
  tensors: Iterable<readonly [string, StoredTensor]>,
  metadata: Readonly<Record<string, string>> = {},
  storage: FloatStorage = 'F32',
): Uint8Array {
  const list = [...tensors].map(([name, { shape, data }]) => {
    const half = storage === 'F16' && data instanceof Float32Array;
    return {
      name,
      shape,
      data: half ? halves(name, data) : data,
      dtype: half ? ('F16' as const) : dtypeOf(data),
    };
  });
  for (const { name, shape, data } of list) {
    const size = sizeOf(shape);
    if (size !== data.length)
      throw new WeightsError(
        `encodeSafetensors: "${name}" of shape [${shape.join(',')}] has ${size} elements, its data ${data.length}.`,
      );
  }
  const header = safetensorsHeader(list, metadata);
  const bytes = new Uint8Array(list.reduce((sum, { data }) => sum + data.byteLength, header.length));
  bytes.set(header);
  let at = header.length;
  for (const { data } of list) {
    bytes.set(safetensorsBytes(data), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * What a file begins with; the data of the tensors follows in the same order. For files that are written tensor by tensor, without all of them in memory.
 *
 * @param entries the tensors, in the order of their data
 * @throws WeightsError when a name is there twice, or reserved
 */
export function safetensorsHeader(
  entries: Iterable<SafetensorsEntry>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  const keys = Object.keys(metadata).sort();
  if (keys.length > 0) header['__metadata__'] = Object.fromEntries(keys.map((key) => [key, metadata[key]]));
  let end = 0;
  for (const { name, shape, dtype } of entries) {
    if (name === '__metadata__' || Object.hasOwn(header, name))
      throw new WeightsError(
        `encodeSafetensors: the name "${name}" is ${name === '__metadata__' ? 'reserved' : 'there twice'}.`,
      );
    header[name] = {
      dtype,
      shape: [...shape],
      data_offsets: [end, (end += sizeOf(shape) * widths[dtype])],
    };
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + padded).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(text, 8);
  return bytes;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);

/** Numbers rounded to half precision. @throws WeightsError when one would become infinite */
function halves(name: string, data: Float32Array): Uint16Array {
  return Uint16Array.from(data, (value) => {
    const bits = toHalf(value);
    if ((bits & 0x7fff) === 0x7c00 && Number.isFinite(value))
      throw new WeightsError(
        `encodeSafetensors: "${name}" has ${value}, half precision ends at ${largestHalf}. Store it as float32.`,
      );
    return bits;
  });
}

/** The bytes of an array in the order of the format; a copy is made on big-endian machines only. */
export function safetensorsBytes(data: StoredArray | Uint16Array): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return isLittleEndian || data.BYTES_PER_ELEMENT === 1 ? bytes : swapped(bytes, data.BYTES_PER_ELEMENT);
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function swapped(bytes: Uint8Array, width: number): Uint8Array {
  const copy = new Uint8Array(bytes);
  for (let start = 0; start < copy.length; start += width) copy.subarray(start, start + width).reverse();
  return copy;
}

interface Entry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a file. F16 comes back as float32. The arrays lie in the memory of `bytes` where that is aligned, which is not to be written to then.
 *
 * @param source name of the file, for messages
 * @throws WeightsError when the file is truncated, overlapping, or anything in its header is not as the format says
 */
export function decodeSafetensors(bytes: Uint8Array, source = 'safetensors'): Safetensors {
  const fail = (problem: string): never => {
    throw new WeightsError(`${source}: ${problem}`);
  };
  if (bytes.length < 8)
    fail(
      `${bytes.length} bytes are too few for a safetensors file (the header's length takes 8). Is the file cut off?`,
    );
  const headerLength = Number(
    new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true),
  );
  if (headerLength < 2 || headerLength > longestHeader)
    fail(`the first 8 bytes announce a header of ${headerLength} bytes. This is not a safetensors file.`);
  if (8 + headerLength > bytes.length)
    fail(
      `the header announces ${headerLength} bytes, the file has ${bytes.length - 8} after the first 8. The file is cut off, or not a safetensors file.`,
    );
  let header: unknown;
  try {
    header = JSON.parse(
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + headerLength)),
    );
  } catch {
    fail('the header is not JSON. The file is damaged, or not a safetensors file.');
  }
  if (!isRecord(header)) return fail('the header is not a JSON object.');
  const { __metadata__: metadata = {}, ...rest } = header;
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string'))
    return fail('__metadata__ must map names to texts.');
  const entries = Object.entries(rest)
    .map(([name, entry]) => checkEntry(name, entry, fail))
    .sort((a, b) => a.start - b.start || a.end - b.end);
  const available = bytes.length - 8 - headerLength;
  let end = 0;
  for (const entry of entries) {
    if (entry.end > available)
      fail(
        `"${entry.name}" ends at byte ${entry.end} of the data, the file has ${available}. The file is cut off.`,
      );
    if (entry.start < end)
      fail(
        `"${entry.name}" starts at byte ${entry.start} of the data, inside the tensor before it, which ends at ${end}.`,
      );
    if (entry.start > end)
      fail(`bytes ${end} to ${entry.start} of the data, before "${entry.name}", belong to no tensor.`);
    end = entry.end;
  }
  if (end !== available)
    fail(`${available - end} bytes after the last tensor belong to none. The file is damaged.`);
  const origin = 8 + headerLength;
  const tensors = new Map(
    entries.map((entry) => [
      entry.name,
      {
        shape: entry.shape,
        data: readData(bytes.subarray(origin + entry.start, origin + entry.end), entry.dtype),
        ...(entry.dtype === 'F16' ? { storage: entry.dtype } : {}),
      },
    ]),
  );
  return { tensors, metadata: metadata as Record<string, string> };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function checkEntry(name: string, value: unknown, fail: (problem: string) => never): Entry {
  if (!isRecord(value)) return fail(`"${name}" is not described by a JSON object.`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || !Object.hasOwn(widths, dtype))
    return fail(
      `"${name}" has dtype ${JSON.stringify(dtype)}; known here: ${Object.keys(widths).join(', ')}.`,
    );
  if (!Array.isArray(shape) || !shape.every(isCount))
    return fail(`"${name}" has shape ${JSON.stringify(shape)}, wanted a list of integers >= 0.`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    return fail(`"${name}" has data_offsets ${JSON.stringify(offsets)}, wanted [start, end].`);
  const [start, end] = offsets as unknown as [number, number];
  const needed = shape.reduce((product, side) => product * side, 1) * widths[dtype as Dtype];
  if (end - start !== needed)
    return fail(
      `"${name}" of dtype ${dtype} and shape [${shape.join(',')}] needs ${needed} bytes, its offsets [${start},${end}] span ${end - start}.`,
    );
  return { name, dtype: dtype as Dtype, shape: shape, start, end };
}

/** `bytes` is a copy of its own, so that it is aligned. */
function readData(part: Uint8Array, dtype: Dtype): StoredArray {
  const width = widths[dtype];
  // Not `slice`: of a Buffer that is a view, which need not be aligned.
  const aligned = part.byteOffset % width === 0 ? part : new Uint8Array(part);
  const bytes = isLittleEndian || width === 1 ? aligned : swapped(aligned, width);
  const { buffer, byteOffset } = bytes;
  const length = bytes.length / width;
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer, byteOffset, length);
    case 'F64':
      return new Float64Array(buffer, byteOffset, length);
    case 'I32':
      return new Int32Array(buffer, byteOffset, length);
    case 'U8':
      return new Uint8Array(buffer, byteOffset, length);
    case 'F16':
      return Float32Array.from(new Uint16Array(buffer, byteOffset, length), fromHalf);
  }
}
