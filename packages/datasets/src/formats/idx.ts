/**
 * IDX, the format of MNIST and its relatives (LeCun, "The MNIST database"): two zero bytes, a byte for the type of the values, a byte
 * for the number of axes, the axes as big-endian 32-bit numbers, then the values. MNIST uses unsigned bytes (type 8) throughout:
 * images have magic 0x00000803, labels 0x00000801.
 */
import { DataError } from '../errors.js';

/** An array of unsigned bytes with its axes. */
export interface IdxArray {
  readonly axes: readonly number[];
  readonly data: Uint8Array;
}

const unsignedByte = 0x08;
const hex = (magic: number): string => `0x${magic.toString(16).padStart(8, '0')}`;

/**
 * Reads the (unpacked) bytes of an IDX file of unsigned bytes.
 * @param bytes the whole file
 * @param axisCount the number of axes wanted: 3 for images, 1 for labels
 * @param where the path, for the error
 * @throws DataError for another magic number, a file that is too short or too long
 */
export function decodeIdx(bytes: Uint8Array, axisCount: number, where: string): IdxArray {
  const wanted = (unsignedByte << 8) | axisCount;
  const header = 4 + 4 * axisCount;
  if (bytes.length < 4) throw truncated(where, `${bytes.length} bytes are not even a magic number`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0);
  if (magic !== wanted) {
    const other =
      { 0x0801: ' (that is a file of labels)', 0x0803: ' (that is a file of images)' }[magic] ?? '';
    throw new DataError(
      `${where} starts with ${hex(magic)}${other}, not with the magic number ${hex(wanted)} of IDX ${kind(axisCount)}: ` +
        `put the right file there.`,
      where,
    );
  }
  if (bytes.length < header)
    throw truncated(where, `its header needs ${header} bytes, the file has ${bytes.length}`);
  const axes = Array.from({ length: axisCount }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = axes.reduce((product, axis) => product * axis, 1);
  const present = bytes.length - header;
  if (present < size)
    throw truncated(where, `${axes.join('x')} needs ${size} bytes of data, the file has ${present}`);
  if (present > size) {
    throw new DataError(
      `${where} has ${present - size} bytes after its ${axes.join('x')} values: the file is damaged or two files are joined; get it again.`,
      where,
    );
  }
  return { axes, data: bytes.subarray(header) };
}

const kind = (axisCount: number): string =>
  axisCount === 1 ? 'labels' : axisCount === 3 ? 'images' : 'arrays';

const truncated = (where: string, detail: string): DataError =>
  new DataError(`${where} is truncated (${detail}): get the file again.`, where);

/** The bytes of an IDX file; the inverse of `decodeIdx`. Throws RangeError when data and axes disagree. */
export function encodeIdx({ axes, data }: IdxArray): Uint8Array {
  const size = axes.reduce((product, axis) => product * axis, 1);
  if (size !== data.length || axes.length > 255 || axes.some((axis) => axis >= 2 ** 32)) {
    throw new RangeError(
      `encodeIdx: axes [${axes.join(',')}] hold ${size} values, the data ${data.length}. Make them agree.`,
    );
  }
  const header = 4 + 4 * axes.length;
  const bytes = new Uint8Array(header + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, (unsignedByte << 8) | axes.length);
  axes.forEach((axis, index) => view.setUint32(4 + 4 * index, axis));
  bytes.set(data, header);
  return bytes;
}
