/**
 * What a training is to do: defaults, preset, configuration file and flags, the later above the earlier, checked, and with every default filled in.
 * This is what `config.json` records.
 */
import type { ModelName } from '@capsnet/capsules';
import type { PicturesOrigin } from '@capsnet/datasets';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DatasetName } from '../data/names.js';
import { asksForAugmentation, augmentsByDefault } from '../data/augmentation.js';
import { UserError } from '../errors.js';
import { defaultRunDirectory } from '../options/output-directory.js';
import type { EngineFlags, OutputFlags } from '../options/flags.js';
import { readSettingsFile } from './file.js';
import { presets } from './presets.js';
import { settingNames, settingOf, type GivenSettings, type SettingName } from './table.js';

/** As commander gives them. */
export interface TrainFlags extends GivenSettings, OutputFlags {
  readonly config?: string;
  readonly resume?: string;
  readonly out?: string;
}

type Filled =
  | 'model'
  | 'decoder'
  | 'dataset'
  | 'epochs'
  | 'batchSize'
  | 'lr'
  | 'schedule'
  | 'lrDecay'
  | 'lrMin'
  | 'warmup'
  | 'weightDecay'
  | 'reconstruction'
  | 'seed'
  | 'augment'
  | 'refine'
  | 'sameClass'
  | 'select';

export type TrainSettings = Required<Pick<GivenSettings, Filled>> &
  Omit<GivenSettings, Filled> &
  EngineFlags & {
    readonly model: ModelName;
    readonly dataset: DatasetName;
    /** The folder of the run. */
    readonly out: string;
    /** Goes on with the run that is there. */
    readonly resumed: boolean;
    /** `batchSize` comes from the record of a run, where it is that of all its processes together; otherwise it is that of each. */
    readonly wholeBatch: boolean;
  };

/** The Efficient-CapsNet that its paper has for a data set. */
const modelOf: Readonly<Record<DatasetName, ModelName>> = {
  digits: 'efficient-capsnet',
  mnist: 'efficient-capsnet',
  'fashion-mnist': 'efficient-capsnet',
  multimnist: 'efficient-capsnet-multimnist',
  smallnorb: 'efficient-capsnet-smallnorb',
  toys: 'efficient-capsnet-smallnorb',
  folder: 'efficient-capsnet',
};

/**
 * A folder of one's own images has hundreds of images where MNIST has 60,000: smaller batches and a higher rate make enough of each epoch. Measured on two classes of 200 images
 * (docs/own-images.md).
 */
const folderRecipe: GivenSettings = { batchSize: 8, lr: 1e-3 };

/** Only what was said. */
const given = (settings: Readonly<Record<string, unknown>>): GivenSettings =>
  Object.fromEntries(
    settingNames.filter((name) => settings[name] !== undefined).map((name) => [name, settings[name]]),
  );

const defaults = (): GivenSettings =>
  Object.fromEntries(
    settingNames.flatMap((name) => {
      const { fallback } = settingOf(name);
      return fallback === undefined ? [] : [[name, fallback]];
    }),
  );

function fill(
  said: GivenSettings,
  out: string | undefined,
  { resumed, wholeBatch }: Pick<TrainSettings, 'resumed' | 'wholeBatch'>,
): TrainSettings {
  const preset = said.preset === undefined ? {} : presets[said.preset];
  const own = said.dataset === 'folder' ? folderRecipe : {};
  const all = { ...defaults(), ...own, ...preset, ...said } as Required<GivenSettings> & EngineFlags;
  const { dataset, lr, schedule } = all;
  const model = all.model ?? modelOf[dataset];
  return {
    ...all,
    model,
    lrMin: all.lrMin ?? (schedule === 'cosine' ? lr / 100 : Math.min(lr, 5e-5)),
    decoder: all.decoder ?? true,
    augment: all.augment ?? (asksForAugmentation(all) || augmentsByDefault(dataset)),
    sameClass: all.sameClass ?? false,
    out: out ?? defaultRunDirectory(model, dataset),
    resumed,
    wholeBatch,
  };
}

/** How many epochs at the end see undistorted images. A share of 0.29 is 28.999999999999996 of 100 epochs. */
export const refiningEpochs = ({ epochs, refine }: Pick<TrainSettings, 'epochs' | 'refine'>): number =>
  Math.floor(refine * epochs + 1e-9);

