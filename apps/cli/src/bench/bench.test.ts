import { fc, test } from '@fast-check/vitest';
import { createBackend, type Backend } from '@capsnet/tensor';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { median } from '../../../../scripts/lib/median.mjs';
import { UserError } from '../errors.js';
import { listOfSizes } from '../options/values.js';
import { modelsToCompare, partsToMeasure } from './flags.js';
import { benchConvolution, benchProduct, convolutionOperations, convolutionsOf } from './kernels.js';
import { alternate, quantile, ratioOf, summary } from './measure.js';
import { checkLosses, expectedLosses, inference, training } from './models.js';
import { bench, type BenchFlags } from './command.js';
import { rivals, startPeers, type Peer } from './peers.js';
import { profileOf } from './profile.js';
import { kernelsBeside, kernelTable, modelsBeside, modelTable, profileTable, splitLine } from './report.js';

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

  test.prop([fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 })])(
    'the median of the scripts is this one',
    (times) => {
      expect(median(times)).toBe(summary(times).median);
    },
  );

  it('interpolates between neighbours', () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(quantile([7], 0.25)).toBe(7);
  });

  it('a ratio above 1 means that we are faster', () => {
    expect(ratioOf([[1, 1, 1], [2]], [[2, 2, 2], [2]])).toEqual({
      ratio: 2,
      low: 1,
      high: 2,
      best: 2,
    });
  });

  it('a ratio is that of the rounds that both took part in', () => {
    expect(ratioOf([[1], [1], [9], [9]], [[3], [5]])).toEqual({ ratio: 4, low: 3, high: 5, best: 3 });
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
    // A warming call each, then the rounds; two are the least.
    expect(order.join('')).toBe('ababab');
  });

  it('nobody waits for a slow one: it leaves when its time is over', async () => {
    const runs = [0, 0];
    const runner =
      (index: number, milliseconds: number) =>
      async (count: number): Promise<number[]> => {
        runs[index]! += count;
        return new Array<number>(count).fill(milliseconds);
      };
    const rounds = async (slow: number): Promise<number[]> =>
      (await alternate([runner(0, 10), runner(1, slow)], { seconds: 2, rounds: 5 })).map(
        ({ length }) => length,
      );
    expect(await rounds(100)).toEqual([5, 5]);
    expect(await rounds(300)).toEqual([5, 4]);
    runs.fill(0);
    expect(await rounds(10_000)).toEqual([5, 2]);
    // 3 before the rounds; the four losses that are compared are among these runs.
    expect(runs[1]).toBe(5);
  });

  it('a trial that something disturbed does not decide', async () => {
    const trial = [500, 400, 10];
    const [times] = await alternate(
      [async (runs) => new Array<number>(runs).fill(10).map((x) => trial.shift() ?? x)],
      {
        seconds: 1,
        rounds: 5,
      },
    );
    expect(times!.map(({ length }) => length)).toEqual([20, 20, 20, 20, 20]);
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

/** A peer that does everything, each time as long. */
const peerOf = (milliseconds: number, more: Partial<Peer> = {}): Peer => ({
  name: 'other',
  version: '1',
  device: 'the processor',
  models: ['efficient-capsnet', 'original-capsnet'],
  kernels: ['product', 'convolution'],
  runner: () => async (runs) => new Array<number>(runs).fill(milliseconds),
  close: () => undefined,
  ...more,
});

describe('peers', () => {
  afterEach(() => vi.unstubAllEnvs());
  const started = async (): Promise<[Peer[], string[]]> => {
    const missing: string[] = [];
    return [await startPeers(1, 'cpu', (reason) => missing.push(reason)), missing];
  };

  it('names those that are not installed', async () => {
    vi.stubEnv('CAPSNET_PYTHON', '/nowhere/python3');
    vi.stubEnv('CAPSNET_PEERS', '/nowhere');
    const [peers, missing] = await started();
    expect(peers).toEqual([]);
    expect(missing).toEqual([
      expect.stringMatching(/^PyTorch is left out: .*ENOENT/),
      "jax-js is left out: Cannot find module '@jax-js/jax'",
      "TensorFlow.js is left out: Cannot find module '@tensorflow/tfjs'",
    ]);
  });

  it('jax-js does the same work, on one thread and on two', { timeout: 200_000 }, async () => {
    vi.stubEnv('CAPSNET_PYTHON', '/nowhere/python3');
    const [[one]] = await started();
    const [two] = await startPeers(2, 'cpu', () => undefined);
    expect(one).toMatchObject({ name: 'jax-js', device: 'the processor', models: ['efficient-capsnet'] });
    expect(one!.version).toMatch(/^\d/);
    for (const transposed of [undefined, 'a', 'b'] as const)
      expect(await two!.runner({ task: 'product', shape: [64, 32, 48], transposed })(2)).toHaveLength(2);
    two!.close();
    // The runner throws when a loss differs.
    const step = one!.runner({ task: 'training', model: 'efficient-capsnet', batch: 16 });
    expect(await step(4)).toHaveLength(4);
    expect(await one!.runner({ task: 'inference', model: 'efficient-capsnet', batch: 1 })(1)).toHaveLength(1);
    one!.close();
  });

  it('are asked only for what they can do', () => {
    const peers = [
      peerOf(1),
      peerOf(1, { name: 'narrow', models: ['efficient-capsnet'], kernels: ['product'] }),
    ];
    const names = (...work: Parameters<typeof rivals>[1][]): string[][] =>
      work.map((each) => rivals(peers, each).map(({ peer }) => peer));
    expect(
      names(
        { task: 'training', model: 'efficient-capsnet', batch: 16 },
        { task: 'training', model: 'original-capsnet', batch: 16 },
        { task: 'product', shape: [1, 2, 3] },
        {
          task: 'convolution',
          direction: 'forward',
          input: [1, 4, 4, 1],
          filter: [3, 3, 1, 1],
          strides: [1, 1],
          groups: 1,
        },
      ),
    ).toEqual([['other', 'narrow'], ['other'], ['other', 'narrow'], ['other']]);
  });
});

describe('the report', () => {
  const times = { median: 34.2, best: 33, low: 34, high: 36, runs: 9 };
  const beside = (peer: string, ratio: number) => ({
    peer,
    times,
    ratio,
    low: ratio / 1.1,
    high: ratio * 1.2,
    best: ratio / 2,
  });
  const model = {
    task: 'inference' as const,
    model: 'efficient-capsnet' as const,
    batch: 1024,
    times,
    imagesPerSecond: 12345.6,
    firstMilliseconds: 1234,
    memory: { total: 2 ** 27, arena: 2 ** 20 },
    peers: [
      { ...beside('PyTorch', 1.5), imagesPerSecond: 8230.4 },
      { ...beside('jax-js', 12), imagesPerSecond: 1028.8 },
    ],
  };
  const kernel = {
    what: 'convolution' as const,
    name: 'original-capsnet primary',
    direction: 'filter gradient' as const,
    shape: '[16,20,20,256] * [9,9,256,256] / 2',
    times,
    gigaflops: 12_345,
    peers: [{ ...beside('PyTorch', 1.5), gigaflops: 823 }],
  };

  it('has a line for each peer: its own speed, the ratio of medians, the spread, that of the fastest runs', () => {
    const [, , first, second, legend] = modelsBeside([model]);
    expect(first).toMatch(/^PyTorch +inference .* 8230\.4 +12345\.6 +1\.50x +1\.36\.\.1\.80 +0\.75x$/);
    expect(second).toMatch(/^jax-js .* 1028\.8 +12345\.6 +12\.00x +10\.91\.\.14\.40 +6\.00x$/);
    expect(legend).toContain('Above 1 we are faster');
    expect(kernelsBeside([kernel])[2]).toMatch(/filter gradient +823\.0 G +12\.35 T +1\.50x .* 0\.75x$/);
  });

  it('fits into 100 columns', () => {
    const widths = [...modelTable([model]), ...modelsBeside([model]), ...kernelsBeside([kernel])].map(
      ({ length }) => length,
    );
    expect(Math.max(...widths)).toBeLessThanOrEqual(100);
  });
});

describe('profiles', () => {
  const step = (name: string, work: number, milliseconds: number, operations = 0) => ({
    step: name,
    shape: '[1]',
    work,
    milliseconds,
    operations,
  });

  it('all steps of a piece of work show one speed: its operations over its fastest times', async () => {
    let run = 0;
    const { steps, milliseconds } = await profileOf(async () => {
      run += 1;
      // Each step is fastest in another run.
      const of = (index: number): number => (run === index ? 1 : 3);
      return [
        step('products', 0, of(1)),
        step('products', 0, of(2)),
        step('copy', 1, 0.5),
        step('whole', 0, of(3), 6e6),
      ];
    });
    expect(milliseconds).toBe(3.5);
    expect(steps.map(({ gigaflops }) => gigaflops)).toEqual([2, 2, undefined, 2]);
  });

  const printed = async (flags: Partial<BenchFlags>): Promise<Record<string, any>[]> => {
    const lines: string[] = [];
    const write = vi
      .spyOn(process.stdout, 'write')
      .mockImplementation((text) => lines.push(String(text)) > 0);
    try {
      await bench({ seconds: 0.01, json: true, backend: 'wasm', threads: 1, ...flags });
    } finally {
      write.mockRestore();
    }
    return lines
      .join('')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  };

  it('one part alone can be profiled, without measuring it', async () => {
    const events = await printed({
      profile: true,
      only: ['training'],
      model: ['efficient-capsnet'],
      batch: [16],
    });
    expect(new Set(events.map(({ event }) => event))).toEqual(
      new Set(['machine', 'step', 'profile', 'done']),
    );
    expect(events.filter(({ event }) => event === 'profile')).toMatchObject([
      { task: 'training', batch: 16 },
    ]);
    // conv4's filter gradient takes its images in pieces: several steps with one speed.
    const speeds = events
      .filter(({ op, shape }) => /winogradFilterProducts/.test(op) && /128/.test(shape))
      .map(({ gigaflops }) => gigaflops);
    expect(speeds.length).toBeGreaterThan(1);
    expect(new Set(speeds).size).toBe(1);
  });

  it('says what cannot be profiled', async () => {
    await expect(printed({ profile: true, only: ['products'] })).rejects.toThrow(/training and of inference/);
    await expect(printed({ profile: true, peers: true })).rejects.toThrow(/--peers/);
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
    const { steps } = await profileOf(profile);
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

  it('measures kernels in turn with a peer', async () => {
    for (const transposed of [undefined, 'a', 'b'] as const) {
      const { gigaflops, peers } = await benchProduct([64, 64, 64, transposed], backend, little, [peerOf(1)]);
      expect(peers).toHaveLength(1);
      expect(peers[0]!.gigaflops).toBeCloseTo((2 * 64 ** 3) / 1e6);
      expect(peers[0]!.ratio).toBeCloseTo(gigaflops / peers[0]!.gigaflops, 6);
    }
    const convolution = convolutionsOf('efficient-capsnet', 1)[0]!;
    for await (const { peers } of benchConvolution(convolution, backend, little, [peerOf(1)]))
      expect(peers[0]!.gigaflops).toBeCloseTo(convolutionOperations(convolution) / 1e6);
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
    expect(() => checkLosses('it', 'efficient-capsnet', wrong, 'look.')).toThrow(
      'it: loss 1 is 0.62998, wanted 0.62978 within 0.0001: look.',
    );
    expect(() => checkLosses('it', 'efficient-capsnet', [NaN], 'look.')).toThrow(/loss 1 is NaN/);
  });
});
