/**
 * The wire format of Protocol Buffers, as far as writing needs it (https://protobuf.dev/programming-guides/encoding): a message is its fields one after the
 * other, each a tag (number of the field, kind of its contents) and contents. Written here and not taken from a library because writing is these few
 * functions, while libraries bring a parser, descriptors and hundreds of kilobytes to every user of the package.
 */
const kinds = { varint: 0, lengthDelimited: 2, fixed32: 5 } as const;

/** Seven bits a byte, the lowest first; negative integers as their 64-bit two's complement. */
function varint(value: number | bigint): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 128 : low);
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

const tag = (field: number, kind: number): Uint8Array => varint(field * 8 + kind);

/** The parts in one array. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A field of type int32, int64 or enum. */
export const integerField = (field: number, value: number | bigint): Uint8Array =>
  joined([tag(field, kinds.varint), varint(value)]);

/** A field of type float. */
export function floatField(field: number, value: number): Uint8Array {
  const contents = new Uint8Array(4);
  new DataView(contents.buffer).setFloat32(0, value, true);
  return joined([tag(field, kinds.fixed32), contents]);
}

/** A field of type bytes. */
export const bytesField = (field: number, contents: Uint8Array): Uint8Array =>
  joined([tag(field, kinds.lengthDelimited), varint(contents.length), contents]);

/** A field of type string. */
export const textField = (field: number, text: string): Uint8Array =>
  bytesField(field, new TextEncoder().encode(text));

/** A field that is itself a message of these fields. */
export const messageField = (field: number, fields: readonly Uint8Array[]): Uint8Array =>
  bytesField(field, joined(fields));
