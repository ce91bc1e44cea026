/** `capsnet compare`: runs beside each other, as a table and as a page of learning curves. */
import { comparisonPage } from '../compare/report.js';
import { differing, distinctNames, showSetting } from '../compare/differences.js';
import type { CompareFlags } from '../compare/flags.js';
import { checkOutput, writeOutput } from '../inspect/output.js';
import { createConsole } from '../output/console.js';
import { duration, percent } from '../output/format.js';
import { emit } from '../output/json.js';
import { table } from '../output/table.js';
import { bestEpoch, readRun, runFolders, secondsOf, type RecordedRun } from '../runs/read-run.js';

/** Runs the command. */
export async function compare(directories: readonly string[], flags: CompareFlags): Promise<void> {
  const console = createConsole();
  if (flags.report !== undefined) checkOutput('--report', flags.report, '.html');
  const runs = directories.flatMap(runFolders).map((directory) => readRun('capsnet compare', directory));
  if (flags.report !== undefined) writeOutput(flags.report, comparisonPage(runs));
  if (flags.json) {
    for (const run of runs) emit(console, { event: 'run', ...eventOf(run) });
    emit(console, {
      event: 'done',
      runs: runs.length,
      differing: differing(runs),
      ...(flags.report === undefined ? {} : { report: flags.report }),
    });
    return;
  }
  const names = distinctNames(runs);
  const settings = differing(runs);
  const lines = table(
    [
      { title: 'run' },
      { title: 'epochs', align: 'right' },
      { title: 'best', align: 'right' },
      { title: 'chosen on', align: 'right' },
      { title: 'test', align: 'right' },
      { title: 'time', align: 'right' },
      ...settings.map((title) => ({ title })),
    ],
    runs.map((run, index) => {
      const best = bestEpoch(run);
      return [
        names[index]!,
        `${run.epochs.length}/${run.settings.epochs ?? '?'}`,
        best ? String(best.epoch) : '',
        best ? `${percent(best.valAccuracy)} ${best.valOn === 'test' ? 'test' : 'val.'}` : '',
        run.result ? percent(run.result.test.accuracy) : '',
        duration(secondsOf(run)),
        ...settings.map((name) => showSetting(run.settings[name])),
      ];
    }),
  );
  const report = flags.report === undefined ? [] : ['', `Report: ${flags.report}`];
  console.result([...lines, ...report, ''].join('\n'));
}

function eventOf(run: RecordedRun): Readonly<Record<string, unknown>> {
  const best = bestEpoch(run);
  return {
    directory: run.directory,
    settings: run.settings,
    epochs: run.epochs.length,
    ended: run.result !== undefined,
    ...(best
      ? { bestEpoch: best.epoch, bestAccuracy: best.valAccuracy, bestLoss: best.valLoss, bestOn: best.valOn }
      : {}),
    ...(run.result ? { test: run.result.test, protocol: run.result.protocol } : {}),
    seconds: secondsOf(run),
  };
}
