/**
 * The runner itself, on the reference values that lie beside it (one small case of every operation), and the whole folder of
 * CAPSNET_SHARED where there is one.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBackend, type Backend } from '@capsnet/tensor';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { compare, errorOf, passes, scaleOf, toleranceOf, worstOf } from './compare.js';
import { main } from './main.js';
import type { GoldenCase } from './golden.js';
import { readFolder } from './read.js';
import { knownOperations, runCase, runFolder, type CaseResult } from './run.js';

const fixtures = fileURLToPath(new URL('./fixtures', import.meta.url));
const shared = process.env['CAPSNET_SHARED'] && join(process.env['CAPSNET_SHARED'], 'golden');
const present = shared !== undefined && existsSync(join(shared, 'index.json'));
const reason = present ? '' : ' (skipped: set CAPSNET_SHARED to the folder that has golden/)';

const backends: readonly (readonly [string, () => Promise<Backend>])[] = [
  ['reference', () => createBackend('reference')],
  ['wasm, 1 thread', () => createBackend('wasm', { threads: 1 })],
  ['wasm, 2 threads', () => createBackend('wasm', { threads: 2 })],
];

async function collect(folder: string, backend: Backend): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for await (const result of runFolder(readFolder(folder), backend)) results.push(result);
  return results;
}
const notPassed = (results: readonly CaseResult[]) => results.filter(({ status }) => status !== 'passed');

describe.each(backends)('every case on %s', (_, create) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await create();
  });
  afterAll(() => backend.dispose());

  it('passes beside the runner', async () => {
    const results = await collect(fixtures, backend);
    expect(results.length).toBeGreaterThan(70);
    expect(notPassed(results)).toEqual([]);
  }, 120_000);

  it.skipIf(!present)(
    `passes in the shared folder${reason}`,
    async () => {
      const results = await collect(shared!, backend);
      expect(results.length).toBe(readFolder(shared!).cases.length);
      expect(notPassed(results)).toEqual([]);
    },
    300_000,
  );

  it.skipIf(!present)(
    `passes in the shared folder of data pipelines${reason}`,
    async () => {
      const results = await collect(join(shared!, 'augment'), backend);
      expect(notPassed(results)).toEqual([]);
    },
    120_000,
  );
});

describe('the fixtures', () => {
  it('have a case of every operation but the largest models and the data pipelines', () => {
    const covered = new Set(readFolder(fixtures).cases.map(({ op }) => op));
    const missing = knownOperations.filter((op) => !covered.has(op));
    expect(missing).toContain('model_original');
    expect(
      missing.filter(
        (op) =>
          !['model_original', 'rotate', 'shift', 'shift_margins', 'squish', 'erase'].includes(op) &&
          !/^(mnist|norb|multimnist)_/.test(op),
      ),
    ).toEqual([]);
  });
});

/** A copy of the fixtures that a test may spoil. */
function spoiled(change: (folder: string, cases: GoldenCase[]) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  folders.push(folder);
  cpSync(fixtures, folder, { recursive: true });
  const index = join(folder, 'index.json');
  const parsed = JSON.parse(readFileSync(index, 'utf8'));
  change(folder, parsed.cases);
  writeFileSync(index, JSON.stringify(parsed));
  return folder;
}
const folders: string[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Changes the first number of a tensor of a file: by a hundredth and a bit, a whole number by one. */
function damage(folder: string, file: string, tensor: string): void {
  const bytes = readFileSync(join(folder, file));
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + headerLength).toString());
  const start: number = 8 + headerLength + header[tensor].data_offsets[0];
  if (header[tensor].dtype === 'I32') bytes.writeInt32LE(bytes.readInt32LE(start) + 1, start);
  else bytes.writeFloatLE(bytes.readFloatLE(start) * 1.01 + 0.01, start);
  writeFileSync(join(folder, file), bytes);
}

