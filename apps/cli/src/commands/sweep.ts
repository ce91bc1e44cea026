/**
 * `capsnet sweep`: many runs from one file, and which of them is best. Each is a run like any other, in a folder of its own, so that whatever ends a sweep, the next
 * one goes on from there.
 */
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { exitCodes, FailedRun, Interrupted, UserError } from '../errors.js';
import { listenForInterruption } from '../interruption.js';
import { prepareDirectory } from '../options/output-directory.js';
import { createConsole, type Console } from '../output/console.js';
import { percent, plural, typed } from '../output/format.js';
import { emit } from '../output/json.js';
import { createProgress } from '../output/progress.js';
import type { SweepFlags } from '../sweep/flags.js';
import { createLauncher } from '../sweep/launcher.js';
import { readSweep, showVaried } from '../sweep/plan.js';
import { ranked, rankingTable, type RankedRun } from '../sweep/ranking.js';
import { epochsDone, sweep as begin, type RunEnd, type SweptRun } from '../sweep/runs.js';

/** Runs the command. */
export async function sweep(file: string, flags: SweepFlags): Promise<void> {
  const console = createConsole({ quiet: flags.quiet === true });
  const out = flags.out ?? join('runs', basename(file).replace(/\.json$/i, ''));
  const runs = readSweep(file).runs.map((run): SweptRun => ({ ...run, directory: join(out, run.name) }));
  if (flags.dryRun) {
    announceOnly(console, flags, runs);
    return;
  }
  if (flags.sbatch && flags.launcher !== 'slurm')
    throw new UserError('--sbatch is for --launcher slurm: other launchers do not submit. Leave it out.');
  prepareDirectory('--out', out);
  const again = [
    ...['capsnet sweep', typed(file), '--out', typed(out)],
    ...(flags.jobs === undefined ? [] : [`--jobs ${flags.jobs}`]),
    ...(flags.launcher === 'local' ? [] : [`--launcher ${flags.launcher}`]),
    ...(flags.sbatch ? ['--sbatch', `"${flags.sbatch.join(' ')}"`] : []),
  ].join(' ');
  const ends = await train(console, flags, runs, out, again);
  report(console, flags, runs, ends, again);
}

function announceOnly(console: Console, flags: SweepFlags, runs: readonly SweptRun[]): void {
  for (const run of runs) {
    const { name, directory, settings, varied, epochs } = run;
    const done = epochsDone(run);
    if (flags.json)
      emit(console, { event: 'planned', name, directory, settings, varied, epochs, epochsDone: done });
    else console.result(`${directory}  ${showVaried(varied)}  ${done} of ${plural(epochs, 'epoch')} done\n`);
  }
}

