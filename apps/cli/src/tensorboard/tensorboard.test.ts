import { fc, test } from '@fast-check/vitest';
import { decode } from 'fast-png';
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { crc32c, maskedCrc32c } from './crc32c.js';
import { readEvents, valuesEvent } from './events.js';
import { openEventLog } from './log.js';
import { parseEventFile } from '../e2e/event-file.js';
import { sheetOf } from './sheet.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'capsnet-events-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const onlyFile = (): string => {
  const names = readdirSync(folder);
  expect(names).toHaveLength(1);
  expect(names[0]).toMatch(/^events\.out\.tfevents\.\d{10}\.capsnet$/);
  return join(folder, names[0]!);
};
const scalarsOf = (file: string): [number, string, number][] =>
  parseEventFile(readFileSync(file)).flatMap(({ step, scalars }) =>
    scalars.map(([tag, value]): [number, string, number] => [step, tag, value]),
  );

describe('CRC-32C', () => {
  it('gives the values of RFC 3720, appendix B.4', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, k) => k))).toBe(0x46dd794e);
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  });

  it('is masked as TFRecord masks it', () => {
    const crc = 0xe3069283;
    const turned = ((crc >>> 15) | (crc << 17)) >>> 0;
    expect(maskedCrc32c(new TextEncoder().encode('123456789'))).toBe((turned + 0xa282ead8) % 2 ** 32);
  });
});

describe('event file', () => {
  it('holds a version, the start of a session, scalars and images', () => {
    const grey = { width: 2, height: 2, channels: 1, bytes: Uint8Array.of(0, 80, 160, 255) } as const;
    const log = openEventLog(folder, { now: () => 1_700_000_000.5 });
    log.add(300, { scalars: { 'train/loss': 0.25, 'validation/accuracy': 0.875 } });
    const sheet = sheetOf([{ input: grey, reconstructions: [grey, grey] }], 1);
    log.add(2 ** 33, { images: { 'validation/reconstructions': sheet } });
    const events = parseEventFile(readFileSync(onlyFile()));
    expect(events.map(({ version, sessionStart, step }) => ({ version, sessionStart, step }))).toEqual([
      { version: 'brain.Event:2', sessionStart: false, step: 0 },
      { version: undefined, sessionStart: true, step: 0 },
      { version: undefined, sessionStart: false, step: 300 },
      { version: undefined, sessionStart: false, step: 2 ** 33 },
    ]);
    expect(events.every(({ wallTime }) => wallTime === 1_700_000_000.5)).toBe(true);
    expect(events[2]!.scalars).toEqual([
      ['train/loss', 0.25],
      ['validation/accuracy', 0.875],
    ]);
    const [[tag, image]] = events[3]!.images as [(typeof events)[0]['images'][0]];
    expect(tag).toBe('validation/reconstructions');
    const png = decode(image.png);
    expect(image).toMatchObject({ width: 4, height: 10, colourSpace: 1 });
    expect([png.width, png.height, png.channels]).toEqual([4, 10, 1]);
    // The image, a gap, its reconstruction; every pixel twice as wide and high.
    expect([...png.data.subarray(0, 8)]).toEqual([0, 0, 80, 80, 0, 0, 80, 80]);
    expect([...png.data.subarray(16, 28)]).toEqual([...new Array<number>(8).fill(255), 0, 0, 80, 80]);
  });

  test.prop([
    fc.nat({ max: Number.MAX_SAFE_INTEGER }),
    fc.dictionary(fc.string({ minLength: 1 }), fc.float({ noNaN: true })),
  ])('what is written is read back, by our reader and by another', (step, scalars) => {
    const bytes = valuesEvent(12.5, step, { scalars });
    const wanted = Object.entries(scalars);
    expect(parseEventFile(bytes)[0]).toMatchObject({ step, wallTime: 12.5, scalars: wanted });
    expect([...readEvents(bytes)[0]!.scalars]).toEqual(wanted);
  });
});

describe('a run that goes on', () => {
  const write = (steps: readonly number[]) => {
    const log = openEventLog(folder, { now: () => 100 });
    for (const step of steps) log.add(step, { scalars: { 'train/loss': 1 / step } });
  };
  const resume = (last: number) => openEventLog(folder, { keep: ({ step }) => step <= last, now: () => 50 });

  it('adds to the same file when nothing has to be forgotten', () => {
    write([10, 20]);
    const file = onlyFile();
    const log = resume(20);
    expect(log.kept.map(({ step, scalars }) => [step, scalars.get('train/loss')])).toEqual([
      [10, Math.fround(0.1)],
      [20, Math.fround(0.05)],
    ]);
    log.add(30, { scalars: { 'train/loss': 3 } });
    expect(onlyFile()).toBe(file);
    expect(scalarsOf(file).map(([step]) => step)).toEqual([10, 20, 30]);
  });

  it('forgets the events of steps that are done again, in a file with a later name', () => {
    write([10, 20, 30]);
    const before = onlyFile();
    resume(20).add(30, { scalars: { 'train/loss': 3 } });
    const after = onlyFile();
    expect(after > before).toBe(true);
    expect(scalarsOf(after)).toEqual([
      [10, 'train/loss', Math.fround(0.1)],
      [20, 'train/loss', Math.fround(0.05)],
      [30, 'train/loss', 3],
    ]);
    // A reader that has the old file open starts over.
    expect(parseEventFile(readFileSync(after))[1]!.sessionStart).toBe(true);
  });

  it('after a crash at any byte: whole records stay, nothing twice, nothing torn', () => {
    write([10, 20, 30]);
    const original = readFileSync(onlyFile());
    const ends = [...readEvents(original)].reduce<number[]>(
      (all, { record }) => [...all, (all.at(-1) ?? 0) + record.length],
      [],
    );
    for (let cut = 0; cut < original.length; cut += 7) {
      rmSync(onlyFile());
      write([10, 20, 30]);
      truncateSync(onlyFile(), cut);
      // Two heads, then 10, 20, 30.
      const whole = Math.max(0, ends.filter((end) => end <= cut).length - 2);
      const log = resume(20);
      const last = Math.min(whole, 2) * 10;
      log.add(last + 10, { scalars: { 'train/loss': 3 } });
      const wanted = Array.from({ length: last / 10 + 1 }, (_, k) => 10 * (k + 1));
      expect(
        scalarsOf(onlyFile()).map(([step]) => step),
        `cut at ${cut}`,
      ).toEqual(wanted);
    }
  });

  it('a new run, and a second file that a crash left, leave one file', () => {
    write([10]);
    const first = onlyFile();
    appendFileSync(`${first}x`, readFileSync(first));
    write([5]);
    expect(scalarsOf(onlyFile()).map(([step]) => step)).toEqual([5]);
  });

  it('a flipped bit is seen', () => {
    write([10, 20]);
    const bytes = readFileSync(onlyFile());
    for (let at = 0; at < bytes.length; at++) {
      const spoiled = Buffer.from(bytes);
      spoiled[at]! ^= 1 << (at % 8);
      expect(() => parseEventFile(spoiled), `byte ${at}`).toThrow();
      expect(readEvents(spoiled).length, `byte ${at}`).toBeLessThan(4);
    }
    expect(statSync(onlyFile()).size).toBe(bytes.length);
  });
});
