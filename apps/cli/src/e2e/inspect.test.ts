/** `capsnet perturb` and `capsnet explain` on weights that come with the project. */
import { decode } from 'fast-png';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { capsnet, temporaryFolder } from './cli.js';

const weights = fileURLToPath(
  new URL('../../../../weights/efficient-capsnet-digits.safetensors', import.meta.url),
);
const folder = temporaryFolder();
afterAll(() => folder.remove());
const at = (name: string): string => join(folder.path, name);
const minutes = 120_000;

describe('capsnet perturb', () => {
  it(
    'draws the grid and the animation, and tells the lengths',
    async () => {
      const run = await capsnet([
        ...['perturb', '--weights', weights, '--index', '7', '--steps', '5', '--range', '0.5'],
        ...['-o', at('grid.png'), '--gif', at('moving.gif'), '--json', '--quiet'],
      ]);
      expect(run.code, run.stderr).toBe(0);
      expect(run.stderr).toBe('');
      const [event] = run.events() as [Record<string, any>];
      expect(event).toMatchObject({
        event: 'perturb',
        dataset: 'digits',
        index: 7,
        dimensions: 16,
      });
      expect(event['values']).toEqual([-0.5, -0.25, 0, 0.25, 0.5]);
      const lengths: number[] = event['lengths'];
      expect(event['capsule']).toBe(lengths.indexOf(Math.max(...lengths)));
      const moved: number[][] = event['movedLengths'];
      expect(moved).toHaveLength(16);
      for (const row of moved) {
        expect(row[2]).toBeCloseTo(lengths[event['capsule']]!, 5);
        // |v + t e|^2 = |v|^2 + 2 t v_d + t^2: the squares of the lengths lie on a parabola with leading coefficient 1.
        const [before, middle, after] = [row[1]! ** 2, row[2]! ** 2, row[3]! ** 2];
        expect(before - 2 * middle + after).toBeCloseTo(2 * 0.25 ** 2, 5);
      }
      const picture = decode(readFileSync(at('grid.png')));
      expect(picture.width).toBeGreaterThan(300);
      // 16 rows of 28 pixels twice as large.
      expect(picture.height).toBeGreaterThan(16 * 56);
      expect(readFileSync(at('moving.gif')).subarray(0, 6).toString()).toBe('GIF89a');
    },
    minutes,
  );

  it.each([
    [['--index', '123456'], /digits has 10,000 test images, numbered from 0, and none has the number 123456/],
    [['--capsule', 'eleven'], /--capsule: there is no class "eleven"/],
    [['--steps', '1'], /--steps wants a whole number, from 2 to 101, not "1"/],
    [['-o', 'grid.jpg'], /--out: "grid\.jpg" should end in \.png/],
    [['--gif', 'grid.png'], /--gif: "grid\.png" should end in \.gif/],
    [['--dataset', 'multimnist'], /multimnist|mnist/],
  ])(
    '%j is the mistake of the user',
    async (flags, sentence) => {
      const run = await capsnet(['perturb', '--weights', weights, ...flags], { cwd: folder.path });
      expect(run.stderr.trimEnd().split('\n')).toHaveLength(1);
      expect(run.stderr).toMatch(sentence);
      expect(run.code).toBe(2);
      expect(existsSync(at('perturb.png'))).toBe(false);
    },
    minutes,
  );
});

describe('capsnet explain', () => {
  it(
    'tells couplings, agreement and lengths, and draws them',
    async () => {
      const run = await capsnet([
        ...['explain', '--weights', weights, '--index', '7', '-o', at('routing.png'), '--json'],
      ]);
      expect(run.code, run.stderr).toBe(0);
      const [event] = run.events() as [Record<string, any>];
      expect(event).toMatchObject({
        event: 'explain',
        routing: 'self-attention',
        picture: at('routing.png'),
      });
      expect(event['couplings']).toHaveLength(10);
      for (let child = 0; child < 16; child++) {
        const sum = event['couplings'].reduce((all: number, row: number[]) => all + row[child]!, 0);
        expect(sum).toBeCloseTo(1, 4);
      }
      expect(event['lengths']['class']).toHaveLength(10);
      const picture = decode(readFileSync(at('routing.png')));
      expect(picture.height).toBeGreaterThan(500);
      const plain = await capsnet(['explain', '--weights', weights, '--index', '7', '-o', at('routing.png')]);
      expect(plain.stdout).toMatch(/^test image 7 of digits \(\d\), taken for \d/);
      expect(plain.stdout).toContain('mean coupling');
    },
    minutes,
  );
});
