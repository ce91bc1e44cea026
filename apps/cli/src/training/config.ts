/** `config.json`: everything that is needed to repeat a run, and what it ran on. */
import type { Model } from '@capsnet/capsules';
import type { ExampleSet } from '../data/examples.js';
import type { Backend } from '@capsnet/tensor';
import { learningRateDecay, smallestLearningRate } from './recipe.js';
import type { TrainSettings } from './settings.js';

export interface ConfigParts {
  readonly version: string;
  readonly settings: TrainSettings;
  readonly model: Model;
  readonly training: ExampleSet;
  readonly testing: ExampleSet;
  readonly backend: Backend;
  readonly reconstructionWeight: number;
}

export const runConfig = ({
  version,
  settings,
  model,
  training,
  testing,
  backend,
  reconstructionWeight,
}: ConfigParts) => ({
  capsnet: version,
  started: new Date().toISOString(),
  settings,
  recipe: {
    optimizer: 'adam',
    learningRate: `max(${settings.learningRate} * ${learningRateDecay}^epoch, ${Math.min(settings.learningRate, smallestLearningRate)})`,
    reconstructionWeight,
    bestEpochOn: 'test split',
  },
  model: model.description,
  data: {
    name: training.name,
    trainImages: training.count,
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
});
