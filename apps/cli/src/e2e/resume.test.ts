/** Runs that were killed, stopped or damaged go on to the bytes of a run that was not. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { binary, capsnet, temporaryFolder } from './cli.js';
import { parseEventFile } from './event-file.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const at = (name: string): string => join(folder.path, name);
const task = [
  ...['train', '--dataset', 'digits', '--limit-train', '160', '--limit-test', '30', '--epochs', '3'],
  ...['--seed', '3', '--ema', '0.9', '--schedule', 'cosine', '--warmup', '0.5', '--clip', '5', '--augment'],
  ...['--refine', '0.5'],
];
// A busy machine takes its time.
const minute = 180_000;

/** What the files hold, in short: comparing megabytes element by element takes minutes. */
const weightsOf = (run: string): string[] =>
  ['best.safetensors', 'last.safetensors'].map((name) =>
    createHash('sha256')
      .update(readFileSync(join(run, name)))
      .digest('hex'),
  );

/** The metrics without what a clock measured. */
const metricsOf = (run: string): unknown[] =>
  readFileSync(join(run, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const { imagesPerSecond: _rate, seconds: _seconds, valSeconds: _test, ...rest } = JSON.parse(line);
      return rest;
    });

/** What TensorBoard would show, without what a clock measured. */
function eventsOf(run: string): unknown[] {
  const files = readdirSync(run).filter((name) => name.startsWith('events.out.tfevents.'));
  expect(files).toHaveLength(1);
  return parseEventFile(readFileSync(join(run, files[0]!)))
    .filter(({ scalars, images }) => scalars.length + images.length > 0)
    .map(({ step, scalars, images }) => ({
      step,
      scalars: scalars.filter(([tag]) => tag !== 'train/images_per_second'),
      images: images.map(([tag, { png }]) => [tag, createHash('sha256').update(png).digest('hex')]),
    }));
}

/** Starts a command and kills it without a warning after a while; true when it had ended by itself before. */
const killedAfter = (milliseconds: number, args: readonly string[]): Promise<boolean> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [binary, ...args], { stdio: 'ignore' });
    const timer = setTimeout(() => child.kill('SIGKILL'), milliseconds);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve(code === 0);
    });
  });

