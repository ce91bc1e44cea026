/** The flags of `capsnet sweep`. */
import type { Command } from 'commander';
import { UserError } from '../errors.js';
import { outputFlags, type OutputFlags } from '../options/flags.js';
import { oneOf, path, wholeNumber } from '../options/values.js';
import { launcherNames, type LauncherName } from './launcher.js';

export interface SweepFlags extends OutputFlags {
  readonly out?: string;
  readonly jobs?: number;
  readonly launcher: LauncherName;
  readonly sbatch?: readonly string[];
  readonly dryRun?: boolean;
}

/** Options of sbatch that the launcher needs for itself: it asks the queue of this cluster for the tasks of its array, and reads their logs. */
const reserved = /^(-a|--array|-o|--output|--parsable|-M|--clusters?)(?=$|=)/;

/** What stands between spaces. */
function words(typed: string): string[] {
  const all = typed.split(/\s+/).filter(Boolean);
  const taken = all.find((word) => reserved.test(word));
  if (taken !== undefined) {
    throw new UserError(
      `--sbatch: ${taken} is what the sweep sets or needs by itself: the array, its logs, and the cluster that this machine submits to. Leave it out${taken.includes('M') || taken.includes('cluster') ? ', and work on a node of the cluster that is meant' : ''}.`,
    );
  }
  return all;
}

/** Adds the command. */
export function sweepCommand(program: Command, example: (...lines: readonly string[]) => string): void {
  const command = program
    .command('sweep')
    .description('train a grid, random draws or a list of settings, and rank the runs')
    .argument('<file>', 'a JSON file: "base", and one of "grid", "random", "list"', path('capsnet sweep'))
    .option('--out <dir>', 'folder of the runs (default: runs/<name of the file>)', path('--out'))
    .option(
      '--jobs <n>',
      'runs at once (default: 1; with slurm what the cluster gives)',
      wholeNumber('--jobs', 1, 256, '2'),
    )
    .option(
      '--launcher <name>',
      `where runs are computed: ${launcherNames.join(', ')}`,
      oneOf('--launcher', 'launcher', launcherNames),
      'local',
    )
    .option('--sbatch <options>', 'further options of sbatch, with --launcher slurm', words)
    .option('--dry-run', 'say which runs there are, and train nothing');
  outputFlags(command)
    .addHelpText(
      'after',
      `\nRuns that have ended are not repeated, others go on where they were.\n${example(
        'capsnet sweep rates.json --jobs 2',
        'capsnet sweep rates.json --launcher slurm --sbatch "--partition=long"',
        `echo '{"base": {"epochs": 2}, "grid": {"lr": [0.001, 0.0005]}}' > rates.json`,
      )}`,
    )
    .action(async (file: string, flags: SweepFlags) =>
      (await import('../commands/sweep.js')).sweep(file, flags),
    );
}
