/**
 * What a training is to do: the flags, checked against what models and data sets there are, with every default filled in. This is what
 * `config.json` records.
 */
import { modelNames, type ModelName } from '@capsnet/capsules';
import { datasetName, type DatasetName } from '../data/load.js';
import type { DataFlags, EngineFlags, OutputFlags } from '../options/flags.js';
import { defaultRunDirectory } from '../options/output-directory.js';
import { oneOf } from '../options/values.js';
import { augmentsByDefault } from '../data/recipes.js';

export interface TrainFlags extends DataFlags, EngineFlags, OutputFlags {
  readonly dataset: string;
  readonly model?: string;
  readonly epochs: number;
  readonly batchSize: number;
  readonly lr: number;
  readonly seed: number;
  readonly augment?: boolean;
  readonly overlays?: number;
  readonly sameClass?: boolean;
  readonly limitTrain?: number;
  readonly limitTest?: number;
  readonly out?: string;
  readonly picture?: string;
}

export interface TrainSettings {
  readonly model: ModelName;
  readonly dataset: DatasetName;
  readonly dataDir: string | undefined;
  readonly limitTrain: number | undefined;
  readonly limitTest: number | undefined;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly augment: boolean;
  /** Of multimnist, see `RecipeOptions`. */
  readonly overlays: number | undefined;
  readonly sameClass: boolean;
  readonly out: string;
  readonly picture: string | undefined;
}

/** The Efficient-CapsNet that its paper has for a data set. */
const modelOf: Readonly<Record<DatasetName, ModelName>> = {
  digits: 'efficient-capsnet',
  mnist: 'efficient-capsnet',
  'fashion-mnist': 'efficient-capsnet',
  multimnist: 'efficient-capsnet-multimnist',
  smallnorb: 'efficient-capsnet-smallnorb',
  toys: 'efficient-capsnet-smallnorb',
};

/** @throws UserError for an unknown model or data set */
export function resolveSettings(flags: TrainFlags): TrainSettings {
  const dataset = datasetName(flags.dataset);
  const model = oneOf('--model', 'model', modelNames)(flags.model ?? modelOf[dataset]);
  return {
    model,
    dataset,
    dataDir: flags.dataDir,
    limitTrain: flags.limitTrain,
    limitTest: flags.limitTest,
    epochs: flags.epochs,
    batchSize: flags.batchSize,
    learningRate: flags.lr,
    seed: flags.seed,
    augment: flags.augment ?? augmentsByDefault(dataset),
    overlays: flags.overlays,
    sameClass: flags.sameClass === true,
    out: flags.out ?? defaultRunDirectory(model, dataset),
    picture: flags.picture,
  };
}
