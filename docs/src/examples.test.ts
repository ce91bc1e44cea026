/** Every example in README, guides, package READMEs and docstrings compiles and runs; results in its comments are right; its commands exist and run. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as autograd from '@capsnet/autograd';
import * as capsules from '@capsnet/capsules';
import * as datasets from '@capsnet/datasets';
import * as tensor from '@capsnet/tensor';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { agrees, allExamples, programOf } from './examples.js';
import { root } from './files.js';

const examples = allExamples();
const folder = join(root, 'docs', '.reports', 'examples');
const elsewhere = mkdtempSync(join(tmpdir(), 'capsnet-examples-'));

const origins = new Map<string, string>([
  ...[...Object.keys(datasets), 'ImageDataset'].map((name) => [name, '@capsnet/datasets'] as const),
  ...Object.keys(autograd).map((name) => [name, '@capsnet/autograd'] as const),
  ...Object.keys(capsules).map((name) => [name, '@capsnet/capsules'] as const),
  // Last, so that what several packages export comes from where it is made.
  ...[...Object.keys(tensor), 'Tensor'].map((name) => [name, '@capsnet/tensor'] as const),
  ['writeFile', 'node:fs/promises'],
]);

/** What an example may be about without saying where it comes from. */
const context: Readonly<Record<string, string>> = {
  w: 'const w = tensor([1, 2, 3]) as Tensor;',
  model: `const model = buildModel(describeModel('cnn'));`,
  parameters: 'const { parameters, state } = model.init(randomKey(1));',
  batches: `const batches = () => [{ images: zeros([2, 28, 28, 1]), labels: oneHot(tensor([3, 7], { dtype: 'int32' }), 10) }];`,
};

const programs = examples
  .filter(({ language }) => language === 'ts' || language === 'js')
  .map((example, index) => ({
    ...example,
    file: join(folder, `example${index}.${example.language === 'ts' ? 'ts' : 'mjs'}`),
    text: programOf(example.code, origins, /\/src\//.test(example.place) ? context : {}),
  }));
const home = process.cwd();

/** The files that the commands of the READMEs are about. */
function provideFiles(): void {
  const picture = readdirSync(join(root, 'docs', 'tour', 'figures')).find((name) => name.endsWith('.png'))!;
  copyFileSync(join(root, 'docs', 'tour', 'figures', picture), join(elsewhere, 'scan.png'));
  const base = { dataset: 'digits', epochs: 1, limitTrain: 32, limitTest: 20 };
  writeFileSync(join(elsewhere, 'rates.json'), JSON.stringify({ base, grid: { lr: [1e-3, 5e-4] } }));
}

/** What a shell makes of `runs/*`. */
const expanded = (args: readonly string[]): string[] =>
  args.flatMap((argument) =>
    argument.endsWith('/*')
      ? readdirSync(join(elsewhere, argument.slice(0, -2))).map((name) => `${argument.slice(0, -1)}${name}`)
      : [argument],
  );

beforeAll(() => {
  provideFiles();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { file, text, language } of programs)
    writeFileSync(file, language === 'ts' ? text : text.replace(/^declare .*$/m, ''));
  process.chdir(elsewhere);
  vi.stubGlobal('expectShown', (value: unknown, shown: string) => {
    expect(agrees(value, shown), `${JSON.stringify(value)} is not ${shown}`).toBe(true);
    return value;
  });
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
});
afterAll(() => {
  vi.restoreAllMocks();
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
  rmSync(elsewhere, { recursive: true, force: true });
});

