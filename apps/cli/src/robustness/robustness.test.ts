import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { draws, randomKey, rotate, type ImageShape } from '@capsnet/datasets';
import { fc, test } from '@fast-check/vitest';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { main } from '../main.js';
import { errorOf, measureCurves } from './curves.js';
import { distortionNames, distortions, moveTo } from './distortions.js';
import type { Encoder, Examples } from './encode.js';
import { explained, measureEquivariance } from './equivariance.js';
import { fitRidge } from './ridge.js';

const shape: ImageShape = [12, 10, 2];
const image = fc
  .array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: 240, maxLength: 240 })
  .map((values) => Float32Array.from(values));
const range = { smallest: 0, largest: 1 };

describe('distortions', () => {
  test.prop([image, fc.constantFrom(...distortionNames), fc.integer({ min: 0, max: 1e6 })])(
    'change nothing at their neutral level, and at every level give the same numbers again, within the range',
    (pixels, name, seed) => {
      const { neutral, levels, apply } = distortions[name];
      const run = (level: number): Float32Array => {
        const out = new Float32Array(pixels.length);
        apply(pixels, shape, level, draws(randomKey(seed)), range, out);
        return out;
      };
      expect(levels(shape)).toContain(neutral);
      expect(run(neutral)).toEqual(pixels);
      for (const level of levels(shape)) {
        const out = run(level);
        expect(run(level)).toEqual(out);
        expect(out.every((value) => value >= 0 && value <= 1 + 1e-6)).toBe(true);
      }
    },
  );

  it('an erased patch has its size', () => {
    const out = new Float32Array(240);
    distortions.erase.apply(new Float32Array(240).fill(1), shape, 4, draws(randomKey(3)), range, out);
    expect(out.filter((value) => value === 0)).toHaveLength(4 * 4 * 2);
  });

  it('a shift moves whole pixels, as far as it says', () => {
    const dot = new Float32Array(240);
    const at = (y: number, x: number): number => (y * 10 + x) * 2;
    dot[at(6, 5)] = 1;
    for (let seed = 0; seed < 20; seed++) {
      const out = new Float32Array(240);
      distortions.shift.apply(dot, shape, 2, draws(randomKey(seed)), range, out);
      const place = out.findIndex((value) => value > 0.5) / 2;
      const [y, x] = [Math.floor(place / 10), place % 10];
      expect(Math.max(Math.abs(y - 6), Math.abs(x - 5))).toBe(2);
    }
  });

  test.prop([image, fc.integer({ min: -4, max: 4 }), fc.integer({ min: -4, max: 4 })])(
    'a move to the right and down is that of the pixels',
    (pixels, right, down) => {
      const out = moveTo(pixels, shape, { right, down }, new Float32Array(240));
      for (let y = 0; y < 12; y++)
        for (let x = 0; x < 10; x++) {
          const [fromY, fromX] = [y - down, x - right];
          const inside = fromY >= 0 && fromY < 12 && fromX >= 0 && fromX < 10;
          const wanted = inside ? pixels[(fromY * 10 + fromX) * 2]! : 0;
          expect(out[(y * 10 + x) * 2]).toBeCloseTo(wanted, 5);
        }
    },
  );

  it('turns counter-clockwise as shown, like the augmentation; and enlarges about the centre', () => {
    const square: ImageShape = [9, 9, 1];
    const dot = new Float32Array(81);
    dot[4 * 9 + 7] = 1; // right of the centre
    const turned = moveTo(dot, square, { angle: 90 }, new Float32Array(81));
    expect(turned[1 * 9 + 4]).toBeCloseTo(1, 5); // above it
    // `rotate` turns about (side / 2), half a pixel away: the same quarter.
    const other = rotate(dot, square, 90);
    expect(other.indexOf(Math.max(...other))).toBeLessThan(27);
    const large = moveTo(dot, [9, 9, 1], { scale: 4 / 3 }, new Float32Array(81));
    expect(large[4 * 9 + 8]).toBeCloseTo(1, 5);
  });
});

describe('ridge regression', () => {
  test.prop([
    fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 4, maxLength: 4 }),
    fc.integer({ min: 0, max: 1e6 }),
  ])('finds a linear rule', (weights, seed) => {
    const draw = draws(randomKey(seed));
    const rows = Array.from({ length: 60 }, () => Array.from({ length: 4 }, () => draw.uniform(-1, 1)));
    const rule = (row: readonly number[]): number => row.reduce((sum, x, k) => sum + weights[k]! * x, 5);
    const regression = fitRidge(rows, rows.map(rule), 1e-9);
    const probe = [0.3, -0.2, 0.9, 0.1];
    expect(regression.predict(probe)).toBeCloseTo(rule(probe), 4);
  });

  it('a large penalty leaves the mean; a constant feature does no harm', () => {
    const rows = [
      [1, 7],
      [2, 7],
      [3, 7],
    ];
    expect(fitRidge(rows, [1, 2, 6], 1e9).predict([100, 7])).toBeCloseTo(3, 4);
    expect(fitRidge(rows, [2, 4, 6], 1e-12).predict([4, 7])).toBeCloseTo(8, 4);
    // The second feature is silent but for a trace: a large value of it elsewhere does not rule the prediction.
    const silent = [...rows.map(([x]) => [x!, 0]), [4, 1e-6]];
    expect(Math.abs(fitRidge(silent, [2, 4, 6, 9]).predict([4, 1]) - 8)).toBeLessThan(30);
    expect(() => fitRidge([[1]], [1])).toThrow(/wanted at least 2/);
  });
});

