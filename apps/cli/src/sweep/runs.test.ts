import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockRun } from '../runs/lock.js';
import type { Job, JobEnd, Launcher } from './launcher.js';
import { ranked, rankingTable, type RankedRun } from './ranking.js';
import { sweep, type RunEnd, type SweptRun } from './runs.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'capsnet-swept-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const run = (lr: number): SweptRun => ({
  name: `lr-${lr}`,
  directory: join(folder, `lr-${lr}`),
  settings: { lr, epochs: 1 },
  varied: { lr },
  epochs: 1,
});

/** What a training leaves behind. */
function leave(directory: string, accuracy: number | undefined): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'config.json'), '{"epochs": 1}');
  if (accuracy === undefined) return;
  const result = {
    ending: 'epochs',
    complete: true,
    epochs: 1,
    best: { epoch: 1, accuracy, loss: 1 - accuracy },
    bestOn: 'validation',
    test: { accuracy },
  };
  writeFileSync(join(directory, 'result.json'), JSON.stringify(result));
}

/** A launcher that plays trainings: each ends as `play` says, when somebody lets it. */
function playing(play: (job: Job) => JobEnd | undefined) {
  const jobs: Job[] = [];
  let atOnce = 0;
  let most = 0;
  const launcher: Launcher = {
    name: 'playing',
    queues: false,
    start(job) {
      jobs.push(job);
      most = Math.max(most, ++atOnce);
      let stop = (): void => undefined;
      const ended = new Promise<JobEnd>((resolve) => {
        stop = () => resolve({ code: 130, words: 'capsnet: stopped' });
        const end = play(job);
        if (end) setTimeout(() => resolve(end), 5);
      }).finally(() => atOnce--);
      return { ended, stop: () => stop() };
    },
  };
  return { launcher, jobs, most: () => most };
}

const directoryOf = ({ args }: Job): string =>
  args[Math.max(args.indexOf('--out'), args.indexOf('--resume')) + 1]!;
const succeeds = (job: Job): JobEnd => {
  leave(directoryOf(job), 0.5);
  return { code: 0, words: '' };
};
const states = (ends: readonly RunEnd[]): string[] => ends.map(({ state }) => state);

describe('sweep', () => {
  it('leaves what has ended, goes on with what was begun, starts the rest', async () => {
    const runs = [run(1), run(2), run(3)];
    leave(runs[0]!.directory, 0.9);
    leave(runs[1]!.directory, undefined);
    const { launcher, jobs } = playing(succeeds);
    const ends = await sweep(runs, { launcher, jobs: 1, threads: 2 }).ended;
    expect(states(ends)).toEqual(['done', 'done', 'done']);
    expect(jobs.map(({ args }) => args)).toEqual([
      ['train', '--resume', runs[1]!.directory, '--threads', '2', '--json', '--quiet'],
      [
        ...['train', '--epochs', '1', '--lr', '3', '--out', runs[2]!.directory],
        ...['--threads', '2', '--json', '--quiet'],
      ],
    ]);
  });

  it('has as many at once as asked for, and goes on after one that fails', async () => {
    const runs = [1, 2, 3, 4, 5].map(run);
    const { launcher, most } = playing((job) =>
      job.name === 'lr-2'
        ? { code: 1, words: 'a note\ncapsnet: loss is not finite.' }
        : job.name === 'lr-4'
          ? { code: null, words: '' }
          : succeeds(job),
    );
    const ends = await sweep(runs, { launcher, jobs: 2, threads: undefined }).ended;
    expect(most()).toBe(2);
    expect(states(ends)).toEqual(['done', 'failed', 'done', 'failed', 'done']);
    expect(ends[1]).toMatchObject({ reason: 'loss is not finite.' });
    expect(ends[3]).toMatchObject({ reason: 'a signal ended it' });
  });

  it('stops what runs and starts nothing more', async () => {
    const runs = [1, 2, 3].map(run);
    const { launcher, jobs } = playing(() => undefined);
    const sweeping = sweep(runs, { launcher, jobs: 2, threads: undefined });
    await new Promise((resolve) => setTimeout(resolve, 20));
    sweeping.stop();
    expect(states(await sweeping.ended)).toEqual(['stopped', 'stopped', 'stopped']);
    expect(jobs).toHaveLength(2);
  });

  it('waits for a process that is at work on a run', async () => {
    const runs = [run(1)];
    mkdirSync(runs[0]!.directory);
    const unlock = lockRun('--out', runs[0]!.directory);
    const waits: string[] = [];
    const { launcher, jobs } = playing(succeeds);
    const { ended } = sweep(runs, {
      launcher,
      jobs: 1,
      threads: undefined,
      onWait: (_, writer) => waits.push(writer),
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([waits, jobs]).toEqual([[`process ${process.pid}`], []]);
    leave(runs[0]!.directory, 0.5);
    unlock();
    expect(await ended).toMatchObject([{ state: 'done', fresh: false }]);
    expect(jobs).toEqual([]);
  });
});

describe('ranking', () => {
  const one = (lr: number, accuracy: number, loss: number): RankedRun => ({
    planned: run(lr),
    run: { directory: 'x', name: 'x', settings: {}, epochs: [], result: undefined },
    result: {
      ending: 'epochs',
      complete: true,
      epochs: 3,
      best: { epoch: 2, accuracy, loss },
      bestOn: 'validation',
      protocol: '',
      // The test must not decide: it is the other way round.
      test: { accuracy: 1 - accuracy, error: accuracy, loss, count: 10, misclassified: 1 },
    },
  });

  it('goes by the split that chose, then by the loss', () => {
    const order = ranked([one(1, 0.5, 1), one(2, 0.9, 3), one(3, 0.9, 2)]);
    expect(order.map(({ planned }) => planned.settings.lr)).toEqual([3, 2, 1]);
    expect(rankingTable(order).at(-1)).toMatch(/^3 {2}lr 1 +2\/3 +50\.00 % +50\.00 % +0 s$/);
  });
});
