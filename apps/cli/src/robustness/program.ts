/** `capsnet robustness`: its flags and help. */
import type { Command } from 'commander';
import type { RobustnessFlags } from '../commands/robustness.js';
import {
  dataDirectoryFlag,
  datasetOfWeights,
  engineFlags,
  limitTest,
  outputFlags,
  overlays,
} from '../options/flags.js';
import { path, severalPaths, wholeNumber } from '../options/values.js';

/** Adds `robustness` to the program; `example` words the examples of a help page. */
export function robustnessCommand(program: Command, example: (...lines: readonly string[]) => string): void {
  const command = program
    .command('robustness')
    .description(
      'measure errors under rotation, shift, scale, noise and erased patches, and what capsules tell of the pose',
    )
    .requiredOption(
      '--weights <file>',
      'weights: a .safetensors file, or a name of capsnet weights list; several times to compare',
      severalPaths('--weights'),
    );
  datasetOfWeights(command);
  dataDirectoryFlag(command);
  limitTest(command, 1000);
  overlays(command);
  engineFlags(command)
    .option(
      '--seed <n>',
      'seed of the distortions',
      wholeNumber('--seed', 0, Number.MAX_SAFE_INTEGER, '1'),
      1,
    )
    .option('-o, --output <file>', 'also write curves (.html) or numbers (.json)', path('--output'));
  outputFlags(command)
    .addHelpText('after', example('capsnet robustness --weights efficient-capsnet-digits -o curves.html'))
    .action(async (flags: RobustnessFlags) => (await import('../commands/robustness.js')).robustness(flags));
}
