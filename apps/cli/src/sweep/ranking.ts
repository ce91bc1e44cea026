/** Runs in the order of their scores. */
import { duration, percent } from '../output/format.js';
import { table } from '../output/table.js';
import { secondsOf, type RecordedRun } from '../runs/read-run.js';
import type { RunResult } from '../training/result.js';
import { showVaried, type PlannedRun } from './plan.js';

export interface RankedRun {
  readonly planned: PlannedRun;
  readonly run: RecordedRun;
  readonly result: RunResult;
}

/** The better ones first: by the split that chose each run's best epoch, right answers, then the lower loss. The test split decides nothing unless it chose. */
export const ranked = (runs: readonly RankedRun[]): RankedRun[] =>
  [...runs].sort(
    ({ result: { best: one } }, { result: { best: other } }) =>
      other.accuracy - one.accuracy || one.loss - other.loss,
  );

/** The ranking as lines of text. */
export const rankingTable = (runs: readonly RankedRun[]): string[] =>
  table(
    [
      { title: '#', align: 'right' },
      { title: 'settings' },
      { title: 'epoch', align: 'right' },
      { title: runs[0]?.result.bestOn === 'test' ? 'best (on test)' : 'validation', align: 'right' },
      { title: 'test', align: 'right' },
      { title: 'time', align: 'right' },
    ],
    runs.map(({ planned, run, result }, index) => [
      String(index + 1),
      showVaried(planned.varied),
      `${result.best.epoch}/${result.epochs}`,
      percent(result.best.accuracy),
      percent(result.test.accuracy),
      duration(secondsOf(run)),
    ]),
  );