/** A "network" that sees where the brightest pixel of a 9 x 9 image is: class 0 in the middle, its capsule holds the place. */
const seeing = (told: boolean): Encoder => ({
  classes: 2,
  capsules: 2,
  dimensions: 2,
  run(count, draw) {
    const lengths = new Float32Array(count * 2);
    const capsules = new Float32Array(count * 4);
    for (let k = 0; k < count; k++) {
      const out = new Float32Array(81);
      draw(k, out);
      let [mass, x, y] = [0, 0, 0];
      out.forEach((value, at) => {
        mass += value;
        x += value * (at % 9);
        y += value * Math.floor(at / 9);
      });
      const place = [x / mass, y / mass] as const;
      const middle = Math.hypot(place[0] - 4, place[1] - 4) < 1.2;
      lengths.set(middle ? [0.9, 0.1] : [0.1, 0.9], k * 2);
      const code = told ? place : [0.1, 0.2];
      capsules.set([...code, ...code], k * 4);
    }
    return Promise.resolve({ lengths, capsules });
  },
  release: () => undefined,
});
const dots = (count: number): Examples => ({
  shape: [9, 9, 1],
  count,
  images: Array.from({ length: count }, () => {
    const dot = new Float32Array(81);
    dot[4 * 9 + 4] = 1;
    return dot;
  }),
  labels: Array.from({ length: count }, () => [0]),
  smallest: 0,
  largest: 1,
});

describe('measuring', () => {
  it('errors grow with the shift of a network that looks at the middle, and do not with turns about it', async () => {
    const curves = await measureCurves(seeing(true), dots(20), 1);
    const of = (name: string) => curves.find(({ distortion }) => distortion === name)!;
    expect(of('shift').levels).toEqual([0, 0, 1, 1, 1, 2, 2]);
    expect(of('shift').errors[0]).toBe(0);
    expect(of('shift').errors.at(-1)).toBe(1);
    expect(of('rotate').errors).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });

  it('counts both digits of a pair', () => {
    const lengths = Float32Array.of(0.9, 0.8, 0.1, 0.9, 0.1, 0.8);
    expect(
      errorOf(lengths, 3, [
        [0, 1],
        [0, 1],
      ]),
    ).toBeCloseTo(0.25, 12);
    expect(errorOf(lengths, 3, [[0], [2]])).toBeCloseTo(0.5, 12);
  });

  it('a capsule that holds the place tells the shift; one that holds nothing does not', async () => {
    const told = await measureEquivariance(seeing(true), dots(60), 2);
    const untold = await measureEquivariance(seeing(false), dots(60), 2);
    const of = (all: typeof told, motion: string) => all.find((each) => each.motion === motion)!;
    expect(of(told, 'horizontal shift').pose).toBeGreaterThan(0.95);
    expect(of(told, 'vertical shift').change).toBeGreaterThan(0.95);
    expect(Math.abs(of(told, 'rotation').pose)).toBeLessThan(0.2);
    for (const { pose, change } of untold) {
      expect(Math.abs(pose)).toBeLessThan(0.2);
      expect(Math.abs(change)).toBeLessThan(0.2);
    }
  });

  it('R^2 is measured on images that the prediction has not seen', () => {
    const draw = draws(randomKey(9));
    const noise = Array.from({ length: 600 }, (_, image) => ({
      image,
      winner: 0,
      amount: draw.normal(),
      features: Array.from({ length: 350 }, () => draw.normal()),
    }));
    // 420 images and 350 features: the fit itself would look splendid; and its errors elsewhere would be huge without a penalty that suits them.
    const { share, count } = explained(noise);
    expect(share).toBeLessThan(0.1);
    expect(share).toBeGreaterThan(-1);
    expect(count).toBe(180);
  });
});

describe('the command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'capsnet-robustness-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  afterEach(() => {
    vi.restoreAllMocks();
  });
  const run = async (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> => {
    let [stdout, stderr] = ['', ''];
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((stdout += String(text)), true));
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((stderr += String(text)), true));
    const code = await main(['robustness', ...args]);
    vi.restoreAllMocks();
    return { code, stdout, stderr };
  };
  const digits = ['--weights', 'efficient-capsnet-digits', '--limit-test', '20', '--threads', '1'];

  it('measures the weights of the clone, and writes curves', async () => {
    const output = join(folder, 'curves.html');
    const { code, stdout } = await run(...digits, '--output', output, '--json');
    expect(code).toBe(0);
    const { networks } = JSON.parse(stdout) as {
      networks: {
        name: string;
        count: number;
        curves: { distortion: string; errors: number[]; levels: number[] }[];
        equivariance: unknown[];
      }[];
    };
    const [network] = networks;
    expect(network).toMatchObject({ name: 'efficient-capsnet-digits', count: 20 });
    expect(network!.curves.map(({ distortion }) => distortion)).toEqual(distortionNames);
    const turned = network!.curves[0]!;
    expect(turned.levels).toEqual([0, 10, 20, 30, 40, 50, 60]);
    expect(turned.errors[0]).toBeLessThan(0.1);
    expect(turned.errors[6]).toBeGreaterThan(turned.errors[0]!);
    expect(network!.equivariance).toHaveLength(4);
    const page = readFileSync(output, 'utf8');
    expect(page).toContain('<h3>Rotation</h3>');
    expect(page).toContain('efficient-capsnet-digits');
  }, 300_000);

  it.each([
    [[...digits, '-o', 'x.png'], 'should end in .html (curves) or .json (numbers)'],
    [['--weights', 'efficient-capsnet-digts'], 'Did you mean "efficient-capsnet-digits"?'],
  ])(
    'refuses %j',
    async (args, sentence) => {
      const { code, stderr } = await run(...args);
      expect(code).toBe(2);
      expect(stderr).toContain(sentence);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    },
    60_000,
  );
});
