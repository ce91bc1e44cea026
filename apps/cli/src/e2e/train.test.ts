import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { capsnet, temporaryFolder, type CliResult } from './cli.js';

const small = ['--dataset', 'digits', '--limit-train', '96', '--limit-test', '130', '--seed', '7'];
// A busy machine takes its time.
const minute = 180_000;

describe('capsnet train and test', () => {
  const folder = temporaryFolder();
  const run = join(folder.path, 'run');
  let trained: CliResult;

  beforeAll(async () => {
    const picture = join(run, 'reconstructions.png');
    trained = await capsnet([
      'train',
      ...small,
      '--epochs',
      '2',
      '--threads',
      '1',
      '--out',
      run,
      '--picture',
      picture,
      '--json',
    ]);
  }, minute);
  afterAll(() => folder.remove());

  it('ends well and prints one JSON object a line: the epochs, then the result', () => {
    expect(trained.stderr).not.toContain('capsnet:');
    expect(trained.code).toBe(0);
    const events = trained.events();
    expect(events.map(({ event }) => event)).toEqual(['epoch', 'epoch', 'done']);
    for (const epoch of events.slice(0, 2)) {
      for (const key of [
        'epoch',
        'loss',
        'accuracy',
        'valLoss',
        'valAccuracy',
        'imagesPerSecond',
        'seconds',
      ]) {
        expect(epoch[key], key).toBeTypeOf('number');
      }
    }
    const done = events[2] as { accuracy: number; error: number; count: number; misclassified: number };
    expect(done.count).toBe(130);
    expect(done.accuracy).toBeCloseTo(1 - done.error, 12);
    expect(done.misclassified).toBe(Math.round(done.error * 130));
  });

  it('learns: the loss of the second epoch is below that of the first', () => {
    const [first, second] = trained.events() as [{ loss: number }, { loss: number }];
    expect(second.loss).toBeLessThan(first.loss);
  });

  it('leaves weights, config, metrics and a picture, and no temporary files', () => {
    expect(
      readdirSync(run)
        .map((name) => name.replace(/\d{10}/, 'TIME'))
        .sort(),
    ).toEqual([
      'best.safetensors',
      'config.json',
      'events.out.tfevents.TIME.capsnet',
      'last',
      'last.safetensors',
      'metrics.jsonl',
      'reconstructions.png',
      'report.html',
      'result.json',
    ]);
    expect(readdirSync(join(run, 'last')).sort()).toEqual(['checkpoint.safetensors', 'previous.safetensors']);
    const metrics = readFileSync(join(run, 'metrics.jsonl'), 'utf8').trim().split('\n');
    expect(metrics.map((line) => (JSON.parse(line) as { epoch: number }).epoch)).toEqual([1, 2]);
    const config = JSON.parse(readFileSync(join(run, 'config.json'), 'utf8')) as Record<string, unknown>;
    expect(config).toMatchObject({
      model: 'efficient-capsnet',
      dataset: 'digits',
      seed: 7,
      augment: false,
      epochs: 2,
      batchSize: 16,
    });
    const picture = decode(readFileSync(join(run, 'reconstructions.png')));
    expect(picture.width).toBeGreaterThan(600);
    // Not one colour: something is drawn.
    expect(new Set(picture.data.subarray(0, 3 * picture.width * picture.height)).size).toBeGreaterThan(20);
  });

  it(
    'capsnet test repeats the accuracy to the last image, from the weights alone',
    async () => {
      const tested = await capsnet([
        'test',
        '--weights',
        join(run, 'best.safetensors'),
        '--limit-test',
        '130',
        '--json',
      ]);
      expect(tested.code).toBe(0);
      const [result] = tested.events() as {
        event: string;
        accuracy: number;
        count: number;
        misclassified: number;
        misclassifiedIndices: number[];
      }[];
      const done = trained.events().at(-1) as {
        accuracy: number;
        misclassifiedIndices: number[];
        loss: number;
      };
      expect(result).toMatchObject({
        event: 'test',
        count: 130,
        accuracy: done.accuracy,
        misclassifiedIndices: done.misclassifiedIndices,
        loss: done.loss,
      });
      expect(result!.misclassifiedIndices).toHaveLength(result!.misclassified);
    },
    minute,
  );

  it(
    'the same seed gives the same bytes again, and on two threads',
    async () => {
      const weights = async (threads: string, seed: string): Promise<Buffer> => {
        const out = join(folder.path, `again-${threads}-${seed}`);
        const again = await capsnet([
          'train',
          ...small,
          '--seed',
          seed,
          '--epochs',
          '1',
          '--threads',
          threads,
          '--out',
          out,
          '--json',
          '--quiet',
        ]);
        expect(again.code, again.stderr).toBe(0);
        expect(again.stderr).toBe('');
        return readFileSync(join(out, 'last.safetensors'));
      };
      const one = await weights('1', '7');
      expect((await weights('2', '7')).equals(one)).toBe(true);
      expect((await weights('1', '7')).equals(one)).toBe(true);
      expect((await weights('1', '8')).equals(one)).toBe(false);
    },
    2 * minute,
  );

  it(
    'refuses weights for images of another kind',
    async () => {
      const { writeIdx } = await import('./idx.js');
      const data = join(folder.path, 'mnist');
      writeIdx(data);
      const tested = await capsnet([
        'test',
        '--weights',
        join(run, 'last.safetensors'),
        '--dataset',
        'mnist',
        '--data-dir',
        data,
        '--json',
      ]);
      expect(tested.code).toBe(0);
      expect(tested.stderr).toContain('trained on digits and are tested on mnist');
    },
    minute,
  );
});

