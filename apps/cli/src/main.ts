/**
 * `capsnet`: the commands, their flags and their help. Each command lives in a file of its own under `commands/` and is loaded when it is called, so
 * that help and tables answer at once. All errors end here, as one sentence and an exit code.
 */
import { Command, CommanderError } from 'commander';
import type { BenchFlags } from './bench/command.js';
import type { DoctorFlags } from './commands/doctor.js';
import type { InfoFlags } from './commands/info.js';
import type { PlaygroundFlags } from './commands/playground.js';
import type { TestFlags } from './commands/test.js';
import { predictCommand } from './prediction/program.js';
import { settingFlags } from './settings/command.js';
import type { TrainFlags } from './settings/settings.js';
import { exitCodeOf, exitCodes, isExpected } from './errors.js';
import {
  dataDirectoryFlag,
  datasetOfWeights,
  engineFlags,
  limitTest,
  outputFlags,
  overlays,
  testStatistics,
} from './options/flags.js';
import { modelsToCompare, partsToMeasure } from './bench/flags.js';
import {
  imageShape,
  listOfSizes,
  path,
  positiveNumber,
  severalPaths,
  wholeNumber,
} from './options/values.js';
import { datasetsCommand } from './datasets/flags.js';
import { compareCommand } from './compare/flags.js';
import { explainCommand } from './explain/flags.js';
import { inspectCommand } from './plans/flags.js';
import { perturbCommand } from './perturb/flags.js';
import { sweepCommand } from './sweep/flags.js';
import { version } from './version.js';
import { suggestion } from './options/nearest.js';
import { robustnessCommand } from './robustness/program.js';
import { weightsCommand } from './weights/program.js';