describe('what is wrong is found', () => {
  const reference = async (folder: string, names: readonly string[]): Promise<CaseResult[]> => {
    const backend = await createBackend('reference');
    const golden = readFolder(folder);
    const results: CaseResult[] = [];
    for (const name of names)
      results.push(
        await runCase(
          golden,
          golden.cases.find((entry) => entry.name === name)!,
          backend,
        ),
      );
    return results;
  };
  const smallest = (op: string): GoldenCase => readFolder(fixtures).cases.find((entry) => entry.op === op)!;

  it.each([
    ['an output', 'matmul', 'outputs'],
    ['a gradient', 'conv2d', 'grads'],
    ['an auxiliary value', 'full_loss', 'aux'],
    ['a layer', 'batch_norm_train', 'outputs'],
    ['an optimiser', 'adam', 'outputs'],
    ['a gradient of a model', 'model_efficient', 'grads'],
    ['a trained parameter', 'model_efficient', 'params_after_3'],
    ['a test of a model', 'model_efficient', 'eval_outputs'],
    ['a data pipeline', 'shift_amounts', 'outputs'],
  ])('%s that differs a little', async (_, op, role) => {
    const { name, file, tensors } = smallest(op);
    const wrong = tensors[role]!.at(-1)!;
    const folder = spoiled((copy) => damage(copy, file, wrong));
    const [result] = await reference(folder, [name]);
    expect(result).toMatchObject({ case: name, op, status: 'failed' });
    expect(result!.tensor).toContain(wrong);
    expect(result!.error!).toBeGreaterThan(result!.tolerance!);
  });

  it('a file that is cut off, or missing', async () => {
    const { name, file } = smallest('matmul');
    const cut = spoiled((copy) => truncateSync(join(copy, file), 100));
    expect((await reference(cut, [name]))[0]).toMatchObject({
      status: 'failed',
      message: expect.stringMatching(/cut off/),
    });
    const missing = spoiled((copy) => rmSync(join(copy, file)));
    expect((await reference(missing, [name]))[0]).toMatchObject({
      status: 'failed',
      message: expect.stringMatching(/ENOENT/),
    });
  });

  it('an attribute that is missing, and one that makes another result', async () => {
    const { name } = smallest('leaky_relu');
    const without = spoiled((_, cases) =>
      Object.assign(
        cases.find((entry) => entry.name === name)!,
        { attrs: {} },
      ),
    );
    expect((await reference(without, [name]))[0]!.message).toMatch(
      /attribute "alpha" is missing, wanted a number/,
    );
    const other = spoiled((_, cases) =>
      Object.assign(
        cases.find((entry) => entry.name === name)!,
        { attrs: { alpha: 0.7 } },
      ),
    );
    expect((await reference(other, [name]))[0]!.status).toBe('failed');
  });

  it('an operation that nobody knows is unsupported, not passed', async () => {
    const folder = spoiled((_, cases) => Object.assign(cases[0]!, { op: 'toString' }));
    expect((await reference(folder, [readFolder(folder).cases[0]!.name]))[0]!.status).toBe('unsupported');
  });
});

it('goes by operation, attributes and roles, never by names', async () => {
  const folder = spoiled((_, cases) =>
    cases.forEach((entry, k) =>
      Object.assign(entry, { name: /_(tiny|huge)$/.test(entry.name) ? `squash_${k}_tiny` : `case ${k}` }),
    ),
  );
  const backend = await createBackend('reference');
  expect(notPassed(await collect(folder, backend))).toEqual([]);
}, 60_000);

