import type { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createProgram, main } from './main.js';

let stdout = '';
let stderr = '';
beforeEach(() => {
  stdout = '';
  stderr = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((stdout += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((stderr += String(text)), true));
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** One sentence (or two short ones) on one line, no stack trace. */
const expectOneLine = (): void => {
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr).not.toMatch(/\bat .*:\d+:\d+/);
};

describe('help', () => {
  /** Every command with its parts: `weights`, `weights import`. */
  const named = (parent: Command, words: readonly string[]): string[][] =>
    parent.commands.flatMap((command) => {
      const own = [...words, command.name()];
      return [own, ...named(command, own)];
    });
  const commands = named(createProgram(), []);

  it.each([[[]], [['--help']], [['help']]])('lists the commands for %j', async (args) => {
    expect(await main(args)).toBe(0);
    for (const [command] of commands) expect(stdout).toContain(`\n  ${command} `);
    expect(stdout).toContain('$ capsnet train');
    expect(stderr).toBe('');
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  });

  it.each(commands.map((words) => [words.join(' '), words] as const))(
    'of %s fits 80 columns, and has a description and an example',
    async (name, words) => {
      expect(await main([...words, '--help'])).toBe(0);
      expect(stdout).toMatch(new RegExp(`^Usage: capsnet ${name} .*\\n\\n\\S`));
      expect(stdout).toContain(`$ capsnet ${name}`);
      for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
    },
  );

  it.each(commands.filter(([, part]) => part === undefined).map(([name]) => name!))(
    'a slip in %s is told with the nearest command, and ends with 2',
    async (name) => {
      expect(await main([`${name}x`])).toBe(2);
      expect(stderr).toContain(`unknown command '${name}x'. Did you mean "${name}"?`);
      expectOneLine();
    },
  );

  it('prints the version', async () => {
    expect(await main(['--version'])).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('mistakes', () => {
  it.each([
    [['trian'], 'unknown command \'trian\'. Did you mean "train"?'],
    [['train', '--epoch', '3'], 'unknown option \'--epoch\'. Did you mean "--epochs"?'],
    [['train', '--threads', '0'], '--threads wants a whole number, from 1 to 256, not "0"'],
    [['train', '--epochs', 'three'], '--epochs wants a whole number, from 1 to 1000000, not "three"'],
    [['train', '--lr', '-1'], '--lr wants a number above 0'],
    [['train', '--backend', 'wsam'], 'Did you mean "wasm"?'],
    [
      ['train', '--dataset', 'minst', '--out', '/dev/null/x'],
      'there is no data set "minst". Did you mean "mnist"?',
    ],
    [['train', '--model', 'efficient-capsnt'], 'Did you mean "efficient-capsnet"?'],
    [['train', '--out', ''], '--out wants a path'],
    [['train', '--out', '/dev/null/run'], '--out: the folder "/dev/null/run" cannot be written to'],
    [['train', 'digits'], 'too many arguments'],
    [
      ['train', '--model', 'cnn', '--routing-iterations', '2', '--limit-train', '9'],
      'does not route in rounds',
    ],
    [
      ['train', '--routing-iterations', '6'],
      '--routing-iterations wants a whole number, from 1 to 5, not "6"',
    ],
    [['info', '--input', '28x28'], '--input wants height, width and channels of the images, not "28x28"'],
    [['info', 'original-capsnet', '--input', '12x12x1'], 'original-capsnet: images of 12x12 are too small'],
    [['info', '--classes', '1'], '--classes wants a whole number, from 2 to 10000'],
    [['train', '--seed'], "option '--seed <n>' argument missing"],
    [['test'], "required option '--weights <file>' not specified"],
    [
      ['test', '--weights', '/no/such/file'],
      '--weights: "/no/such/file" cannot be read (no such file or directory)',
    ],
    [['info', 'cnnn'], 'Did you mean "cnn"?'],
  ])('%j ends with 2 and one line', async (args, sentence) => {
    expect(await main(args)).toBe(2);
    expect(stderr).toContain(sentence);
    expectOneLine();
    expect(stdout).toBe('');
  });
});

describe('info', () => {
  it('prints the layers, shapes and parameters of the published model', async () => {
    expect(await main(['info', 'efficient-capsnet'])).toBe(0);
    expect(stdout).toMatch(/conv1 +24 x 24 x 32 +832\n/);
    expect(stdout).toMatch(/conv4 +9 x 9 x 128 +73,856\n/);
    expect(stdout).toMatch(/digit +10 x 16 +20,640\n/);
    // 161 k without the decoder, as the paper says.
    expect(stdout).toMatch(/1,573,168 parameters, 161,824 without the decoder/);
  });

  it('prints a model at another size', async () => {
    const args = ['info', 'efficient-capsnet', '--input', '64x96x3', '--classes', '62', '--json'];
    expect(await main(args)).toBe(0);
    const { input, classes, layers } = JSON.parse(stdout) as {
      input: number[];
      classes: number;
      layers: { layer: string; output: number[] }[];
    };
    expect([input, classes]).toEqual([[64, 96, 3], 62]);
    expect(layers.find(({ layer }) => layer === 'digit')!.output).toEqual([62, 16]);
  });

  it('prints every model as JSON', async () => {
    expect(await main(['info', '--json'])).toBe(0);
    const models = stdout
      .trim()
      .split('\n')
      .map(
        (line) => JSON.parse(line) as { model: string; parameters: number; layers: { parameters: number }[] },
      );
    expect(models.length).toBeGreaterThanOrEqual(4);
    for (const { layers, parameters } of models) {
      expect(layers.reduce((sum, layer) => sum + layer.parameters, 0)).toBe(parameters);
    }
  });
});