const example = (...lines: readonly string[]): string =>
  `\n${lines.length > 1 ? 'Examples' : 'Example'}:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;

/** All commands, with their flags and their help. */
export function createProgram(): Command {
  const program = new Command('capsnet');
  program
    .description('Train, test and inspect capsule networks.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .showSuggestionAfterError(false)
    .configureHelp({ helpWidth: Math.min(80, process.stdout.columns || 80) })
    // Errors are thrown to `main`, which words them; commander prints none itself.
    .exitOverride()
    .configureOutput({ outputError: () => undefined, writeErr: () => undefined })
    .addHelpText('after', example('capsnet train --dataset digits --epochs 1', 'capsnet help train'));

  const train = program
    .command('train')
    .description('train a model from scratch and test it after each epoch');
  settingFlags(train)
    .option('--config <file>', 'read settings from a JSON file; flags stand above it', path('--config'))
    .option('--resume <run>', 'go on with the run in this folder', path('--resume'))
    .option('--out <dir>', 'folder of the run (default: runs/<date>-<model>-<dataset>)', path('--out'));
  outputFlags(train)
    .addHelpText(
      'after',
      example(
        'capsnet train --dataset digits --epochs 1 --out runs/first',
        'capsnet train --dataset mnist --data-dir ~/mnist --preset fast --out runs/a',
        'capsnet train --resume runs/a --stop-after 30',
      ),
    )
    .action(async (flags: TrainFlags) => (await import('./commands/train.js')).train(flags));

  const test = program
    .command('test')
    .description('test trained weights: accuracy and the misclassified images');
  test.requiredOption(
    '--weights <file>',
    'weights to test: a .safetensors file, or a name of capsnet weights list; given several times, the networks answer together',
    severalPaths('--weights'),
  );
  datasetOfWeights(test);
  dataDirectoryFlag(test);
  limitTest(test);
  overlays(test);
  testStatistics(test);
  engineFlags(test);
  test.option('--picture <file>', 'draw test images and their reconstructions to a PNG', path('--picture'));
  test
    .option(
      '--report <file>',
      'write a page about the result (.html), which needs nothing else',
      path('--report'),
    )
    .option('--png <file>', 'draw the misclassified images and the two best guesses to a PNG', path('--png'));
  outputFlags(test)
    .addHelpText(
      'after',
      example(
        'capsnet test --weights runs/first/best.safetensors --dataset digits',
        'capsnet test --weights runs/first/best.safetensors --report test.html',
      ),
    )
    .action(async (flags: TestFlags) => (await import('./commands/test.js')).test(flags));

  datasetsCommand(program, example);
  predictCommand(program, example);
  perturbCommand(program, example);
  explainCommand(program, example);
  compareCommand(program, example);
  sweepCommand(program, example);

  program
    .command('info')
    .argument('[model]', 'one model; all of them when left out')
    .description('print the models: layers, output shapes, parameters')
    .option('--input <size>', 'images of other height x width x channels', imageShape('--input'))
    .option('--classes <n>', 'another number of classes', wholeNumber('--classes', 2, 10_000, '62'))
    .option('--json', 'one JSON object a line')
    .addHelpText('after', example('capsnet info efficient-capsnet'))
    .action(async (model: string | undefined, flags: InfoFlags) =>
      (await import('./commands/info.js')).info(model, flags),
    );

  weightsCommand(program, example);
  robustnessCommand(program, example);

  inspectCommand(program, example);

  const doctor = program.command('doctor').description('say what this machine offers, what is used, and why');
  doctor
    .option('--threads <n>', 'as for train', wholeNumber('--threads', 1, 256, '2'))
    .option('--json', 'one JSON object')
    .addHelpText('after', example('capsnet doctor'))
    .action(async (flags: DoctorFlags) => (await import('./commands/doctor.js')).doctor(flags));

  const benchmark = program.command('bench').description('measure speed, alone and beside other libraries');
  benchmark
    .option('--model <name>', 'one of the models (default: both)', modelsToCompare)
    .option('--batch <list>', 'batch sizes, for example 1,16', listOfSizes('--batch', '1,16,128'))
    .option(
      '--only <part>',
      'products, convolutions, training or inference; may be given several times',
      partsToMeasure,
    )
    .option('--seconds <x>', 'time for each measurement', positiveNumber('--seconds', '2'), 2)
    .option(
      '--peers',
      'also run PyTorch, jax-js and TensorFlow.js, where they are installed, on the same work in turn',
    )
    .option(
      '--profile',
      'instead, time every step of training and inference: operation, shape, milliseconds, GFLOP/s, share',
    )
    .option('--json', 'one JSON object a line');
  engineFlags(benchmark)
    .addHelpText(
      'after',
      example(
        'capsnet bench --only training --batch 16 --threads 1 --peers',
        'capsnet bench --profile --model efficient-capsnet',
        'capsnet bench --profile --only training --batch 16',
      ),
    )
    .action(async (flags: BenchFlags) => (await import('./bench/command.js')).bench(flags));

  program
    .command('playground')
    .description('serve the page where capsules are explored by hand, and open it')
    .option('--port <n>', 'port of the page; 0 takes any', wholeNumber('--port', 0, 65_535, '8080'), 4180)
    .option('--host <name>', 'address to listen on; 0.0.0.0 lets other machines in', 'localhost')
    .option('--no-open', 'only serve, open no browser')
    .addHelpText('after', example('capsnet playground', 'capsnet playground --port 8080 --no-open'))
    .action(async (flags: PlaygroundFlags) => (await import('./commands/playground.js')).playground(flags));

  return program;
}

/** What commander says about a wrong command line, as one sentence with the nearest name. */
function usageSentence(program: Command, args: readonly string[], error: CommanderError): string {
  const said = error.message
    .replace(/^error: /, '')
    .split('\n')[0]!
    .replace(/\.$/, '');
  const words = args.filter((word) => !word.startsWith('-'));
  const of = (parent: Command, word: string | undefined): Command | undefined =>
    parent.commands.find((known) => known.name() === word);
  const outer = of(program, words[0]);
  // `weights import`: a command within a command.
  const command = (outer && of(outer, words[1])) ?? outer;
  const scope = ['capsnet', outer?.name(), command === outer ? undefined : command?.name()]
    .filter((name) => name !== undefined)
    .join(' ');
  const typed = /'([^']*)'/.exec(said)?.[1] ?? '';
  const flags = (command ?? program)
    .createHelp()
    .visibleOptions(command ?? program)
    .flatMap(({ long }) => long ?? []);
  const nearby =
    error.code === 'commander.unknownOption'
      ? suggestion(typed, flags)
      : error.code === 'commander.unknownCommand'
        ? suggestion(
            typed,
            (command ?? program).commands.map((known) => known.name()),
          )
        : '';
  return `${scope}: ${said}.${nearby} See ${scope} --help.`;
}

/**
 * Runs one command line.
 *
 * @param args what stands behind `capsnet`
 * @returns the exit code: 0, 1 (failed run), 2 (user's mistake), 130 (interrupted)
 */
export async function main(args: readonly string[]): Promise<number> {
  const program = createProgram();
  try {
    if (args.length === 0) program.outputHelp();
    else await program.parseAsync(args, { from: 'user' });
    return exitCodes.success;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return exitCodes.success;
      process.stderr.write(`${usageSentence(program, args, error)}\n`);
      return exitCodes.userMistake;
    }
    if (isExpected(error)) process.stderr.write(`capsnet: ${error.message}\n`);
    else {
      const report = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.stderr.write(
        `capsnet: a defect of capsnet, please report it with the text below.\n${report}\n`,
      );
    }
    return exitCodeOf(error);
  }
}
