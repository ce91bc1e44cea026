/** The flags that name weights and an image. */
import type { Command } from 'commander';
import {
  dataDirectoryFlag,
  datasetOfWeights,
  overlays,
  type DataFlags,
  type EngineFlags,
  type OutputFlags,
} from '../options/flags.js';
import { path, wholeNumber } from '../options/values.js';

export interface SubjectFlags extends DataFlags, EngineFlags, OutputFlags {
  readonly weights: string;
  readonly index: number;
  readonly overlays?: number;
}

/** Adds them to a command. */
export function subjectFlags(command: Command): Command {
  command
    .requiredOption(
      '--weights <file>',
      'a .safetensors file, or a name of capsnet weights list',
      path('--weights'),
    )
    .option(
      '--index <n>',
      'number of the test image, from 0',
      wholeNumber('--index', 0, Number.MAX_SAFE_INTEGER, '7'),
      0,
    );
  datasetOfWeights(command);
  dataDirectoryFlag(command);
  return overlays(command);
}
