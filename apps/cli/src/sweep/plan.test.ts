import { fc, test } from '@fast-check/vitest';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '../errors.js';
import { flagsOf, readSweep, showVaried } from './plan.js';
import { sweepSchema } from './schema.js';

const folder = mkdtempSync(join(tmpdir(), 'capsnet-sweep-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const plan = (content: unknown) => {
  const file = join(folder, 'sweep.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return readSweep(file);
};

describe('readSweep', () => {
  it('a grid is every combination, the last key varying fastest, over what all have in common', () => {
    const { runs, varied } = plan({
      $schema: 'x',
      base: { epochs: 3, augment: true },
      grid: { lr: [0.001, 0.01], seed: [1, 2, 3] },
    });
    expect(varied).toEqual(['lr', 'seed']);
    expect(runs.map((run) => showVaried(run.varied))).toEqual([
      'lr 0.001, seed 1',
      'lr 0.001, seed 2',
      'lr 0.001, seed 3',
      'lr 0.01, seed 1',
      'lr 0.01, seed 2',
      'lr 0.01, seed 3',
    ]);
    for (const run of runs) expect(run).toMatchObject({ epochs: 3, settings: { epochs: 3, augment: true } });
    expect(new Set(runs.map(({ name }) => name)).size).toBe(6);
  });

  it('the name of a run says what varies and depends on all that it learns from, and on nothing else', () => {
    const nameOf = (base: object, lr = 0.001): string => plan({ base, grid: { lr: [lr] } }).runs[0]!.name;
    expect(nameOf({})).toMatch(/^lr-0\.001-[0-9a-f]{8}$/);
    expect(nameOf({ threads: 1, saveEvery: 5 })).toBe(nameOf({}));
    expect(nameOf({ clip: 1 })).not.toBe(nameOf({}));
    expect(nameOf({ earlyStop: 3 })).not.toBe(nameOf({}));
    // A value more does not rename the others.
    const more = plan({ grid: { lr: [0.5, 0.001] } }).runs.map(({ name }) => name);
    expect(more).toContain(nameOf({}));
    expect(plan({ list: [{ clip: 1 }, { clip: 1 }, {}] }).runs).toHaveLength(2);
  });

  test.prop([fc.nat(1000), fc.integer({ min: 1, max: 20 })])(
    'draws are within their ranges, all different, and the same for the same seed',
    (seed, count) => {
      const sweep = {
        random: {
          count,
          seed,
          settings: {
            lr: { from: 1e-4, to: 1e-2, scale: 'log' },
            batchSize: { from: 8, to: 64 },
            schedule: ['cosine', 'constant'],
          },
        },
      };
      const { runs } = plan(sweep);
      expect(runs).toHaveLength(count);
      for (const { lr, batchSize, schedule } of runs.map(({ settings }) => settings)) {
        expect(lr).toBeGreaterThanOrEqual(1e-4);
        expect(lr).toBeLessThanOrEqual(1e-2);
        expect(Number.isInteger(batchSize) && batchSize! >= 8 && batchSize! <= 64).toBe(true);
        expect(['cosine', 'constant']).toContain(schedule);
      }
      expect(plan(sweep).runs).toEqual(runs);
    },
  );

  it.each([
    ['{"grid"', /is not JSON/],
    [[1], /the sweep in .*sweep\.json is not a JSON object/],
    [{}, /has neither a grid, nor random draws, nor a list\. Give one of/],
    [{ grid: {}, list: [{}] }, /has "grid" and "list"\. Give one of/],
    [{ gird: { lr: [1] } }, /has the key "gird", which it cannot have\. Did you mean "grid"\?/],
    [{ grid: { epoch: [3] } }, /has the key "epoch", which is no setting\. Did you mean "epochs"\?/],
    [{ grid: { lr: 0.1 } }, /"grid": "lr" in .* wants a list of values/],
    [{ grid: { lr: [] } }, /wants a list of values/],
    [{ grid: { lr: ['big'] } }, /"lr" in .* wants a number, not "big"/],
    [{ grid: { dataset: ['minst'] } }, /Did you mean "mnist"\?/],
    [{ base: { picture: 'a.png' }, grid: { lr: [1] } }, /"picture" .* has no place in a sweep/],
    [{ base: { select: 'test' }, grid: { holdOut: [5] } }, /--hold-out has no meaning with --select test/],
    [{ random: { count: 0, settings: {} } }, /"count" of "random" wants a whole number from 1/],
    [
      { random: { count: 9, settings: { clip: [1, 2] } } },
      /asks for 9 runs, but its settings give 2 different/,
    ],
    [
      { random: { count: 1, settings: { lr: { from: 2, to: 1 } } } },
      /"lr" of "random" wants a list of values, or/,
    ],
    [{ random: { count: 1, settings: { lr: { from: 0, to: 1 } } } }, /wants a number above 0/],
    [{ random: { count: 1, settings: { lr: { from: 1, to: 2, scale: 'lgo' } } } }, /Did you mean "log"\?/],
    [
      { random: { count: 1, settings: { lr: { form: 1, to: 2 } } } },
      /has the key "form".* Did you mean "from"\?/,
    ],
    [{ list: [] }, /"list" wants a list of settings/],
    [{ list: [3] }, /entry 1 of "list" in .* is not a JSON object/],
  ])('%j gets one sentence', (content, message) => {
    const read = (): unknown => plan(content);
    expect(read).toThrow(UserError);
    expect(read).toThrow(message);
  });

  it('a file that is not there gets one sentence', () => {
    expect(() => readSweep(join(folder, 'nothing.json'))).toThrow(/nothing\.json" cannot be read/);
  });
});

describe('flagsOf', () => {
  it('says the settings as capsnet train takes them', () => {
    expect(flagsOf({ lr: 0.001, augment: false, sameClass: true, limitTrain: 10 })).toEqual([
      ...['--limit-train', '10', '--same-class', '--lr', '0.001', '--no-augment'],
    ]);
  });
});

it('the published schema of sweeps is that of the table: npm run schema writes it', () => {
  const published = new URL('../../schema/sweep.schema.json', import.meta.url);
  expect(JSON.parse(readFileSync(published, 'utf8'))).toEqual(JSON.parse(JSON.stringify(sweepSchema())));
});
