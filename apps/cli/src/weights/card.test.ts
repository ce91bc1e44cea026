import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel } from '@capsnet/capsules';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { main } from '../main.js';
import { recordedSettings, resolveSettings } from '../settings/settings.js';
import { commandOf, commandsOf, confusionOf, wordsOf } from './card.js';
import { findWeights } from './find.js';

vi.setConfig({ testTimeout: 120_000 });
const folder = mkdtempSync(join(tmpdir(), 'capsnet-card-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  vi.restoreAllMocks();
});

describe('the command of a run', () => {
  it('has what is not a default, and nothing of the machine', () => {
    const settings = resolveSettings({
      dataset: 'mnist',
      dataDir: '/home/me/mnist',
      preset: 'fast',
      epochs: 24,
      seed: 3,
      threads: 2,
      decoder: false,
      out: 'x',
    });
    expect(commandOf(recordedSettings(settings))).toBe(
      'capsnet train --preset fast --no-decoder --dataset mnist --data-dir DIR --epochs 24 --seed 3',
    );
    const other = resolveSettings({ dataset: 'toys', model: 'cnn', lr: 0.01, augment: false, out: 'x' });
    expect(commandOf(recordedSettings(other))).toBe(
      'capsnet train --model cnn --dataset toys --lr 0.01 --seed 1 --no-augment',
    );
  });

  it.each([
    [
      { dataset: 'digits', augment: true, epochs: 2, refine: 0.5 },
      'capsnet train --dataset digits --epochs 2 --seed 1 --augment --refine 0.5',
    ],
    [
      { dataset: 'mnist', preset: 'fast', epochs: 50, refine: 0.02 },
      'capsnet train --preset fast --dataset mnist --epochs 50 --seed 1 --refine 0.02',
    ],
  ] as const)('keeps what --refine needs: %j', (said, command) => {
    expect(commandOf(recordedSettings(resolveSettings({ ...said, out: 'x' })))).toBe(command);
  });
});

describe('the commands of a run that went on', () => {
  const settings = recordedSettings(resolveSettings({ dataset: 'digits', augment: true, out: 'x' }));
  const epochs = [1, 2, 3, 4].map((epoch) => ({
    ...{ epoch, step: 100 * epoch, seconds: 1, valSeconds: 1, valAccuracy: 1 },
  }));
  const first = (of: string): string => `\`capsnet train --dataset digits --epochs ${of} --out RUN\``;

  it('name another share of refined epochs, none too, and not the same one again', () => {
    const before = [
      { epochs: 2, refine: 0.5, done: 2, step: 200 },
      { epochs: 3, refine: 0.5, done: 3, step: 300 },
    ];
    expect(commandsOf({ settings: { ...settings, epochs: 4, refine: 0 }, before, epochs })).toBe(
      `${first('2 --seed 1 --augment --refine 0.5')}, then \`capsnet train --resume RUN --epochs 3\`, then \`capsnet train --resume RUN --epochs 4 --refine 0\``,
    );
  });
  it('tell a change in the middle of an epoch, and fewer epochs', () => {
    const before = [
      { epochs: 30, refine: 0.1, done: 3, step: 342 },
      { epochs: 8, refine: 0.1, done: 4, step: 400 },
    ];
    expect(commandsOf({ settings: { ...settings, epochs: 9, refine: 0.2 }, before, epochs })).toBe(
      `${first('30 --seed 1 --augment --refine 0.1')} (stopped in epoch 4, after step 342), then \`capsnet train --resume RUN --epochs 8 --refine 0\` (stopped after epoch 4), then \`capsnet train --resume RUN --epochs 9 --refine 0.2\``,
    );
  });
});

it('the error of pairs is of their digits', () => {
  const misclassified = new Array<never>(4155);
  const evaluation = { error: 0.1078, misclassified, count: 20_000 };
  expect(wordsOf(evaluation, true)).toBe('10.78 % of the digits; 4,155 of 20,000 pairs not wholly right');
  expect(wordsOf(evaluation, false)).toBe('10.78 % (4,155 of 20,000 wrong)');
});

