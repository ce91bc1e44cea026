/** What one training works with, and what it comes to. */
import type { Model } from '@capsnet/capsules';
import type { Backend } from '@capsnet/tensor';
import type { ExampleSet } from '../data/examples.js';
import type { Job } from '../distributed/job.js';
import type { Evaluation } from '../evaluation/evaluate.js';
import type { Interruption } from '../interruption.js';
import type { Console } from '../output/console.js';
import { typed } from '../output/format.js';
import type { RunFolder } from '../runs/run-folder.js';
import type { TrainSettings } from '../settings/settings.js';
import type { KeptConfig } from './config.js';
import type { TrainingProgress } from './progress.js';

/** Everything that a run works with. */
export interface Run {
  readonly settings: TrainSettings;
  readonly model: Model;
  readonly training: ExampleSet;
  /** Held-out training images; absent when the best epoch is chosen on the test split. */
  readonly validation: ExampleSet | undefined;
  readonly testing: ExampleSet;
  readonly backend: Backend;
  readonly folder: RunFolder;
  /** `config.json` as the run finds it. */
  readonly config: KeptConfig;
  readonly console: Console;
  readonly json: boolean;
  readonly progress: TrainingProgress;
  readonly interruption: Interruption;
  /** The processes that train together, this one leading. */
  readonly job?: Job | undefined;
}

/** The epoch (from 1) whose weights are kept as the best, and its scores on the split that chooses. */
export interface Best {
  readonly epoch: number;
  readonly accuracy: number;
  readonly loss: number;
}

/** Why a training came to its end. */
export type Ending = 'epochs' | 'early-stop' | 'stop-after';

/** What is known at the end. */
export interface Outcome {
  readonly ending: Ending;
  readonly epochs: number;
  readonly best: Best;
  /** The best weights on the test split. */
  readonly tested: Evaluation;
  /** How the best weights were chosen, and how often the test split was read. */
  readonly protocol: string;
  /** In a job: SHA-256 of the parameters that all its processes hold at the end. */
  readonly replicas?: string;
}

/** The split that chooses the best epoch, and its name. */
export const choosingSplit = ({
  validation,
  testing,
}: Run): { set: ExampleSet; name: 'validation' | 'test' } =>
  validation ? { set: validation, name: 'validation' } : { set: testing, name: 'test' };

/** How to go on with a run that has ended before its last epoch. */
export const resumeCommand = ({ folder, job }: Run): string =>
  job
    ? `mpirun -n ${job.communicator.size} capsnet train --resume ${typed(folder.directory)} --distributed mpi`
    : `capsnet train --resume ${typed(folder.directory)}`;