describe('programs', () => {
  it('are found in texts and docstrings', () => {
    const places = programs.map(({ place }) => place.replace(/:\d+$/, ''));
    for (const place of [
      'README.md',
      'packages/tensor/README.md',
      'docs/kernels.md',
      'packages/autograd/src/grad.ts',
    ])
      expect(places).toContain(place);
  });

  it('compile', () => {
    const { config } = ts.readConfigFile(join(root, 'tsconfig.check.json'), (path) =>
      ts.sys.readFile(path),
    ) as {
      config: unknown;
    };
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
    // The working directory is elsewhere.
    options.typeRoots = [join(root, 'node_modules', '@types')];
    const files = programs.filter(({ language }) => language === 'ts').map(({ file }) => file);
    const program = ts.createProgram(files, options);
    const said = files.flatMap((file) =>
      [
        ...program.getSyntacticDiagnostics(program.getSourceFile(file)),
        ...program.getSemanticDiagnostics(program.getSourceFile(file)),
      ].map(({ messageText, start = 0 }) => {
        const { place, text } = programs.find((each) => each.file === file)!;
        return `${place}: ${text.slice(start).split('\n')[0]}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
      }),
    );
    expect(said).toEqual([]);
  }, 400_000);

  it.each(programs)(
    '$place runs',
    async ({ file }) => {
      // A fresh one each: an example may dispose of it.
      const backend = await tensor.setBackend('wasm', { threads: 1 });
      await import(/* @vite-ignore */ pathToFileURL(file).href);
      await backend.dispose();
    },
    400_000,
  );
});

const scripts = Object.keys(
  (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> })
    .scripts,
);
const shellLines = examples
  .filter(({ language }) => language === 'sh')
  .flatMap(({ place, code }) =>
    code
      .split('\n')
      .map((line) => line.replace(/\s+#.*$/, '').trim())
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => ({ place, line })),
  );

/** The same work, made small; `undefined` for what other tests start and stop. */
function reduced(args: readonly string[]): readonly string[] {
  const without = (flag: string, values: number, from: readonly string[]): readonly string[] => {
    const at = from.indexOf(flag);
    return at < 0 ? from : [...from.slice(0, at), ...from.slice(at + 1 + values)];
  };
  switch (args[0]) {
    case 'train':
      return [...without('--epochs', 1, args), '--epochs', '1', '--limit-train', '32', '--limit-test', '20'];
    case 'test':
    case 'robustness':
      return [...args, '--limit-test', '20'];
    case 'bench': {
      const small = [
        '--only',
        'training',
        '--model',
        'efficient-capsnet',
        '--seconds',
        '0.01',
        '--batch',
        '1',
      ];
      const kept = ['--only', '--model', '--seconds', '--batch'].reduce(
        (rest, flag) => without(flag, 1, rest),
        args,
      );
      return [...without('--peers', 0, kept), ...small];
    }
    case 'playground':
      // It serves until it is stopped; scripts/ci has a browser for it.
      return ['help', 'playground'];
    default:
      return args;
  }
}

// Half a minute and more: scripts/ci/50-site.mjs asks for them.
describe.skipIf(process.env['CAPSNET_COMMANDS'] === undefined)('commands', () => {
  it('are found', () => expect(shellLines.length).toBeGreaterThan(8));

  it.each(shellLines)(
    '$place: $line',
    ({ line }) => {
      const npm = /^npm (?:run )?([\w:]+)/.exec(line);
      if (npm) return void expect([...scripts, 'ci', 'install']).toContain(npm[1]);
      const capsnet = /^npx (?:@capsnet\/cli|capsnet) (.*)$/.exec(line);
      expect(capsnet, 'a command that this test does not know').not.toBeNull();
      const args = reduced(expanded(capsnet![1]!.split(/\s+/)));
      const { status, stderr } = spawnSync(
        process.execPath,
        [join(root, 'apps', 'cli', 'bin', 'capsnet.js'), ...args],
        {
          cwd: elsewhere,
          encoding: 'utf8',
        },
      );
      expect(status, stderr).toBe(0);
    },
    400_000,
  );
});

describe('agrees', () => {
  it('compares to the digits that are shown', () => {
    expect(agrees(2.0004, '2.00')).toBe(true);
    expect(agrees(2.01, '2.00')).toBe(false);
    expect(agrees([[6.5, 5.5]], '[[6.5, 5.5]]')).toBe(true);
    expect(agrees([[6.5, 5]], '[[6.5, 5.5]]')).toBe(false);
  });
});
