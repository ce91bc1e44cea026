import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildModel, describeModel, encodeSafetensors, toKeras, type StoredTensor } from '@capsnet/capsules';
import {
  compile,
  createBackend,
  oneHot,
  randomKey,
  randomUniform,
  tensor,
  type Backend,
  type Tensor,
} from '@capsnet/tensor';
import { afterAll, beforeAll, describe, expect, it, vi, afterEach } from 'vitest';
import { writeKeras } from '../weights/hdf5.js';
import { main } from './main.js';
import { differenceOf, readPair, runOfficial } from './official.js';
import type { CaseResult } from './run.js';

const shared = process.env['CAPSNET_SHARED'] ?? '';
const weights = join(shared, 'weights', 'efficient_capsnet_SMALLNORB.h5');
const values = join(shared, 'golden', 'official_smallnorb.safetensors');
const present = shared !== '' && existsSync(weights) && existsSync(values);
const reason = present ? '' : ' (skipped: set CAPSNET_SHARED to the folder that has weights/ and golden/)';

const folder = mkdtempSync(join(tmpdir(), 'official-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  vi.restoreAllMocks();
});
const [ownWeights, ownValues] = [join(folder, 'own.h5'), join(folder, 'own.safetensors')];

const collect = async (h5: string, expected: string, backend: Backend): Promise<CaseResult[]> => {
  const results: CaseResult[] = [];
  for await (const result of runOfficial(await readPair(h5, expected), backend)) results.push(result);
  return results;
};

/** An MNIST model with weights drawn here, and what the reference backend answers to two images. */
let expected: [string, StoredTensor][];
beforeAll(async () => {
  const model = buildModel(describeModel('efficient-capsnet'));
  const { parameters, state } = model.init(randomKey(11));
  writeFileSync(ownWeights, await writeKeras(await toKeras(model, parameters, state)));
  const backend = await createBackend('reference');
  const images: Tensor = randomUniform(randomKey(12), [1, 28, 28, 1]);
  const answer = compile(
    (weights_: typeof parameters, statistics: typeof state, x: Tensor) => {
      let primary: Tensor | undefined;
      const tested = model.apply(weights_, statistics, x, {
        mode: 'test',
        observe: (layer, output) => {
          if (layer === 'primary') primary = output;
        },
      });
      const labels = oneHot(tensor([7], { dtype: 'int32' }), 10);
      const played = model.apply(weights_, statistics, x, { mode: 'play', labels });
      return {
        primary: primary!,
        caps: tested.capsules,
        lengths: tested.lengths,
        recon: tested.reconstruction!,
        recon_label: played.reconstruction!,
      };
    },
    { backend },
  );
  const answers = await answer(parameters, state, images);
  expected = [
    ['input', { shape: images.shape, data: Float32Array.from(await images.data()) }],
    ['labels', { shape: [1], data: Int32Array.of(7) }],
  ];
  for (const [name, value] of Object.entries(answers))
    expected.push([name, { shape: value.shape, data: Float32Array.from(await value.data()) }]);
  writeFileSync(ownValues, encodeSafetensors(expected));
}, 120_000);

describe('a pair of one’s own', () => {
  it('is imported, answers as expected, and is written back unchanged', async () => {
    const backend = await createBackend('wasm', { threads: 1 });
    const results = await collect(ownWeights, ownValues, backend);
    await backend.dispose();
    expect(results.map(({ case: name, status }) => `${name} ${status}`)).toEqual([
      'primary passed',
      'caps passed',
      'lengths passed',
      'recon passed',
      'recon_label passed',
      'export passed',
    ]);
    expect(results.some(({ error }) => error !== undefined && error > 0)).toBe(true);
  }, 60_000);

  it('what is wrong is found: a value, a shape, a name, a changed weight', async () => {
    const spoiled = join(folder, 'spoiled.safetensors');
    const changed = expected.map(([name, { shape, data }]): [string, StoredTensor] => {
      if (name === 'caps')
        return [name, { shape, data: data.map((value, k) => (k === 3 ? value + 2e-4 : value)) }];
      if (name === 'lengths') return [name, { shape: [10, 1], data }];
      return [name, { shape, data }];
    });
    writeFileSync(
      spoiled,
      encodeSafetensors([...changed, ['flavour', { shape: [1], data: Float32Array.of(1) }]]),
    );
    const backend = await createBackend('wasm', { threads: 1 });
    const results = await collect(ownWeights, spoiled, backend);
    await backend.dispose();
    const of = (name: string) => results.find((result) => result.case === name)!;
    expect(of('caps')).toMatchObject({ status: 'failed', tolerance: 1e-4 });
    expect(of('lengths').message).toMatch(/shape \[1,10\], the reference \[10,1\]/);
    expect(of('flavour')).toMatchObject({
      status: 'unsupported',
      message: 'nothing here computes "flavour"',
    });
    expect(of('recon').status).toBe('passed');

    const { weights: file, expected: all } = await readPair(ownWeights, ownValues, 1);
    expect(all.get('caps')!.shape).toEqual([1, 10, 16]);
    expect(differenceOf(file, file)).toBeUndefined();
    const other = {
      ...file,
      groups: file.groups.map((group, g) => ({
        ...group,
        weights: group.weights.map((weight, k) =>
          g === 1 && k === 4 ? { ...weight, data: weight.data.map((x, i) => (i === 0 ? x + 1 : x)) } : weight,
        ),
      })),
    };
    expect(differenceOf(file, other)).toBe(
      `CapsNet/${file.groups[1]!.weights[4]!.name} has other bytes in the exported file`,
    );
  }, 60_000);
});

it.skipIf(!present)(
  `the published smallNORB weights answer as the reference does on wasm${reason}`,
  async () => {
    const backend = await createBackend('wasm', { threads: 1 });
    const results = await collect(weights, values, backend);
    await backend.dispose();
    expect(results).toHaveLength(10);
    expect(results.filter(({ status }) => status !== 'passed')).toEqual([]);
  },
  60_000,
);

describe('the command', () => {
  const run = async (...args: string[]): Promise<{ code: number; stderr: string; stdout: string }> => {
    let [stdout, stderr] = ['', ''];
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((stdout += String(text)), true));
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((stderr += String(text)), true));
    const code = await main(args);
    vi.restoreAllMocks();
    return { code, stdout, stderr };
  };
  const pair = ['--official', ownWeights, '--expected', ownValues];

  it('runs a pair', async () => {
    const { code, stdout } = await run(...pair, '--backend', 'wasm', '--threads', '1', '--json');
    expect(code).toBe(0);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.at(-1)).toMatchObject({ event: 'done', passed: 6, failed: 0, unsupported: 0 });
  }, 60_000);

  it.each([
    [[], 'name what to compare with: --golden DIR, or --official FILE.h5 --expected FILE.safetensors.'],
    [pair.slice(0, 2), '--official and --expected belong together'],
    [[...pair, '--golden', folder], 'name what to compare with'],
    [['--golden', folder, '--first', '1'], '--first is for --expected'],
    [[...pair, '--first', '0'], '--first wants a whole number'],
    [[...pair, '--case', 'caps'], '--case chooses among the cases of --golden'],
    [['--official', join(folder, 'no.h5'), ...pair.slice(2)], 'cannot be read (no such file or directory)'],
    [['--official', ownValues, ...pair.slice(2)], 'this cannot be read as an HDF5 file'],
    [[...pair.slice(0, 3), ownWeights], 'not a safetensors file'],
  ])('refuses %j', async (args, sentence) => {
    const { code, stderr } = await run(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
