/**
 * The members of a ZIP archive (PKWARE APPNOTE 6.3), as much as NumPy's `.npz` needs: the directory at the end of the file, members stored or
 * deflated, each checked by its CRC-32. Archives of 4 GiB and more (ZIP64) are refused.
 */
import { crc32 as nodeCrc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { DataError } from '../errors.js';

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** CRC-32 as ZIP and PNG use it (node:zlib has it from 20.15 and 22.2 on). */
export function crc32(bytes: Uint8Array): number {
  if (typeof nodeCrc32 === 'function') return nodeCrc32(bytes);
  let value = 0xffffffff;
  for (const byte of bytes) value = table[(value ^ byte) & 255]! ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

const signatures = { member: 0x04034b50, entry: 0x02014b50, end: 0x06054b50 } as const;

/** Unpacks the named members. Throws DataError for a file that is no ZIP, lacks a member, or is damaged. */
export function readZip(
  bytes: Uint8Array,
  names: readonly string[],
  where: string,
): Record<string, Uint8Array> {
  const fail = (what: string) => new DataError(`${where} ${what}: get the file again.`, where);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== signatures.end) end--;
  if (end < 0) throw fail('is not a ZIP archive, or is truncated (no directory at its end)');
  const entries = new Map<string, { method: number; crc: number; packed: number; start: number }>();
  let at = view.getUint32(end + 16, true);
  for (let entry = 0; entry < view.getUint16(end + 10, true); entry++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== signatures.entry)
      throw fail('has a damaged directory');
    const nameLength = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    entries.set(name, {
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      packed: view.getUint32(at + 20, true),
      start: view.getUint32(at + 42, true),
    });
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  const members: Record<string, Uint8Array> = {};
  for (const name of names) {
    const entry = entries.get(name);
    if (!entry) throw fail(`has no member ${name} (it has ${[...entries.keys()].join(', ') || 'none'})`);
    const { method, crc, packed, start } = entry;
    if (start + 30 > bytes.length || view.getUint32(start, true) !== signatures.member)
      throw fail(`is damaged at ${name}`);
    const data = start + 30 + view.getUint16(start + 26, true) + view.getUint16(start + 28, true);
    if (data + packed > bytes.length) throw fail(`is damaged at ${name} (it leaves the file)`);
    const raw = bytes.subarray(data, data + packed);
    if (method !== 0 && method !== 8)
      throw fail(`packs ${name} by method ${method}, known are stored and deflated`);
    try {
      members[name] = method === 0 ? raw : inflateRawSync(raw);
    } catch (cause) {
      throw new DataError(`${where} is damaged at ${name}: get the file again.`, where, { cause });
    }
    if (crc32(members[name]) !== crc) throw fail(`is damaged at ${name} (its checksum differs)`);
  }
  return members;
}

/** A ZIP archive of the members, deflated. */
export function writeZip(members: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const bodies: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const [name, data] of Object.entries(members)) {
    const packed = deflateRawSync(data);
    const label = new TextEncoder().encode(name);
    // version, flags, method 8, time and date (1980-01-01), checksum, packed and full size, length of the name, of extras.
    const common = new DataView(new ArrayBuffer(26));
    [20, 0, 8, 0, 0x21].forEach((value, index) => common.setUint16(2 * index, value, true));
    [crc32(data), packed.length, data.length].forEach((value, index) =>
      common.setUint32(10 + 4 * index, value, true),
    );
    common.setUint16(22, label.length, true);
    const fields = new Uint8Array(common.buffer);
    const number = (value: number) => [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24];
    const local = Uint8Array.of(...number(signatures.member), ...fields, ...label);
    directory.push(
      Uint8Array.of(
        ...number(signatures.entry),
        20,
        0,
        ...fields,
        ...Array<number>(10).fill(0),
        ...number(offset),
        ...label,
      ),
    );
    bodies.push(local, packed);
    offset += local.length + packed.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, signatures.end, true);
  end.setUint16(8, directory.length, true);
  end.setUint16(10, directory.length, true);
  end.setUint32(12, size, true);
  end.setUint32(16, offset, true);
  return Buffer.concat([...bodies, ...directory, new Uint8Array(end.buffer)]);
}