async function train(
  console: Console,
  flags: SweepFlags,
  runs: readonly SweptRun[],
  out: string,
  again: string,
): Promise<readonly RunEnd[]> {
  const progress = createProgress(console);
  const say = (line: string): void => {
    progress.clear();
    console.note(line);
  };
  const { jobs: atOnce, sbatch: submitOptions = [] } = flags;
  const launcher = createLauncher(flags.launcher, { directory: out, jobs: atOnce, submitOptions, say });
  const started = performance.now();
  const total = runs.reduce((sum, { epochs }) => sum + epochs, 0);
  const doneOf = new Map(runs.map((run) => [run, epochsDone(run)]));
  const doneBefore = [...doneOf.values()].reduce((sum, done) => sum + done, 0);
  const rates = new Map<SweptRun, number>();
  let ended = 0;
  let best = 0;
  const show = (): void => {
    const done = [...doneOf.values()].reduce((sum, one) => sum + one, 0);
    const pace = (performance.now() - started) / 1000 / Math.max(1, done - doneBefore);
    progress.report({
      label: `${ended}/${runs.length} runs`,
      done,
      total,
      imagesPerSecond: [...rates.values()].reduce((sum, rate) => sum + rate, 0),
      secondsLeft: done > doneBefore ? (total - done) * pace : Infinity,
      ...(best > 0 ? { accuracy: best } : {}),
    });
  };
  const { name } = launcher;
  const jobs = flags.jobs ?? 1;
  console.note(
    `${plural(runs.length, 'run')} in ${out}, ${launcher.queues && flags.jobs === undefined ? '' : `${jobs} at once, `}launcher ${name}`,
  );
  // Byte for byte the same with any number of threads: they are divided among the runs.
  const share =
    jobs > 1 && !launcher.queues ? Math.max(1, Math.floor(availableParallelism() / jobs)) : undefined;
  const sweeping = begin(runs, {
    launcher,
    jobs: launcher.queues ? runs.length : jobs,
    threads: runs[0]?.settings.threads === undefined ? share : undefined,
    onStart: (run, resumed) => say(`${resumed ? 'going on' : 'starting'}: ${showVaried(run.varied)}`),
    onWait: (run, writer) => say(`waiting for ${writer}, which is at work on ${run.directory}`),
    onEpoch(run, { epoch, valAccuracy, imagesPerSecond }) {
      doneOf.set(run, epoch);
      rates.set(run, imagesPerSecond);
      best = Math.max(best, valAccuracy);
      show();
    },
    onEnd(run, end) {
      rates.delete(run);
      if (end.state === 'stopped') return;
      ended += 1;
      doneOf.set(run, run.epochs);
      if (end.state === 'failed') say(`failed: ${showVaried(run.varied)}: ${end.reason}`);
      else if (end.fresh) say(`done: ${showVaried(run.varied)}: ${scores(end)}`);
      if (end.state === 'done') best = Math.max(best, end.run.result!.best.accuracy);
      if (flags.json)
        emit(console, { event: 'run', name: run.name, directory: run.directory, ...eventOf(end) });
      show();
    },
  });
  const interruption = listenForInterruption(
    () => {
      say('Stopping after these steps ... (Ctrl-C again stops at once)');
      sweeping.stop();
    },
    () => {
      progress.clear();
      sweeping.stop();
    },
  );
  // A terminal that is closed: what runs on this machine keeps its state; what is in a queue goes on.
  const hangUp = (): void => (launcher.queues ? process.exit(exitCodes.interrupted) : sweeping.stop());
  process.on('SIGHUP', hangUp);
  try {
    const ends = await sweeping.ended;
    if (ends.some(({ state }) => state === 'stopped')) {
      throw new Interrupted(
        `stopped: ${ends.filter(({ state }) => state === 'done').length} of ${plural(runs.length, 'run')} are done. Go on with: ${again}`,
      );
    }
    return ends;
  } finally {
    progress.clear();
    interruption.release();
    process.off('SIGHUP', hangUp);
  }
}

function scores({ run }: Extract<RunEnd, { state: 'done' }>): string {
  const { best, bestOn, test } = run.result!;
  const chosen = `${percent(best.accuracy)} on ${bestOn} (epoch ${best.epoch})`;
  return bestOn === 'test' ? chosen : `${chosen}, ${percent(test.accuracy)} on test`;
}

function eventOf(end: RunEnd): Readonly<Record<string, unknown>> {
  if (end.state === 'done') return { state: 'done', fresh: end.fresh, ...end.run.result };
  return end.state === 'failed' ? { state: 'failed', reason: end.reason } : { state: 'stopped' };
}

/** @throws FailedRun when a run has failed, after the ranking of the others */
function report(
  console: Console,
  flags: SweepFlags,
  runs: readonly SweptRun[],
  ends: readonly RunEnd[],
  again: string,
): void {
  const order = ranked(
    ends.flatMap((end, index): RankedRun[] =>
      end.state === 'done' ? [{ planned: runs[index]!, run: end.run, result: end.run.result! }] : [],
    ),
  );
  const failed = runs.flatMap((run, index) => {
    const end = ends[index]!;
    return end.state === 'failed' ? [{ name: run.name, directory: run.directory, reason: end.reason }] : [];
  });
  if (flags.json) {
    emit(console, {
      event: 'done',
      ranking: order.map(({ planned, run, result }, index) => ({
        rank: index + 1,
        name: planned.name,
        directory: run.directory,
        varied: planned.varied,
        bestOn: result.bestOn,
        best: result.best,
        test: result.test,
      })),
      failed,
    });
  } else if (order.length > 0) {
    const first = order[0]!;
    console.result(
      [
        ...rankingTable(order),
        '',
        `Best:    ${join(first.run.directory, 'best.safetensors')}`,
        `Compare: capsnet compare ${join(first.run.directory, '..', '*')} --report compare.html`,
        '',
      ].join('\n'),
    );
  }
  if (failed.length > 0) {
    const [{ name, reason }] = failed as [(typeof failed)[0]];
    throw new FailedRun(
      `${failed.length} of ${plural(runs.length, 'run')} failed, the first is ${name}: ${reason} (Once more what failed, and only that: ${again})`,
    );
  }
}
