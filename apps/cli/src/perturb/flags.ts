/** The flags of `capsnet perturb`. */
import type { Command } from 'commander';
import { subjectFlags, type SubjectFlags } from '../inspect/flags.js';
import { engineFlags, outputFlags } from '../options/flags.js';
import { path, positiveNumber, wholeNumber } from '../options/values.js';

export interface PerturbFlags extends SubjectFlags {
  readonly range: number;
  readonly steps: number;
  readonly capsule?: string;
  readonly out: string;
  readonly gif?: string;
}

/** Adds the command. */
export function perturbCommand(program: Command, example: (...lines: readonly string[]) => string): void {
  const command = program
    .command('perturb')
    .description('move the dimensions of a capsule and draw what it then stands for');
  subjectFlags(command)
    .option('--capsule <class>', 'class of the capsule to move (default: the longest capsule)')
    .option('--range <x>', 'move by -x to x', positiveNumber('--range', '0.25'), 0.25)
    .option('--steps <n>', 'values for each dimension', wholeNumber('--steps', 2, 101, '11'), 11)
    .option('-o, --out <file>', 'the grid, a PNG', path('--out'), 'perturb.png')
    .option('--gif <file>', 'also an animation, a GIF', path('--gif'));
  engineFlags(command);
  outputFlags(command)
    .addHelpText(
      'after',
      example(
        'capsnet perturb --weights runs/a/best.safetensors --index 7',
        'capsnet perturb --weights runs/a/best.safetensors --capsule 3 --gif 3.gif',
      ),
    )
    .action(async (flags: PerturbFlags) => (await import('../commands/perturb.js')).perturb(flags));
}
