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
}

/**
 * The record of a run that goes on to another end: the new one, and under `run.before` what it was trained for until now. Undefined when the end stays: fewer
 * epochs are for this sitting.
 *
 * @param recorded `config.json`
 * @param done epochs that are complete
 */
export function resumedConfig(
  recorded: Partial<EarlierEnd> & { readonly run?: object },
  { epochs, refine }: Pick<TrainSettings, 'epochs' | 'refine'>,
  done: number,
): object | undefined {
  const old = { epochs: recorded.epochs ?? epochs, refine: recorded.refine ?? 0 };
  if (epochs <= old.epochs && refine === old.refine) return undefined;
  const { before = [] } = (recorded.run ?? {}) as { readonly before?: readonly EarlierEnd[] };
  // Nothing was trained for an end that changes at once.
  const trained = done > (before.at(-1)?.done ?? 0);
  return {
    ...recorded,
    epochs,
    refine,
    run: { ...recorded.run, before: trained ? [...before, { ...old, done }] : before },
  };
}

/** How the best epoch is chosen, as every output names it. */
export const protocolOf = (validation: ExampleSet | undefined): string =>
  validation
    ? `best epoch on ${validation.count} ${validation.decodings === 2 ? 'pairs of held-out' : 'held-out training'} ${validation.count === 1 ? 'image' : 'images'}; the test split is read once`
    : 'best epoch on the test split (the protocol of the reference)';
