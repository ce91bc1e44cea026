/**
 * A reader of TensorBoard's event files for tests, from the description of the format alone; it shares no line with the writer. Its checksum is computed bit by
 * bit from the polynomial's definition, its numbers are read by Node's Buffer.
 */

export interface ParsedEvent {
  wallTime: number;
  step: number;
  version: string | undefined;
  sessionStart: boolean;
  scalars: [tag: string, value: number][];
  images: [tag: string, image: { width: number; height: number; colourSpace: number; png: Uint8Array }][];
}

/** CRC-32C as polynomial division, most significant bit first, of the bit-reversed bytes. */
function checksum(bytes: Uint8Array): bigint {
  let remainder = 0xffffffffn;
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit++) {
      const incoming = BigInt((byte >> bit) & 1);
      const top = (remainder >> 31n) ^ incoming;
      remainder = ((remainder << 1n) & 0xffffffffn) ^ (top ? 0x1edc6f41n : 0n);
    }
  }
  let reversed = 0n;
  for (let bit = 0n; bit < 32n; bit++) reversed |= ((remainder >> bit) & 1n) << (31n - bit);
  return reversed ^ 0xffffffffn;
}

function masked(bytes: Uint8Array): number {
  const crc = checksum(bytes);
  const rotated = ((crc >> 15n) | (crc << 17n)) & 0xffffffffn;
  return Number((rotated + 0xa282ead8n) & 0xffffffffn);
}

type Value = { number: number; bytes: Buffer };

/** A protocol buffer message: for each field number its values in order. */
function message(buffer: Buffer): Map<number, Value[]> {
  const fields = new Map<number, Value[]>();
  let position = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      if (position >= buffer.length) throw new Error('a varint is cut off');
      const byte = buffer[position++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) return value;
    }
  };
  while (position < buffer.length) {
    const key = Number(varint());
    const value: Value = { number: NaN, bytes: Buffer.alloc(0) };
    switch (key & 7) {
      case 0:
        value.number = Number(varint());
        break;
      case 1:
        value.number = buffer.readDoubleLE(position);
        position += 8;
        break;
      case 2: {
        const length = Number(varint());
        if (position + length > buffer.length) throw new Error('a field is cut off');
        value.bytes = buffer.subarray(position, position + length);
        position += length;
        break;
      }
      case 5:
        value.number = buffer.readFloatLE(position);
        position += 4;
        break;
      default:
        throw new Error(`wire type ${key & 7}`);
    }
    fields.set(key >> 3, [...(fields.get(key >> 3) ?? []), value]);
  }
  return fields;
}

/** All events of a file. @throws Error for anything that is not as the format says */
export function parseEventFile(file: Uint8Array): ParsedEvent[] {
  const buffer = Buffer.from(file);
  const events: ParsedEvent[] = [];
  let position = 0;
  while (position < buffer.length) {
    const head = buffer.subarray(position, position + 8);
    if (masked(head) !== buffer.readUInt32LE(position + 8))
      throw new Error(`the length at ${position} is damaged`);
    const length = Number(head.readBigUInt64LE(0));
    const data = buffer.subarray(position + 12, position + 12 + length);
    if (masked(data) !== buffer.readUInt32LE(position + 12 + length))
      throw new Error(`the record at ${position} is damaged`);
    events.push(event(data));
    position += 16 + length;
  }
  return events;
}

function event(data: Buffer): ParsedEvent {
  const fields = message(data);
  const one = (number: number): Value | undefined => fields.get(number)?.[0];
  const parsed: ParsedEvent = {
    wallTime: one(1)!.number,
    step: one(2)?.number ?? 0,
    version: one(3)?.bytes.toString('utf8'),
    sessionStart: false,
    scalars: [],
    images: [],
  };
  const session = one(7);
  if (session) parsed.sessionStart = message(session.bytes).get(1)?.[0]?.number === 1;
  const summary = one(5);
  for (const value of summary ? (message(summary.bytes).get(1) ?? []) : []) {
    const parts = message(value.bytes);
    const tag = parts.get(1)![0]!.bytes.toString('utf8');
    const simple = parts.get(2)?.[0];
    const image = parts.get(4)?.[0];
    if (simple) parsed.scalars.push([tag, simple.number]);
    if (!image) continue;
    const of = message(image.bytes);
    const whole = (field: number): number => of.get(field)![0]!.number;
    parsed.images.push([
      tag,
      { height: whole(1), width: whole(2), colourSpace: whole(3), png: new Uint8Array(of.get(4)![0]!.bytes) },
    ]);
  }
  return parsed;
}