describe('resuming', () => {
  const whole = at('whole');
  beforeAll(async () => {
    const run = await capsnet([...task, '--out', whole, '--threads', '1']);
    expect(run.code, run.stderr).toBe(0);
  }, minute);

  it(
    'after kill -9 in the middle gives the same bytes, on another number of threads too',
    async () => {
      const out = at('killed');
      // scripts/ci/30-crash.mjs has forty moments.
      await killedAfter(2500, [...task, '--out', out, '--save-every', '1', '--threads', '2']);
      const started = existsSync(join(out, 'config.json'));
      const last = await capsnet(started ? ['train', '--resume', out] : [...task, '--out', out]);
      expect(last.code, last.stderr).toBe(0);
      expect(weightsOf(out)).toEqual(weightsOf(whole));
      expect(metricsOf(out)).toEqual(metricsOf(whole));
    },
    2 * minute,
  );

  it(
    'after the time was up, and after a damaged checkpoint, which it names',
    async () => {
      const out = at('timed');
      // So short that it is over after the first step of the first epoch: there is nothing to test yet.
      const first = await capsnet([...task, '--out', out, '--stop-after', '0.001']);
      expect(first.code).toBe(1);
      expect(first.stderr).toMatch(/time was up in the first epoch, after 1 step: .*--resume/);
      const second = await capsnet(['train', '--resume', out, '--epochs', '1']);
      expect(second.code, second.stderr).toBe(0);

      const current = join(out, 'last', 'checkpoint.safetensors');
      const bytes = readFileSync(current);
      bytes[bytes.length - 5]! ^= 4;
      writeFileSync(current, bytes);
      const third = await capsnet(['train', '--resume', out, '--epochs', '3']);
      expect(third.code, third.stderr).toBe(0);
      expect(third.stderr).toMatch(
        /checkpoint\.safetensors: the checksum does not fit .*previous\.safetensors/,
      );
      expect(weightsOf(out)).toEqual(weightsOf(whole));

      truncateSync(join(out, 'best.safetensors'), 1000);
      const fourth = await capsnet(['train', '--resume', out]);
      expect(fourth.code).toBe(1);
      expect(fourth.stderr).toMatch(
        /best\.safetensors, the best weights so far \(epoch \d\), cannot be read: .*Put the file back/,
      );
    },
    minute,
  );

  it(
    'from a checkpoint that is cut off uses the one before; without a whole one it says so',
    async () => {
      const out = at('cut');
      await capsnet([...task, '--out', out, '--epochs', '2']);
      const current = join(out, 'last', 'checkpoint.safetensors');
      truncateSync(current, 1000);
      const resumed = await capsnet(['train', '--resume', out]);
      expect(resumed.code, resumed.stderr).toBe(0);
      expect(resumed.stderr).toMatch(/cut off.*Going on from the one before/);
      copyFileSync(join(out, 'metrics.jsonl'), current);
      rmSync(join(out, 'last', 'previous.safetensors'));
      const refused = await capsnet(['train', '--resume', out]);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toMatch(/no checkpoint is whole/);
      // The weights are as good as they were.
      expect(
        (await capsnet(['test', '--weights', join(out, 'best.safetensors'), '--limit-test', '20'])).code,
      ).toBe(0);
    },
    minute,
  );

  it(
    'repeats a run from its config.json, and refuses what would make it another run',
    async () => {
      const out = at('again');
      const run = await capsnet(['train', '--config', join(whole, 'config.json'), '--out', out]);
      expect(run.code, run.stderr).toBe(0);
      expect(weightsOf(out)).toEqual(weightsOf(whole));
      const refusals: [string[], RegExp][] = [
        [['--model', 'cnn'], /started with --model efficient-capsnet, not cnn/],
        [['--lr', '1'], /started with --lr 0\.0005, not 1/],
        [['--out', 'elsewhere'], /--out has no place beside --resume/],
      ];
      for (const [flags, message] of refusals) {
        const refused = await capsnet(['train', '--resume', out, ...flags]);
        expect(refused.stderr).toMatch(message);
        expect(refused.code).toBe(2);
      }
      const config = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')) as object;
      writeFileSync(join(out, 'config.json'), JSON.stringify({ ...config, model: 'cnn' }));
      const other = await capsnet(['train', '--resume', out]);
      expect(other.code).toBe(2);
      expect(other.stderr).toMatch(
        /state of another model \(efficient-capsnet\) than config\.json says \(cnn\)/,
      );
      expect((await capsnet(['train', '--resume', at('nowhere')])).stderr).toMatch(/nowhere.*cannot be read/);
      rmSync(join(out, 'config.json'));
      const without = await capsnet(['train', '--resume', out]);
      expect(without.code).toBe(2);
      expect(without.stderr).toMatch(/no run in .*again to go on with: it has no config\.json/);
    },
    minute,
  );

  it(
    'goes on to another end, and keeps it for the next time',
    async () => {
      const out = at('further');
      const small = [
        'train',
        '--dataset',
        'digits',
        '--limit-train',
        '64',
        '--limit-test',
        '20',
        '--augment',
      ];
      expect((await capsnet([...small, '--epochs', '1', '--out', out])).code).toBe(0);
      const further = [
        'train',
        '--resume',
        out,
        '--epochs',
        '3',
        '--refine',
        '0.4',
        '--stop-after',
        '0.0001',
      ];
      const stopped = await capsnet(further);
      expect(stopped.code, stopped.stderr).toBe(0);
      expect(stopped.stderr).toContain('augmented but for the last epoch');
      const config = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')) as object;
      const before = [{ epochs: 1, refine: 0, done: 1, step: 4 }];
      expect(config).toMatchObject({ epochs: 3, refine: 0.4, run: { before, tested: [1] } });
      const shortened = await capsnet(['train', '--resume', out, '--epochs', '2']);
      expect(shortened.code, shortened.stderr).toBe(0);
      expect(shortened.stdout).toContain('the test split was read 2 times');
      const ended = readFileSync(join(out, 'config.json'), 'utf8');
      const inSecond = { epochs: 3, refine: 0.4, done: 1, step: 5 };
      expect(JSON.parse(ended)).toMatchObject({
        ...{ epochs: 2, refine: 0.4 },
        run: { before: [...before, inSecond], tested: [1, 2] },
      });
      // Nothing follows that could be told.
      const again = await capsnet(['train', '--resume', out, '--refine', '0.5']);
      expect(again.code, again.stderr).toBe(0);
      expect(again.stdout + again.stderr).toContain('of 2');
      expect(readFileSync(join(out, 'config.json'), 'utf8')).toBe(ended);
    },
    minute,
  );

  it(
    'ends early when nothing gets better, and says which protocol chose',
    async () => {
      const out = at('early');
      const run = await capsnet([
        ...['train', '--dataset', 'digits', '--limit-train', '64', '--limit-test', '40', '--epochs', '40'],
        ...[
          '--lr',
          '1e-12',
          '--lr-min',
          '0',
          '--early-stop',
          '1',
          '--select',
          'best-on=test',
          '--out',
          out,
          '--json',
        ],
      ]);
      expect(run.code, run.stderr).toBe(0);
      const done = run.events().at(-1)!;
      expect(done).toMatchObject({ event: 'done', ending: 'early-stop', bestEpochOn: 'test' });
      expect(done['protocol']).toMatch(/protocol of the reference/);
      expect(done['epochs']).toBeLessThan(40);
      expect(run.events()[0]).toMatchObject({ event: 'epoch', valOn: 'test' });
    },
    minute,
  );
});
