/** The flags of `capsnet compare`. */
import type { Command } from 'commander';
import { path } from '../options/values.js';

export interface CompareFlags {
  readonly report?: string;
  readonly json?: boolean;
}

/** Adds the command. */
export function compareCommand(program: Command, example: (...lines: readonly string[]) => string): void {
  program
    .command('compare')
    .description('compare runs: a table, and learning curves over each other')
    .argument('<runs...>', 'folders of runs')
    .option('--report <file>', 'the table and the learning curves as one HTML file', path('--report'))
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      example('capsnet compare runs/a runs/b', 'capsnet compare runs/rates/* --report compare.html'),
    )
    .action(async (runs: readonly string[], flags: CompareFlags) =>
      (await import('../commands/compare.js')).compare(runs, flags),
    );
}
