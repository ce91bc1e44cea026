import { fc, test } from '@fast-check/vitest';
import { createBackend, type Backend } from '@capsnet/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../errors.js';
import { listOfSizes } from '../options/values.js';
import { modelsToCompare, partsToMeasure } from './flags.js';
import { benchConvolution, benchProduct, convolutionOperations, convolutionsOf } from './kernels.js';
import { alternate, quantile, ratioOf, summary } from './measure.js';
import { checkLosses, expectedLosses, inference, training } from './models.js';
import { kernelTable, profileTable, splitLine } from './report.js';

const little = { seconds: 0.01, rounds: 2 };

describe('times', () => {
  test.prop([fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 })])(
    'quartiles stand in order between the fastest and the slowest',
    (times) => {
      const { best, low, median, high, runs } = summary(times);
      expect([best, low, median, high]).toEqual([best, low, median, high].sort((a, b) => a - b));
      expect(best).toBe(Math.min(...times));
      expect(high).toBeLessThanOrEqual(Math.max(...times));
      expect(runs).toBe(times.length);
    },
  );

  it('interpolates between neighbours', () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(quantile([7], 0.25)).toBe(7);
  });

  it('a ratio above 1 means that we are faster', () => {
    expect(ratioOf([[1, 1, 1], [2]], [[2, 2, 2], [2]])).toEqual({ ratio: 2, low: 1, high: 2 });
  });

  it('contestants take turns', async () => {
    const order: string[] = [];
    const runner =
      (name: string) =>
      async (runs: number): Promise<number[]> => {
        order.push(name);
        return new Array<number>(runs).fill(100);
      };
    await alternate([runner('a'), runner('b')], { seconds: 0, rounds: 3 });
    // Two warming calls each, then the rounds.
    expect(order.join('')).toBe('aabbababab');
  });
});

describe('flags', () => {
  it('reads lists, and refuses what it does not know', () => {
    expect(listOfSizes('--batch', '1,16')('1, 16,128')).toEqual([1, 16, 128]);
    expect(() => listOfSizes('--batch', '1,16')('0')).toThrow(UserError);
    expect(partsToMeasure('training', partsToMeasure('products'))).toEqual(['products', 'training']);
    expect(() => partsToMeasure('trainin')).toThrow(/training/);
    expect(() => modelsToCompare('cnn')).toThrow(UserError);
  });
});

describe('work', () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await createBackend('wasm', { threads: 1 });
  });
  afterAll(() => backend.dispose());

  it('finds the convolutions of a model, with their layers', () => {
    const found = convolutionsOf('efficient-capsnet', 16);
    expect(found.map(({ name }) => name.split(' ')[1])).toEqual([
      'conv1',
      'conv2',
      'conv3',
      'conv4',
      'primary',
    ]);
    // conv3: 16 x 20 x 20 x 64 results of 3 x 3 x 64 products
    expect(convolutionOperations(found[2]!)).toBe(2 * 16 * 20 * 20 * 64 * 576);
    expect(found[4]!.attributes.groups).toBe(128);
  });

  it('measures kernels against the micro-kernel', async () => {
    const peak = backend.peak!();
    expect(peak).toBeGreaterThan(0.5);
    const product = await benchProduct([64, 64, 64], backend, little);
    expect(product.gigaflops).toBeGreaterThan(0);
    const [first] = convolutionsOf('efficient-capsnet', 1);
    const directions = [];
    for await (const result of benchConvolution(first!, backend, little)) directions.push(result);
    expect(directions.map(({ direction }) => direction)).toEqual([
      'forward',
      'input gradient',
      'filter gradient',
    ]);
    expect(kernelTable([product, ...directions], peak).join('\n')).toContain('matmul');
  });

  it('trains on the work that the peers do, and shows its steps', async () => {
    const { losses, profile, memory, release, firstMilliseconds } = await training(
      'efficient-capsnet',
      16,
      backend,
    );
    expect(losses!.map((loss) => Math.round(loss * 1e3) / 1e3)).toEqual([0.63, 0.528, 0.448, 0.387]);
    expect(firstMilliseconds).toBeGreaterThan(0);
    const steps = await profile();
    expect(steps.some(({ step }) => step.startsWith('adam'))).toBe(true);
    expect(profileTable(steps, 1, memory).at(-1)).toMatch(/^\d+ steps, .* of which arena/);
    // Every hot kernel has a speed to hold against the micro-kernel's: all its steps show that of the whole.
    const rates = profileTable(steps, 1, memory, backend.peak!());
    expect(rates[0]).toContain('of the micro-kernel');
    for (const kernel of [
      /winogradFilterProducts/,
      /winogradForward|conv2d bias relu/,
      /adam/,
      /matmul/,
      /mul sum sum/,
    ])
      expect(rates.find((line) => kernel.test(line))).toMatch(/\d\.\d\dx/);
    release();
  });

  it('measures products in turn with a peer', async () => {
    const peer = { name: 'other', product: () => async (runs: number) => new Array<number>(runs).fill(1) };
    const { gigaflops, peers } = await benchProduct([64, 64, 64], backend, little, [peer as never]);
    expect(peers).toHaveLength(1);
    expect(peers![0]!.gigaflops).toBeCloseTo((2 * 64 ** 3) / 1e6);
    expect(peers![0]!.ratio).toBeCloseTo(gigaflops / peers![0]!.gigaflops, 6);
  });

  it('says what a step waits for', async () => {
    expect(splitLine({ issued: 1, done: 10 })).toMatch(/\(10 %\).*the kernels bound it/);
    expect(splitLine({ issued: 9.9, done: 10 })).toMatch(/JavaScript bounds it/);
    const { split, release } = await training('efficient-capsnet', 1, backend);
    const { issued, done } = await split();
    expect(issued).toBeGreaterThan(0);
    expect(done).toBeGreaterThanOrEqual(issued);
    release();
  });

  it('infers', async () => {
    const { run, release } = await inference('efficient-capsnet', 1, backend);
    expect((await run(2)).length).toBe(2);
    release();
  });

  it('stops when the losses are not those of the peers', () => {
    const wrong = expectedLosses['efficient-capsnet'].map((loss) => loss + 2e-4);
    expect(() => checkLosses('efficient-capsnet', wrong, backend)).toThrow(
      /loss 1 is 0.62998, wanted 0.62978/,
    );
  });
});
