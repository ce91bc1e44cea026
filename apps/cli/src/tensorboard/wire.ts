/** The wire format of protocol buffers, as much of it as events need: fields of a number and a kind, one after the other. */

/** How a field's value is written. */
const kinds = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const varint = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  // Not shifts: steps may have more than 32 bits.
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return bytes;
};

const tag = (field: number, kind: keyof typeof kinds): number[] => varint(field * 8 + kinds[kind]);

/** A whole number from 0 to 2^53. */
export const whole = (field: number, value: number): Uint8Array =>
  Uint8Array.from([...tag(field, 'varint'), ...varint(value)]);

export function double(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return join([Uint8Array.from(tag(field, 'fixed64')), bytes]);
}

export function float(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return join([Uint8Array.from(tag(field, 'fixed32')), bytes]);
}

/** Bytes, a text or a message within the message. */
export function bytes(field: number, value: Uint8Array | string): Uint8Array {
  const contents = typeof value === 'string' ? new TextEncoder().encode(value) : value;
  return join([Uint8Array.from([...tag(field, 'bytes'), ...varint(contents.length)]), contents]);
}

/** Parts one after the other. */
export function join(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** A field as it was read: a number, or bytes. */
export interface Field {
  readonly field: number;
  readonly number: number;
  readonly bytes: Uint8Array;
}

/**
 * The fields of a message in their order.
 *
 * @throws RangeError when the bytes end within a field or are no message
 */
export function* fieldsOf(message: Uint8Array): Generator<Field, void, undefined> {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  let at = 0;
  const readVarint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = view.getUint8(at++);
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const nothing = new Uint8Array(0);
  while (at < message.length) {
    const head = readVarint();
    const [field, kind] = [Math.floor(head / 8), head % 8];
    if (kind === kinds.varint) yield { field, number: readVarint(), bytes: nothing };
    else if (kind === kinds.fixed64) {
      yield { field, number: view.getFloat64(at, true), bytes: nothing };
      at += 8;
    } else if (kind === kinds.fixed32) {
      yield { field, number: view.getFloat32(at, true), bytes: nothing };
      at += 4;
    } else if (kind === kinds.bytes) {
      const length = readVarint();
      if (at + length > message.length) throw new RangeError('the message ends within a field');
      yield { field, number: length, bytes: message.subarray(at, at + length) };
      at += length;
    } else throw new RangeError(`field ${field} is of an unknown kind (${kind})`);
  }
}
