/** The flags of `capsnet explain`. */
import type { Command } from 'commander';
import { subjectFlags, type SubjectFlags } from '../inspect/flags.js';
import { engineFlags, outputFlags } from '../options/flags.js';
import { path } from '../options/values.js';

export interface ExplainFlags extends SubjectFlags {
  readonly out: string;
}

/** Adds the command. */
export function explainCommand(program: Command, example: (...lines: readonly string[]) => string): void {
  const command = program
    .command('explain')
    .description('show how capsules are routed for one image: couplings, agreement, lengths');
  subjectFlags(command).option('-o, --out <file>', 'the picture, a PNG', path('--out'), 'explain.png');
  engineFlags(command);
  outputFlags(command)
    .addHelpText(
      'after',
      example(
        'capsnet explain --weights runs/a/best.safetensors --index 7',
        'capsnet explain --weights runs/a/best.safetensors --json > routing.json',
      ),
    )
    .action(async (flags: ExplainFlags) => (await import('../commands/explain.js')).explain(flags));
}