describe('comparing', () => {
  const reference = (shape: readonly number[], ...values: number[]) => ({
    shape,
    data: Float32Array.from(values),
  });

  it('is relative to the largest reference, or to 1e-6 where all are smaller', () => {
    expect(errorOf([1, 100.5], reference([2], 1, 100), 'tensor')).toBeCloseTo(0.005, 9);
    expect(errorOf([2e-8], reference([1], 0), 'tensor')).toBeCloseTo(0.02, 9);
    expect(errorOf([1, 100.5], reference([2], 1, 100), 'absolute')).toBeCloseTo(0.5, 9);
  });
  it('takes each row by itself where rows differ by orders of magnitude', () => {
    const rows = reference([2, 2], 1e-12, 2e-12, 1, 2);
    expect(errorOf([1e-12, 1e-12, 1, 2], rows, 'rows')).toBeCloseTo(0.5, 6);
    expect(errorOf([1e-12, 1e-12, 1, 2], rows, 'tensor')).toBeLessThan(1e-11);
    const squashed = { name: 'a', op: 'squash', attrs: {}, file: '', tensors: {}, float32Error: {} };
    expect(scaleOf(squashed)).toBe('tensor');
    expect(scaleOf({ ...squashed, name: 'squash_of_mine_huge' })).toBe('rows');
    expect(
      scaleOf({ ...squashed, attrs: { tolerance: 'compare each row relative to its own largest entry' } }),
    ).toBe('rows');
  });
  it.each([NaN, Infinity, -Infinity])('never passes %s', (value) => {
    for (const scale of ['tensor', 'rows', 'absolute'] as const) {
      expect(
        passes({
          tensor: 'y',
          error: errorOf([0, value, 0], reference([3], 0, 1, 0), scale),
          tolerance: 1e9,
        }),
      ).toBe(false);
    }
  });
  it('never passes another shape', () => {
    expect(() => compare('y', { shape: [2, 1], data: [0, 0] }, reference([1, 2], 0, 0), 1)).toThrow(
      /shape \[2,1\], the reference \[1,2\]/,
    );
  });
  it('tells the comparison that is nearest to its limit, exact ones first', () => {
    const at = (tensor: string, error: number, tolerance: number) => ({ tensor, error, tolerance });
    expect(worstOf([at('a', 1e-6, 1e-5), at('b', 4e-6, 5e-5), at('c', 0, 0)])!.tensor).toBe('a');
    expect(worstOf([at('a', 1, 1e-5), at('c', 1e-9, 0)])!.tensor).toBe('c');
  });
  it('allows what the class of the operation does, or twenty times the error of plain float32', () => {
    const golden = (op: string, outputs = 0) => ({
      name: 'x',
      op,
      attrs: {},
      file: '',
      tensors: {},
      float32Error: { outputs },
    });
    expect(toleranceOf(golden('reshape'), 'outputs')).toBe(0);
    expect(toleranceOf(golden('matmul'), 'outputs')).toBe(1e-5);
    expect(toleranceOf(golden('conv2d'), 'grads')).toBe(5e-5);
    expect(toleranceOf(golden('model_original'), 'grads')).toBe(5e-4);
    expect(toleranceOf(golden('matmul', 1e-6), 'outputs')).toBeCloseTo(2e-5, 12);
  });
});

describe('the command', () => {
  const call = async (...args: readonly string[]) => {
    const [out, err] = [[] as string[], [] as string[]];
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => (out.push(String(text)), true));
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => (err.push(String(text)), true));
    const code = await main(args);
    vi.restoreAllMocks();
    return { code, stdout: out.join(''), stderr: err.join('') };
  };

  it('prints an object a case and one at the end', async () => {
    const names = readFolder(fixtures)
      .cases.slice(0, 3)
      .map(({ name }) => name);
    const { code, stdout } = await call(
      '--golden',
      fixtures,
      '--backend',
      'reference',
      '--json',
      ...names.flatMap((name) => ['--case', name]),
    );
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(code).toBe(0);
    expect(lines.slice(0, -1).map((line) => line.case)).toEqual(names);
    for (const line of lines.slice(0, -1)) {
      expect(line).toMatchObject({
        op: expect.any(String),
        ok: true,
        error: expect.any(Number),
        tolerance: expect.any(Number),
      });
    }
    expect(lines.at(-1)).toMatchObject({
      event: 'done',
      passed: 3,
      failed: 0,
      unsupported: 0,
      backend: 'reference (float32)',
    });
  });

  it('prints a table, names what failed, and ends with 1', async () => {
    const { name, file } = readFolder(fixtures).cases.find(({ op }) => op === 'matmul')!;
    const folder = spoiled((copy) => damage(copy, file, 'y'));
    const { code, stdout } = await call('--golden', folder, '--backend', 'reference', '--case', name);
    expect(code).toBe(1);
    expect(stdout).toMatch(/matmul +1/);
    expect(stdout).toContain(`failed ${name} (matmul)`);
    expect(stdout).toContain('0 passed, 1 failed, 0 unsupported');
  });

  it.each([
    [['--golden', 'no-such-folder'], /no-such-folder.*no such file.*Give the folder/],
    [['--golden', fixtures, '--case', 'matmull_2d'], /has no case "matmull_2d"/],
    [['--golden', fixtures, '--backend', 'abacus'], /no backend "abacus"/],
    [['--golden', fixtures, '--threads', '0'], /--threads wants a whole number/],
    [[], /--golden/],
  ])('answers %j with one sentence and 2', async (args, sentence) => {
    const { code, stdout, stderr } = await call(...args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(sentence);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});
