/** `config.json`: everything that is needed to repeat a run, in the form that `--config` reads, and under `run` what it ran on. */
import type { Model } from '@capsnet/capsules';
import type { Backend } from '@capsnet/tensor';
import type { ExampleSet } from '../data/examples.js';
import { schemaLocation } from '../settings/file.js';
import { recordedSettings, type TrainSettings } from '../settings/settings.js';

export interface ConfigParts {
  readonly version: string;
  readonly settings: TrainSettings;
  readonly model: Model;
  readonly training: ExampleSet;
  readonly validation: ExampleSet | undefined;
  readonly testing: ExampleSet;
  readonly backend: Backend;
  /** Processes that train together. */
  readonly processes?: number | undefined;
}

export const runConfig = ({
  version,
  settings,
  model,
  training,
  validation,
  testing,
  backend,
  processes,
}: ConfigParts) => ({
  $schema: schemaLocation,
  ...recordedSettings(settings),
  run: {
    capsnet: version,
    started: new Date().toISOString(),
    // `batchSize` above is the batch of all of them together.
    ...(processes === undefined ? {} : { processes }),
    protocol: protocolOf(validation),
    tested: [] as readonly number[],
    model: model.description,
    data: {
      trainImages: training.count,
      validationImages: validation?.count ?? 0,
      testImages: testing.count,
      shape: training.shape,
      trainRecipe: training.recipe,
      testRecipe: testing.recipe,
    },
    machine: {
      node: process.versions.node,
      platform: `${process.platform} ${process.arch}`,
      backend: backend.description,
    },
  },
});

/** What a run was to come to, before it went on to another end. */
export interface EarlierEnd {
  readonly epochs: number;
  readonly refine: number;
  /** Epochs that were complete when that changed. */
  readonly done: number;
  /** Steps of all epochs that were done then; older runs have not noted it. */
  readonly step?: number;
}

/** Where a training stands. */
export type Place = Required<Pick<EarlierEnd, 'done' | 'step'>>;

/** What `config.json` has of the way that a run went. */
export interface KeptConfig extends Partial<Pick<EarlierEnd, 'epochs' | 'refine'>> {
  readonly run?: {
    readonly capsnet?: string;
    readonly protocol?: string;
    readonly before?: readonly EarlierEnd[];
    /** Numbers of epochs after which the best weights were tested on the test split; older runs have not noted it. */
    readonly tested?: readonly number[];
  };
}

/** The held-out examples that choose the best epoch, as far as they are told. */
type Chooser = Pick<ExampleSet, 'count' | 'decodings'>;

/** Whether training went on from one place to reach the other. */
const precedes = (one: Omit<EarlierEnd, 'epochs' | 'refine'>, other: Place): boolean =>
  one.done < other.done || (one.done === other.done && one.step !== undefined && one.step < other.step);

/**
 * The record of a run that goes on: the end that it now has, with more epochs or fewer, which a later resume takes from it; and under `run.before` each end that
 * something was trained for until now.
 *
 * @param place of the checkpoint, which may be from before the last change
 */
export function configGoingOn(
  recorded: KeptConfig,
  { epochs, refine }: Pick<TrainSettings, 'epochs' | 'refine'>,
  place: Place,
): KeptConfig {
  const { before = [], ...run } = recorded.run ?? {};
  const begins = [{ done: 0, step: 0 }, ...before];
  const ends = [...before, { epochs: recorded.epochs ?? epochs, refine: recorded.refine ?? 0, ...place }]
    .filter((_end, index) => precedes(begins[index]!, place))
    .map((end) => (precedes(end, place) ? end : { ...end, ...place }));
  const last = ends.at(-1);
  const earlier = last?.epochs === epochs && last.refine === refine ? ends.slice(0, -1) : ends;
  return { ...recorded, epochs, refine, run: { ...run, ...(earlier.length > 0 ? { before: earlier } : {}) } };
}

/** After how many epochs the test split was read. Of a run that did not note it: where the ends that it reached were. */
const testedOf = ({ run: { tested, before = [] } = {} }: KeptConfig): readonly number[] =>
  tested ?? before.filter(({ epochs, done }) => done === epochs).map(({ done }) => done);

/** The record of a run whose best weights were tested. The same weights tested again, with nothing trained in between, tell nothing new. */
export function configTested(recorded: KeptConfig, validation: Chooser | undefined, done: number) {
  const tested = [...new Set([...testedOf(recorded), done])];
  const protocol = protocolOf(validation, { run: { tested } });
  return { ...recorded, run: { ...recorded.run, protocol, tested } };
}

/** How the best epoch is chosen, as every output names it, and how often the test split was read. */
export function protocolOf(validation: Chooser | undefined, config: KeptConfig = {}): string {
  if (!validation) return 'best epoch on the test split (the protocol of the reference)';
  const { count, decodings } = validation;
  const images = `${decodings === 2 ? 'pairs of held-out' : 'held-out training'} ${count === 1 ? 'image' : 'images'}`;
  const readings = testedOf(config).length;
  return `best epoch on ${count} ${images}; the test split ${readings > 1 ? `was read ${readings} times` : 'is read once'}`;
}