it('a confusion counts every image once', () => {
  const verdict = (label: number, predicted: number) => ({
    index: 0,
    label,
    predicted,
    length: 1,
    second: 0,
    secondLength: 0,
  });
  const verdicts = [verdict(0, 0), verdict(0, 1), verdict(2, 1), verdict(2, 2)];
  const evaluation = { verdicts, count: 4, loss: 0, accuracy: 0, error: 0, misclassified: [], seconds: 0 };
  expect(confusionOf(evaluation, 3)).toEqual([
    [1, 1, 0],
    [0, 0, 0],
    [0, 1, 1],
  ]);
});

describe('capsnet weights card', () => {
  const run = async (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> => {
    let [stdout, stderr] = ['', ''];
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((stdout += String(text)), true));
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((stderr += String(text)), true));
    const code = await main(['weights', 'card', ...args]);
    vi.restoreAllMocks();
    return { code, stdout, stderr };
  };
  const made = join(folder, 'run');
  mkdirSync(made);
  writeFileSync(join(made, 'best.safetensors'), readFileSync(findWeights('efficient-capsnet-digits')));
  const data = { trainImages: 19_000, validationImages: 1000 };
  const machine = { node: '20.20.2', platform: 'linux x64', backend: 'wasm (2 threads)' };
  const config = {
    dataset: 'digits',
    seed: 4,
    epochs: 2,
    run: { capsnet: '0.1.0', machine, data },
  };
  writeFileSync(join(made, 'config.json'), JSON.stringify(config));
  const goneOn = join(folder, 'gone-on');
  mkdirSync(goneOn);
  writeFileSync(
    join(goneOn, 'config.json'),
    JSON.stringify({
      ...config,
      ...{ epochs: 2, refine: 0.5, augment: true },
      run: { ...config.run, before: [{ epochs: 1, refine: 0, done: 1 }] },
    }),
  );
  const epoch = (n: number) =>
    JSON.stringify({ event: 'epoch', epoch: n, seconds: 100, valSeconds: 5, valAccuracy: 0.9 + n / 100 });
  for (const run of [made, goneOn]) writeFileSync(join(run, 'metrics.jsonl'), `${epoch(1)}\n${epoch(2)}\n`);
  copyFileSync(join(made, 'best.safetensors'), join(goneOn, 'best.safetensors'));
  const few = ['--threads', '1', '-o', folder];

  it('writes weights that say their error, and a card', async () => {
    const { code, stdout, stderr } = await run(
      made,
      '--name',
      'digits-half',
      '--half',
      ...few,
      '--json',
      '--limit-test',
      '100',
    );
    expect(code, stderr).toBe(0);
    const { sha256, error } = JSON.parse(stdout) as { sha256: string; error: number };
    const bytes = readFileSync(join(folder, 'digits-half.safetensors'));
    const { metadata } = loadModel(bytes);
    expect(metadata).toMatchObject({
      test_error: String(error),
      test_images: '100',
      protocol: 'best epoch on 1000 held-out training images; the test split is read once',
      dataset: 'digits',
    });
    const card = readFileSync(join(folder, 'digits-half.md'), 'utf8');
    for (const part of [
      `\`${sha256}\``,
      '| command | `capsnet train --dataset digits --epochs 2 --seed 4` |',
      '| time | 3 min 30 s |',
      '| protocol | best epoch on 1000 held-out training images; the test split is read once |',
      'of 100 wrong)**',
      '| in single precision |',
      'float16',
      '| 2 | 92.00 % |',
      'capsnet test --weights digits-half --limit-test 100\n',
    ])
      expect(card).toContain(part);
    expect(card.match(/^\| \d \|( \d+ \|){10}$/gm)).toHaveLength(10);
  });

  it('has all commands of a run that went on to another end, and counts its tests', async () => {
    const { code, stderr } = await run(goneOn, '--name', 'went-on', ...few, '--limit-test', '20');
    expect(code, stderr).toBe(0);
    const card = readFileSync(join(folder, 'went-on.md'), 'utf8');
    expect(card).toContain(
      '| command | `capsnet train --dataset digits --epochs 1 --seed 4 --augment --out RUN`, then `capsnet train --resume RUN --epochs 2 --refine 0.5` |',
    );
    expect(card).toContain('held-out training images; the test split was read 2 times |');
  });

  it.each([
    [[folder, '--name', 'x'], 'config.json cannot be read (no such file or directory)'],
    [[made, '--name', 'X Y'], '--name: "X Y" should be small letters'],
    [[made], "required option '--name <name>' not specified"],
  ])('refuses %j', async (args, sentence) => {
    const { code, stderr } = await run(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(sentence);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});