/** @throws UserError when there would be nothing to refine */
function checkRefine({ refine, epochs, augment, dataset }: TrainSettings): void {
  if (refine === 0) return;
  if (dataset === 'multimnist' || !augment)
    throw new UserError(
      `--refine has no meaning where no image is distorted: ${dataset === 'multimnist' ? 'the pairs of multimnist are laid over each other anew in every epoch' : `${dataset} is not augmented here (--augment)`}. Leave it out.`,
    );
  if (refiningEpochs({ epochs, refine }) === 0)
    throw new UserError(
      `--refine ${refine} of ${epochs} epochs is less than one of them. Ask for ${Math.ceil(100 / epochs) / 100} or more, or leave it out.`,
    );
}

/** @throws UserError for a file that is wrong, or settings that exclude each other */
export function resolveSettings(flags: TrainFlags): TrainSettings {
  if (flags.resume !== undefined) return resumedSettings(flags.resume, flags);
  const { run, ...file } = flags.config === undefined ? {} : readSettingsFile('--config', flags.config);
  const wholeBatch = flags.batchSize === undefined && processesOf(run) !== undefined;
  const said = { ...given({ ...file }), ...given({ ...flags }) };
  const settings = fill(said, flags.out, { resumed: false, wholeBatch });
  checkRefine(settings);
  if (settings.select === 'test' && settings.holdOut !== undefined) {
    throw new UserError(
      '--hold-out has no meaning with --select test, which chooses the best epoch on the test split. Leave one of them out.',
    );
  }
  return settings;
}

/** The settings of a run that goes on: its own; flags may change only its end, and what does not touch what is learned. */
function resumedSettings(directory: string, flags: TrainFlags): TrainSettings {
  for (const [name, value] of [
    ['--config', flags.config],
    ['--out', flags.out],
  ]) {
    if (value !== undefined)
      throw new UserError(
        `${name} has no place beside --resume, which takes both from the run. Leave it out.`,
      );
  }
  const config = join(directory, 'config.json');
  if (existsSync(directory) && !existsSync(config)) {
    throw new UserError(
      `--resume: there is no run in ${directory} to go on with: it has no config.json, which every run begins with. Start it anew: capsnet train --out ${directory} ...`,
    );
  }
  const recorded = given({ ...readSettingsFile('--resume', config) });
  const said = given({ ...flags });
  for (const name of Object.keys(said) as SettingName[]) {
    // A run may get more epochs, and be refined in them.
    if (
      name === 'epochs' ||
      name === 'refine' ||
      settingOf(name).sitting !== undefined ||
      said[name] === recorded[name]
    )
      continue;
    const flag = settingOf(name).flag.split(' ')[0]!;
    throw new UserError(
      `--resume: the run in ${directory} was started with ${flag} ${String(recorded[name] ?? '(none)')}, not ${String(said[name])}. Leave ${flag} out, or start another run.`,
    );
  }
  const settings = fill({ ...recorded, ...said }, directory, { resumed: true, wholeBatch: true });
  // A share that the run began with may come to no epoch of fewer; one that is asked for now may not.
  if (said.refine !== undefined) checkRefine(settings);
  return settings;
}

/** Processes that the run trained on which noted this, see `config.ts`; undefined for one process, and for settings of no run. */
const processesOf = (run: unknown): number | undefined =>
  typeof run === 'object' && run !== null && 'processes' in run && typeof run.processes === 'number'
    ? run.processes
    : undefined;

/** Processes that the run in a folder began on. */
export const recordedProcesses = (directory: string): number =>
  processesOf(readSettingsFile('--resume', join(directory, 'config.json')).run) ?? 1;

/** The mark of the folder of images that the run in a folder began with, see `config.ts`; undefined for other data. */
export function recordedImages(directory: string): string | undefined {
  type Recorded = {
    readonly data?: { readonly trainRecipe?: { readonly pictures?: Partial<PicturesOrigin> } };
  };
  const run = readSettingsFile('--resume', join(directory, 'config.json')).run as Recorded | undefined;
  return run?.data?.trainRecipe?.pictures?.fingerprint;
}

/** The settings as `config.json` has them: what `--config` reads. */
export const recordedSettings = (settings: TrainSettings): GivenSettings =>
  Object.fromEntries(
    settingNames
      .filter((name) => settings[name] !== undefined && settingOf(name).sitting !== 'momentary')
      .map((name) => [name, settings[name]]),
  );
