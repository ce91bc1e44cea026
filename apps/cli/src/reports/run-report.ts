/** `report.html` of a run: how it goes, and at the end how it went. */
import { count, duration, percent, plural } from '../output/format.js';
import { settingNames, settingOf, type GivenSettings } from '../settings/table.js';
import type { EpochEvent } from '../training/report.js';
import type { Best } from '../training/run.js';
import { lineChart, type Series } from './chart.js';
import { html, type Content, type Html } from './html.js';
import { charts, definitions, page, section, tiles, type Tile } from './page.js';

export interface RunReport {
  readonly modelName: string;
  readonly datasetName: string;
  /** `capsnet train ...` has said so; see `protocolOf`. */
  readonly protocol: string;
  readonly settings: GivenSettings;
  readonly epochsWanted: number;
  /** Of all sittings. */
  readonly epochs: readonly EpochEvent[];
  /** Losses between the epochs' ends: (step, mean over some batches). */
  readonly batches: readonly (readonly [step: number, loss: number])[];
  readonly best: Best;
  /** Facts that are no settings: what it runs on, how many images there are. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** When the run has ended: the figures of the test, and why it ended. */
  readonly result?: { readonly tiles: readonly Tile[]; readonly ending: string };
  /** Mistakes, confusion, reconstructions: see `resultSections`. */
  readonly results: readonly Html[];
}

/** The page. */
export function runReport(report: RunReport): string {
  const { modelName, datasetName, protocol, epochs, epochsWanted, result, results } = report;
  const last = epochs.at(-1);
  const status =
    result?.ending ??
    (last ? `epoch ${last.epoch} of ${epochsWanted} is done` : 'the first epoch is under way');
  return page({
    title: `${modelName} on ${datasetName}`,
    kicker: result ? 'Training run' : `Training run: ${status}`,
    lead: html`${sentence(protocol)}${result && html` ${sentence(result.ending)}`}`,
    body: [
      tiles(headFigures(report)),
      section('Learning curves', charts(curves(report))),
      ...results,
      section('Settings', definitions([...settingEntries(report.settings), ...report.facts])),
    ] satisfies Content,
  });
}

const sentence = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}.`;

function headFigures({ epochs, epochsWanted, best, result }: RunReport): readonly Tile[] {
  const last = epochs.at(-1);
  const split = last?.valOn ?? 'validation';
  const seconds = epochs.reduce((sum, epoch) => sum + epoch.seconds + epoch.valSeconds, 0);
  const speed = epochs.reduce((sum, { imagesPerSecond }) => sum + imagesPerSecond, 0) / epochs.length;
  const chosen: Tile = {
    label: 'Best epoch',
    value: `${best.epoch}`,
    note: `${percent(best.accuracy)} on the ${split} split`,
  };
  const time: Tile = {
    label: 'Time',
    value: duration(seconds),
    note: `${plural(epochs.length, 'epoch')}, ${count(speed)} images/s`,
  };
  if (result) return [...result.tiles, chosen, time];
  return [
    {
      label: `Best accuracy on ${split}`,
      value: percent(best.accuracy),
      note: `epoch ${best.epoch}`,
      main: true,
    },
    {
      label: 'Latest epoch',
      value: `${last?.epoch ?? 0} of ${epochsWanted}`,
      ...(last ? { note: `${percent(last.valAccuracy)} on the ${split} split` } : {}),
    },
    time,
  ];
}

function curves({ epochs, batches, best }: RunReport): readonly Html[] {
  const split = epochs.at(-1)?.valOn ?? 'validation';
  const of = (value: (epoch: EpochEvent) => number): Series['points'] =>
    epochs.map((epoch) => [epoch.epoch, value(epoch)]);
  const both = (training: (epoch: EpochEvent) => number, tested: (epoch: EpochEvent) => number): Series[] => [
    { name: 'training', points: of(training) },
    { name: split, points: of(tested) },
  ];
  const byEpoch = {
    x: 'epoch',
    group: 'epochs',
    ...(epochs.length > 1 ? { mark: { x: best.epoch, text: 'best' } } : {}),
  };
  return [
    lineChart({
      ...byEpoch,
      title: 'Loss',
      series: both(
        ({ loss }) => loss,
        ({ valLoss }) => valLoss,
      ),
    }),
    lineChart({
      ...byEpoch,
      title: 'Accuracy',
      kind: 'percent',
      scale: 'linear',
      series: both(
        ({ accuracy }) => accuracy,
        ({ valAccuracy }) => valAccuracy,
      ),
    }),
    lineChart({
      ...byEpoch,
      title: 'Error',
      kind: 'percent',
      scale: 'log',
      series: both(
        ({ accuracy }) => 1 - accuracy,
        ({ valAccuracy }) => 1 - valAccuracy,
      ),
    }),
    lineChart({
      title: 'Loss while training',
      x: 'step',
      series: [{ name: 'mean of some batches', points: batches }],
    }),
    lineChart({
      ...byEpoch,
      title: 'Parts of the training loss',
      series: [
        { name: 'classification', points: of(({ margin }) => margin), colour: 2 },
        { name: 'reconstruction', points: of(({ reconstruction }) => reconstruction), colour: 3 },
      ],
    }),
    lineChart({
      ...byEpoch,
      title: 'Learning rate',
      scale: 'linear',
      series: [
        { name: 'at the end of the epoch', points: of(({ learningRate }) => learningRate), colour: 5 },
      ],
    }),
  ];
}

/** Settings by the names of their flags, for people: `batch size`. */
const settingEntries = (settings: GivenSettings): readonly (readonly [string, string])[] =>
  settingNames.flatMap((name) => {
    const value = settings[name];
    if (value === undefined) return [];
    const label = settingOf(name).flag.split(' ')[0]!.replace(/^--/, '').replaceAll('-', ' ');
    const shown = typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
    return [[label, shown] as const];
  });
