/**
 * Events as TensorBoard reads them. A file is a row of records (TFRecord): length, masked CRC-32C of the length, the event, masked CRC-32C of the event.
 * An event is a protocol buffer (tensorflow/core/util/event.proto, summary.proto):
 *
 *     Event   { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5; SessionLog session_log = 7 }
 *     Summary { repeated Value value = 1 }     Value { string tag = 1; float simple_value = 2; Image image = 4 }
 *     Image   { int32 height = 1; int32 width = 2; int32 colorspace = 3; bytes encoded_image_string = 4 }
 *     SessionLog { SessionStatus status = 1 }  (START = 1)
 */
import { maskedCrc32c } from './crc32c.js';
import { bytes, double, fieldsOf, float, join, whole } from './wire.js';

/** A picture as an encoded PNG. */
export interface EventImage {
  readonly width: number;
  readonly height: number;
  /** 1: grey, 3: red, green and blue. */
  readonly channels: 1 | 3;
  readonly png: Uint8Array;
}

export interface Values {
  /** By their tags: `train/loss`. What stands before the stroke is the group that TensorBoard shows them in. */
  readonly scalars?: Readonly<Record<string, number>>;
  readonly images?: Readonly<Record<string, EventImage>>;
}

/** A record around an event. */
export function frame(event: Uint8Array): Uint8Array {
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(event.length), true);
  const checksum = (of: Uint8Array): Uint8Array => {
    const four = new Uint8Array(4);
    new DataView(four.buffer).setUint32(0, maskedCrc32c(of), true);
    return four;
  };
  return join([length, checksum(length), event, checksum(event)]);
}

/** What a file begins with: its version, and that a session starts, so that a reader forgets what it has read of the run from another file. */
export const opening = (seconds: number): Uint8Array =>
  join([
    frame(join([double(1, seconds), bytes(3, 'brain.Event:2')])),
    frame(join([double(1, seconds), bytes(7, whole(1, 1))])),
  ]);

/** One event with all the values of a step. */
export function valuesEvent(
  seconds: number,
  step: number,
  { scalars = {}, images = {} }: Values,
): Uint8Array {
  const values = [
    ...Object.entries(scalars).map(([tag, value]) => join([bytes(1, tag), float(2, value)])),
    ...Object.entries(images).map(([tag, { width, height, channels, png }]) => {
      const image = join([whole(1, height), whole(2, width), whole(3, channels), bytes(4, png)]);
      return join([bytes(1, tag), bytes(4, image)]);
    }),
  ];
  const summary = join(values.map((value) => bytes(1, value)));
  return frame(join([double(1, seconds), whole(2, step), bytes(5, summary)]));
}

/** A record as it was read. */
export interface ReadEvent {
  readonly step: number;
  /** Of a file's first event. */
  readonly version?: string;
  readonly scalars: ReadonlyMap<string, number>;
  /** All tags, of scalars and of images. */
  readonly tags: readonly string[];
  /** The record with its frame. */
  readonly record: Uint8Array;
}

/** The events of a file up to the first that is cut off or damaged, as a crash in the middle of writing leaves it. */
export function readEvents(file: Uint8Array): readonly ReadEvent[] {
  const events: ReadEvent[] = [];
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = 0; at + 16 <= file.length;) {
    const length = Number(view.getBigUint64(at, true));
    const end = at + 16 + length;
    if (end > file.length || view.getUint32(at + 8, true) !== maskedCrc32c(file.subarray(at, at + 8))) break;
    const event = file.subarray(at + 12, end - 4);
    if (view.getUint32(end - 4, true) !== maskedCrc32c(event)) break;
    events.push(parse(event, file.subarray(at, end)));
    at = end;
  }
  return events;
}

function parse(event: Uint8Array, record: Uint8Array): ReadEvent {
  let step = 0;
  let version: string | undefined;
  const scalars = new Map<string, number>();
  const tags: string[] = [];
  const text = (of: Uint8Array): string => new TextDecoder().decode(of);
  for (const { field, number, bytes: contents } of fieldsOf(event)) {
    if (field === 2) step = number;
    if (field === 3) version = text(contents);
    if (field !== 5) continue;
    for (const { bytes: value } of fieldsOf(contents)) {
      let tag = '';
      for (const part of fieldsOf(value)) {
        if (part.field === 1) tag = text(part.bytes);
        if (part.field === 2) scalars.set(tag, part.number);
      }
      tags.push(tag);
    }
  }
  return { step, ...(version === undefined ? {} : { version }), scalars, tags, record };
}
