/** What one training works with, and what it comes to. */
import type { Model } from '@capsnet/capsules';
import type { ExampleSet } from '../data/examples.js';
import type { Backend } from '@capsnet/tensor';
import type { Evaluation } from '../evaluation/evaluate.js';
import type { Interruption } from '../interruption.js';
import type { Console } from '../output/console.js';
import type { RunFolder } from '../runs/run-folder.js';
import type { TrainingProgress } from './progress.js';
import type { TrainSettings } from './settings.js';

/** Everything that a run works with. */
export interface Run {
  readonly settings: TrainSettings;
  readonly model: Model;
  readonly training: ExampleSet;
  readonly testing: ExampleSet;
  readonly backend: Backend;
  readonly folder: RunFolder;
  readonly console: Console;
  readonly json: boolean;
  readonly progress: TrainingProgress;
  readonly interruption: Interruption;
}

/** What is known after the last epoch. */
export interface Outcome {
  readonly last: Evaluation;
  readonly best: { readonly epoch: number; readonly accuracy: number };
}
