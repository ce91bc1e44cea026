/** The runs of a sweep, one after another or several at once: those that have ended stay as they are, those that were begun go on, the rest is started. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Event } from '../output/json.js';
import { writerOf } from '../runs/lock.js';
import { readEpochs, readRun, type RecordedRun } from '../runs/read-run.js';
import { readResult } from '../training/result.js';
import type { EpochEvent } from '../training/report.js';
import type { Launcher, Running } from './launcher.js';
import { flagsOf, type PlannedRun } from './plan.js';

export interface SweptRun extends PlannedRun {
  readonly directory: string;
}

/** How a run stands. */
export type RunEnd =
  | { readonly state: 'done'; readonly run: RecordedRun; readonly fresh: boolean }
  /** Why, as a sentence. */
  | { readonly state: 'failed'; readonly reason: string }
  /** Because somebody asked to. */
  | { readonly state: 'stopped' };

export interface SweepOptions {
  readonly launcher: Launcher;
  /** Runs at once. */
  readonly jobs: number;
  /** Threads of each; undefined leaves it to the settings. */
  readonly threads: number | undefined;
  readonly onStart?: (run: SweptRun, resumed: boolean) => void;
  /** Another process is at work on the run, which is waited for. */
  readonly onWait?: (run: SweptRun, writer: string) => void;
  readonly onEpoch?: (run: SweptRun, epoch: EpochEvent) => void;
  readonly onEnd?: (run: SweptRun, end: RunEnd) => void;
}

export interface Sweeping {
  /** How every run stands at the end, in the order of the plan. */
  readonly ended: Promise<readonly RunEnd[]>;
  /** Starts nothing more and asks what runs to keep its state and end; the second time at once. */
  stop(): void;
}

/** Milliseconds between looks at a run that another process works on. */
const patience = 500;

/** Epochs of a run that are complete. */
export const epochsDone = ({ directory, epochs }: SweptRun): number =>
  readResult(directory)?.complete === true ? epochs : readEpochs('capsnet sweep', directory).length;

/** Begins. */
export function sweep(runs: readonly SweptRun[], options: SweepOptions): Sweeping {
  const { launcher, jobs, threads, onStart, onWait, onEpoch, onEnd } = options;
  const working = new Set<Running>();
  let stopping = false;
  const ends: RunEnd[] = runs.map(() => ({ state: 'stopped' }));

  const finished = (run: SweptRun, fresh: boolean): RunEnd | undefined =>
    readResult(run.directory)?.complete === true
      ? { state: 'done', run: readRun('capsnet sweep', run.directory), fresh }
      : undefined;

  async function one(run: SweptRun): Promise<RunEnd> {
    // What a sweep that was killed has left behind may still be at work. (In a queue the launcher finds it, wherever it is.)
    let told = false;
    const writer = (): string | undefined => (launcher.queues ? undefined : writerOf(run.directory));
    for (let at = writer(); at !== undefined && !stopping; at = writer()) {
      if (!told) onWait?.(run, at);
      told = true;
      await new Promise((resolve) => setTimeout(resolve, patience));
    }
    const known = finished(run, false);
    if (known) return known;
    if (stopping) return { state: 'stopped' };
    const resumed = existsSync(join(run.directory, 'config.json'));
    const args = [
      'train',
      ...(resumed ? ['--resume', run.directory] : [...flagsOf(run.settings), '--out', run.directory]),
      ...(threads === undefined ? [] : ['--threads', String(threads)]),
      ...['--json', '--quiet'],
    ];
    onStart?.(run, resumed);
    const job = launcher.start({ name: run.name, args }, (event: Event) => {
      if (event.event === 'epoch') onEpoch?.(run, event as EpochEvent);
    });
    working.add(job);
    const { code, words } = await job.ended;
    working.delete(job);
    const done = code === 0 ? finished(run, true) : undefined;
    if (done) return done;
    if (stopping) return { state: 'stopped' };
    const last = words
      .split('\n')
      .at(-1)!
      .replace(/^capsnet: /, '');
    return {
      state: 'failed',
      reason: last !== '' ? last : code === null ? 'a signal ended it' : `it ended with exit code ${code}`,
    };
  }

  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < runs.length && !stopping) {
      const place = next++;
      const run = runs[place]!;
      ends[place] = await one(run);
      onEnd?.(run, ends[place]);
    }
  };
  const workers = Array.from({ length: Math.min(jobs, runs.length) }, worker);
  return {
    ended: Promise.all(workers).then(() => ends),
    stop() {
      stopping = true;
      for (const job of working) job.stop();
    },
  };
}
