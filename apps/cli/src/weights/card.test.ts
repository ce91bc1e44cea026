import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel } from '@capsnet/capsules';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { main } from '../main.js';
import { recordedSettings, resolveSettings } from '../settings/settings.js';
import { commandOf, confusionOf } from './card.js';
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
    run: { capsnet: '0.1.0', protocol: 'honest', machine, data },
  };
  writeFileSync(join(made, 'config.json'), JSON.stringify(config));
  const goneOn = join(folder, 'gone-on');
  mkdirSync(goneOn);
  writeFileSync(
    join(goneOn, 'config.json'),
    JSON.stringify({
      ...config,
      ...{ epochs: 2, refine: 0.5, augment: true },
      run: { ...config.run, before: [{ epochs: 3, refine: 0, done: 1 }] },
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
      protocol: 'honest',
      dataset: 'digits',
    });
    const card = readFileSync(join(folder, 'digits-half.md'), 'utf8');
    for (const part of [
      `\`${sha256}\``,
      '| command | `capsnet train --dataset digits --epochs 2 --seed 4` |',
      '| time | 3 min 30 s |',
      '| protocol | honest |',
      'of 100 wrong)**',
      '| in single precision |',
      'float16',
      '| 2 | 92.00 % |',
      'capsnet test --weights digits-half --limit-test 100\n',
    ])
      expect(card).toContain(part);
    expect(card.match(/^\| \d \|( \d+ \|){10}$/gm)).toHaveLength(10);
  });

  it('has all commands of a run that went on to another end', async () => {
    const { code, stderr } = await run(goneOn, '--name', 'went-on', ...few, '--limit-test', '20');
    expect(code, stderr).toBe(0);
    expect(readFileSync(join(folder, 'went-on.md'), 'utf8')).toContain(
      '| command | `capsnet train --dataset digits --epochs 3 --seed 4 --augment --out RUN` (stopped after epoch 1), then `capsnet train --resume RUN --epochs 2 --refine 0.5` |',
    );
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