describe('capsnet train, when it does not go well', () => {
  const folder = temporaryFolder();
  afterAll(() => folder.remove());

  it(
    'stops at a loss that is not finite, names step and tensor, keeps the last good weights, ends with 1',
    async () => {
      const out = join(folder.path, 'diverged');
      const run = await capsnet(['train', ...small, '--epochs', '3', '--lr', '1e30', '--out', out, '--json']);
      expect(run.code).toBe(1);
      const last = run.stderr.trimEnd().split('\n').at(-1)!;
      expect(last).toMatch(/not finite .*at step \d+/);
      expect(last).toContain(join(out, 'last.safetensors'));
      expect(run.stderr).not.toMatch(/\bat .*:\d+:\d+/);
      const tested = await capsnet([
        'test',
        '--weights',
        join(out, 'last.safetensors'),
        '--limit-test',
        '20',
        '--json',
      ]);
      expect(tested.code).toBe(0);
    },
    minute,
  );

  it(
    'Ctrl-C keeps the weights so far, says where, and ends with 130',
    async () => {
      const out = join(folder.path, 'interrupted');
      let signalled = false;
      const run = await capsnet(
        [
          'train',
          '--dataset',
          'digits',
          '--limit-test',
          '20',
          '--limit-train',
          '20000',
          '--epochs',
          '50',
          '--out',
          out,
        ],
        {
          onError(text, signal) {
            // The first line of progress: training is under way.
            if (!signalled && /epoch 1\/50 {2}\d+ %/.test(text)) {
              signalled = true;
              signal('SIGINT');
            }
          },
        },
      );
      expect(run.code).toBe(130);
      expect(run.stderr.trimEnd().split('\n').at(-1)).toMatch(
        /^capsnet: stopped in epoch 1 of 50 after \d+ steps; .*last\.safetensors\. Go on with: capsnet train --resume .*interrupted$/,
      );
      const tested = await capsnet([
        'test',
        '--weights',
        join(out, 'last.safetensors'),
        '--limit-test',
        '20',
        '--json',
      ]);
      expect(tested.code).toBe(0);
    },
    minute,
  );

  it(
    'a second signal stops at once with 130, and what is there is whole',
    async () => {
      const out = join(folder.path, 'at-once');
      let signalled = false;
      const run = await capsnet(
        [
          ...['train', '--dataset', 'digits', '--limit-test', '20', '--limit-train', '20000'],
          ...['--epochs', '50', '--save-every', '1', '--out', out],
        ],
        {
          onError(text, signal) {
            if (signalled || !/epoch 1\/50 {2}\d+ %/.test(text)) return;
            signalled = true;
            // Two of one kind might be taken for one.
            signal('SIGINT');
            signal('SIGTERM');
          },
        },
      );
      expect(run.code).toBe(130);
      expect(run.stderr).toContain('Stopping after this step');
      // It did not wait to write anything more.
      expect(run.stderr).not.toContain('Go on with');
      expect(readdirSync(out)).not.toContain('run.lock');
      const resumed = await capsnet(['train', '--resume', out, '--stop-after', '0.001']);
      expect(resumed.stderr).toMatch(/going on in epoch 1 after \d+ step/);
      expect(resumed.stderr).toMatch(/the time was up in the first epoch/);
      expect(resumed.code).toBe(1);
      expect(readdirSync(join(out, 'last')).filter((name) => name.startsWith('.'))).toEqual([]);
    },
    4 * minute,
  );
});
