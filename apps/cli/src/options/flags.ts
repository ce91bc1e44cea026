/**
 * The flags that several commands share, declared once. Values are read by validating parsers, so that a command receives what it can use; names of
 * models and data sets are checked by the commands, which load the packages that know them.
 */
import { Option, type Command } from 'commander';
import { gpuModes } from '@capsnet/tensor';
import { oneOf, path, wholeNumber } from './values.js';

const many = Number.MAX_SAFE_INTEGER;

/** What `--backend` may say. The list is closed: the engine refuses what it cannot run on this machine. */
export const backendRequests = [
  ...(['auto', 'wasm', 'reference', 'gpu'] as const),
  ...gpuModes.map((mode) => `gpu:${mode}` as const),
];
export type BackendChoice = (typeof backendRequests)[number];

export interface EngineFlags {
  readonly backend: BackendChoice;
  readonly threads?: number;
}

export interface OutputFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export interface DataFlags {
  readonly dataset?: string;
  readonly dataDir?: string;
}

export const engineFlags = (command: Command): Command =>
  command
    .addOption(
      new Option('--backend <name>', `what computes: ${backendRequests.join(', ')}`)
        .argParser(oneOf('--backend', 'backend', backendRequests))
        .default('auto'),
    )
    .option(
      '--threads <n>',
      'threads of the wasm backend (default: all cores)',
      wholeNumber('--threads', 1, 256, '2'),
    );

const datasetFlag = '--dataset <name>';

/** `--dataset` of a command that takes what the weights were trained on. */
export const datasetOfWeights = (command: Command): Command =>
  command.option(datasetFlag, 'data set (default: the one that the weights were trained on)');

export const dataDirectoryFlag = (command: Command): Command =>
  command.option(
    '--data-dir <dir>',
    'folder with the files of the data set (default: $CAPSNET_DATA, then the cache folder of the user)',
    path('--data-dir'),
  );

/** What belongs to `multimnist` alone. */
export const overlays = (command: Command): Command =>
  command.option(
    '--overlays <n>',
    'multimnist: pairs that each test image stands in (default: 10)',
    wholeNumber('--overlays', 1, 1000, '20'),
  );

/** What belongs to `smallnorb` and `toys` alone. */
export const testStatistics = (command: Command): Command =>
  command.option(
    '--test-statistics <of>',
    'smallnorb, toys: own standardises test images by themselves, as the reference',
    oneOf('--test-statistics', 'kind', ['train', 'own'] as const),
  );

export const limitTest = (command: Command, fallback?: number): Command =>
  command.option(
    '--limit-test <n>',
    `use the first n test images${fallback === undefined ? '' : ` (default: ${fallback})`}`,
    wholeNumber('--limit-test', 1, many, '1000'),
  );

export const outputFlags = (command: Command): Command =>
  command
    .option('--json', 'one JSON object a line on standard output, all else on standard error')
    .option('--quiet', 'no notes and no progress');
