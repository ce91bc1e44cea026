/** Runs beside each other as a page: a table, what differs, and learning curves over each other. */
import { duration, percent, plural } from '../output/format.js';
import { lineChart, type LineChart } from '../reports/chart.js';
import type { Html } from '../reports/html.js';
import { charts, dataTable, page, section } from '../reports/page.js';
import { bestEpoch, secondsOf, type RecordedRun } from '../runs/read-run.js';
import type { EpochEvent } from '../training/report.js';
import { differing, distinctNames, showSetting } from './differences.js';

/** The whole file. */
export function comparisonPage(runs: readonly RecordedRun[]): string {
  const names = distinctNames(runs);
  const settings = differing(runs);
  const curve = (
    title: string,
    value: (epoch: EpochEvent) => number,
    how: Pick<LineChart, 'kind' | 'scale' | 'note'> = {},
  ): Html =>
    lineChart({
      title,
      x: 'epoch',
      group: 'epochs',
      series: runs.map(({ epochs }, index) => ({
        name: names[index]!,
        points: epochs.map((epoch) => [epoch.epoch, value(epoch)] as const),
      })),
      ...how,
    });
  const chosenOn = [
    ...new Set(runs.flatMap(({ epochs }) => epochs.slice(0, 1).map(({ valOn }) => valOn))),
  ].join(' or ');
  return page({
    title: `${plural(runs.length, 'run')} compared`,
    kicker: 'capsnet compare',
    lead: names.join(', '),
    body: [
      section(
        'Results',
        dataTable(
          [
            { title: 'run' },
            { title: 'model' },
            { title: 'data set' },
            { title: 'epochs', number: true },
            { title: 'best epoch', number: true },
            { title: `accuracy on ${chosenOn || 'validation'}`, number: true },
            { title: 'test accuracy', number: true },
            { title: 'test error', number: true },
            { title: 'time', number: true },
          ],
          runs.map((run, index) => rowOf(run, names[index]!)),
        ),
        'Runs that have not ended have no test yet: the test split is read at the end, with the best weights.',
      ),
      ...(settings.length === 0
        ? []
        : [
            section(
              'What differs',
              dataTable(
                [{ title: 'run' }, ...settings.map((name) => ({ title: name }))],
                runs.map((run, index) => [
                  names[index]!,
                  ...settings.map((name) => showSetting(run.settings[name])),
                ]),
              ),
            ),
          ]),
      section(
        'Learning curves',
        charts([
          curve('Accuracy', ({ valAccuracy }) => valAccuracy, {
            kind: 'percent',
            scale: 'linear',
            note: `on the ${chosenOn || 'validation'} split, after each epoch`,
          }),
          curve('Error', ({ valAccuracy }) => 1 - valAccuracy, {
            kind: 'percent',
            scale: 'log',
            note: `on the ${chosenOn || 'validation'} split`,
          }),
          curve('Loss', ({ valLoss }) => valLoss, { note: `on the ${chosenOn || 'validation'} split` }),
          curve('Training loss', ({ loss }) => loss),
          curve('Training accuracy', ({ accuracy }) => accuracy, { kind: 'percent', scale: 'linear' }),
          curve('Learning rate', ({ learningRate }) => learningRate, { scale: 'linear' }),
        ]),
      ),
    ],
  });
}

function rowOf(run: RecordedRun, name: string): string[] {
  const { settings, epochs, result } = run;
  const best = bestEpoch(run);
  return [
    name,
    String(settings.model),
    String(settings.dataset),
    String(epochs.length),
    best ? String(best.epoch) : '',
    best ? percent(best.valAccuracy) : '',
    result ? percent(result.test.accuracy) : '',
    result ? percent(result.test.error) : '',
    duration(secondsOf(run)),
  ];
}
