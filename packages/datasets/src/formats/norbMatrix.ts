/**
 * The binary matrix format of NORB (LeCun, Huang, "The small NORB dataset, v1.0", 2005): a little-endian magic number that names the type of
 * the values, the number of axes, the axes (always at least three numbers: unused ones are 1), then the values, the last axis
 * fastest.
 */
import { DataError } from '../errors.js';

export type NorbMatrixType = 'byte' | 'integer';

export interface NorbMatrix {
  readonly type: NorbMatrixType;
  readonly axes: readonly number[];
  readonly data: Uint8Array | Int32Array;
}

const magics: Readonly<Record<NorbMatrixType, number>> = { byte: 0x1e3d4c55, integer: 0x1e3d4c54 };
const otherTypes: Readonly<Record<number, string>> = {
  0x1e3d4c51: 'single precision',
  0x1e3d4c52: 'packed',
  0x1e3d4c53: 'double precision',
  0x1e3d4c54: 'integer',
  0x1e3d4c55: 'byte',
  0x1e3d4c56: 'short',
};
const bytesOf: Readonly<Record<NorbMatrixType, number>> = { byte: 1, integer: 4 };
const hex = (magic: number): string => `0x${magic.toString(16).padStart(8, '0')}`;

/**
 * Reads a matrix of the wanted type and axes; `undefined` stands for an axis of any length.
 * @throws DataError for another magic number or type, other axes, a short or long file
 */
export function decodeNorbMatrix(
  bytes: Uint8Array,
  type: NorbMatrixType,
  wanted: readonly (number | undefined)[],
  where: string,
): NorbMatrix {
  const fail = (what: string) => new DataError(`${where} ${what}.`, where);
  const shape = wanted.map((axis) => axis ?? 'N').join('x');
  const stored = Math.max(3, wanted.length);
  const header = 8 + 4 * stored;
  if (bytes.length < 8)
    throw fail(`is truncated (${bytes.length} bytes, the header has ${header}): get the file again`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0, true);
  if (magic !== magics[type]) {
    const found = otherTypes[magic] ? ` (a matrix of type ${otherTypes[magic]})` : '';
    throw fail(
      `starts with ${hex(magic)}${found}, not with ${hex(magics[type])} of a NORB ${type} matrix: put the right file there`,
    );
  }
  const axisCount = view.getInt32(4, true);
  if (axisCount !== wanted.length) {
    throw fail(`has ${axisCount} axes where ${shape} has ${wanted.length}: put the right file there`);
  }
  if (bytes.length < header)
    throw fail(`is truncated (${bytes.length} bytes, the header has ${header}): get the file again`);
  const axes = Array.from({ length: stored }, (_, axis) => view.getInt32(8 + 4 * axis, true));
  const agree = axes.every((axis, index) => {
    const want = index < wanted.length ? wanted[index] : 1;
    return want === undefined ? axis > 0 : axis === want;
  });
  if (!agree) throw fail(`holds ${axes.join('x')}, wanted ${shape}: put the right file there`);
  const used = axes.slice(0, axisCount);
  const size = used.reduce((product, axis) => product * axis, 1);
  const need = size * bytesOf[type];
  const present = bytes.length - header;
  if (present < need)
    throw fail(
      `is truncated (${used.join('x')} needs ${need} bytes, the file has ${present}): get the file again`,
    );
  if (present > need)
    throw fail(`has ${present - need} bytes after its ${used.join('x')} values: get the file again`);
  if (type === 'byte') return { type, axes: used, data: bytes.subarray(header) };
  const data = Int32Array.from({ length: size }, (_, index) => view.getInt32(header + 4 * index, true));
  return { type, axes: used, data };
}

/** The bytes of a matrix file; the inverse of `decodeNorbMatrix`. */
export function encodeNorbMatrix({ type, axes, data }: NorbMatrix): Uint8Array {
  const size = axes.reduce((product, axis) => product * axis, 1);
  if (size !== data.length) {
    throw new RangeError(
      `encodeNorbMatrix: axes [${axes.join(',')}] hold ${size} values, the data ${data.length}. Make them agree.`,
    );
  }
  const stored = [...axes, 1, 1, 1].slice(0, Math.max(3, axes.length));
  const header = 8 + 4 * stored.length;
  const bytes = new Uint8Array(header + size * bytesOf[type]);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magics[type], true);
  view.setInt32(4, axes.length, true);
  stored.forEach((axis, index) => view.setInt32(8 + 4 * index, axis, true));
  if (type === 'byte') bytes.set(data, header);
  else data.forEach((value, index) => view.setInt32(header + 4 * index, value, true));
  return bytes;
}
