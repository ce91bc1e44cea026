/** Pictures of any size to classes, with weights that come with the project. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { digits } from '@capsnet/datasets';
import { encode } from 'fast-png';
import { afterAll, describe, expect, it } from 'vitest';
import { capsnet, temporaryFolder } from './cli.js';

const weights = fileURLToPath(
  new URL('../../../../weights/efficient-capsnet-digits.safetensors', import.meta.url),
);
const folder = temporaryFolder();
afterAll(() => folder.remove());
const minute = 180_000;

/** A digit as a scan: dark on white, `scale` times the size, grey or with colours, with a wide margin at its sides. */
function scan(name: string, label: number, { scale = 4, colour = false, margin = 0 } = {}): string {
  const set = digits({ split: 'test', count: 10 });
  const index = [...set.labels].indexOf(label);
  const bytes = set.images.subarray(index * 784, (index + 1) * 784);
  const [width, height] = [28 * scale + 2 * margin, 28 * scale];
  const channels = colour ? 3 : 1;
  const data = new Uint8Array(width * height * channels).fill(255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < 28 * scale; x++) {
      const value = 255 - bytes[Math.floor(y / scale) * 28 + Math.floor(x / scale)]!;
      data.fill(value, (y * width + margin + x) * channels, (y * width + margin + x + 1) * channels);
    }
  }
  const file = join(folder.path, name);
  writeFileSync(file, encode({ width, height, data, channels, depth: 8 }));
  return file;
}

describe('capsnet predict', () => {
  it(
    'names the class of pictures of any size, grey or coloured, with lengths of all capsules',
    async () => {
      const files = Array.from({ length: 10 }, (_, label) =>
        scan(`${label}.png`, label, { scale: 1 + (label % 4), colour: label % 2 === 1 }),
      );
      const run = await capsnet(['predict', ...files, '--invert', '--weights', weights, '--json']);
      expect(run.code, run.stderr).toBe(0);
      const events = run.events() as {
        event: string;
        file: string;
        predicted: string;
        length: number;
        classes: { name: string; length: number }[];
      }[];
      expect(events.map(({ event }) => event)).toEqual(files.map(() => 'prediction'));
      expect(events.map(({ file }) => file)).toEqual(files);
      expect(events.map(({ predicted }) => predicted)).toEqual([...'0123456789']);
      for (const { classes, length, predicted } of events) {
        expect(classes).toHaveLength(10);
        expect(classes[0]).toMatchObject({ name: predicted, length });
        expect(classes.map((one) => one.length)).toEqual(
          classes.map((one) => one.length).sort((a, b) => b - a),
        );
        expect(length).toBeGreaterThan(0.5);
      }
      expect(run.stdout + run.stderr).not.toMatch(/[\u001b\r]/);
    },
    minute,
  );

  it(
    'prints a table, crops when asked, hints at --invert, and keeps silent when asked',
    async () => {
      const wide = scan('wide.png', 4, { margin: 60 });
      const cropped = await capsnet([
        'predict',
        wide,
        '--invert',
        '--resize',
        'crop',
        '--weights',
        weights,
        '--quiet',
      ]);
      expect(cropped.code, cropped.stderr).toBe(0);
      expect(cropped.stderr).toBe('');
      expect(cropped.stdout).toMatch(
        /^image +class +length +then +length\n-+ .*\n.*wide\.png +4 +0\.\d{3} +\d +0\.\d{3}\n$/,
      );
      const dark = await capsnet(['predict', wide, '--weights', weights]);
      expect(dark.stderr).toContain('try --invert');
    },
    minute,
  );

  it(
    'says what is wrong with a file, and ends with 2',
    async () => {
      const text = join(folder.path, 'notes.png');
      writeFileSync(text, 'no picture');
      mkdirSync(join(folder.path, 'pictures'));
      for (const [file, words] of [
        [text, /^capsnet: .*notes\.png is neither a PNG nor a JPEG file/],
        [
          join(folder.path, 'none.png'),
          /^capsnet: ".*none\.png" cannot be read \(no such file or directory\)/,
        ],
        [join(folder.path, 'pictures'), /^capsnet: ".*pictures" cannot be read \(it is a directory\)/],
      ] as const) {
        const run = await capsnet(['predict', file, '--weights', weights]);
        expect([run.code, run.stdout]).toEqual([2, '']);
        expect(run.stderr.trimEnd().split('\n').at(-1)).toMatch(words);
      }
      const nothing = await capsnet(['predict', '--weights', weights]);
      expect([nothing.code, nothing.stderr]).toEqual([
        2,
        expect.stringContaining("missing required argument 'image'"),
      ]);
    },
    minute,
  );
});
