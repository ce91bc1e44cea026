/** The flags of `capsnet datasets` and its parts. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { dataDirectoryFlag, outputFlags, type OutputFlags } from '../options/flags.js';
import { path, severalAddresses, wholeNumber } from '../options/values.js';
import { settingOf, type GivenSettings, type SettingName } from '../settings/table.js';

export interface DatasetFlags extends OutputFlags {
  readonly dataDir?: string;
}

export interface FetchFlags extends DatasetFlags {
  readonly mirror?: readonly string[];
}

/** The settings of `train` that change what a preview shows, under the same names. */
const shownSettings = [
  'imageSize',
  'resize',
  'channels',
  'testShare',
  'seed',
  'augment',
  'augmentFlip',
  'augmentRotate',
  'augmentShift',
  'augmentScale',
  'augmentErase',
  'augmentColour',
] as const satisfies readonly SettingName[];

export interface PreviewFlags extends DatasetFlags, Pick<GivenSettings, (typeof shownSettings)[number]> {
  readonly out: string;
  readonly count: number;
}

type Example = (...lines: readonly string[]) => string;

/** Adds the command. */
export function datasetsCommand(program: Command, example: Example): void {
  const datasets = program
    .command('datasets')
    .description('list, describe, fetch and look at data sets')
    .helpCommand(false)
    .addHelpText('after', example('capsnet datasets list', 'capsnet datasets fetch mnist'));
  const command = () => import('../commands/datasets.js');
  outputFlags(
    dataDirectoryFlag(
      datasets.command('list').description('the data sets, and whether their files are here'),
    ),
  )
    .addHelpText('after', example('capsnet datasets list'))
    .action(async (flags: DatasetFlags) => (await command()).listDatasets(flags));
  outputFlags(
    dataDirectoryFlag(
      datasets
        .command('info')
        .argument('<name>')
        .description('where a data set comes from, and where its files are'),
    ),
  )
    .addHelpText('after', example('capsnet datasets info smallnorb'))
    .action(async (name: string, flags: DatasetFlags) => (await command()).describeDataset(name, flags));
  outputFlags(
    dataDirectoryFlag(
      datasets
        .command('fetch')
        .argument('<name>')
        .description('download what is missing of a data set, checked by SHA-256'),
    ).option(
      '--mirror <url>',
      'ask for the files here first, before the public mirrors; may be repeated',
      severalAddresses('--mirror', 'https://files.example.org/mnist/'),
    ),
  )
    .addHelpText(
      'after',
      example('capsnet datasets fetch mnist', 'capsnet datasets fetch fashion-mnist --data-dir data'),
    )
    .action(async (name: string, flags: FetchFlags) => (await command()).fetchFiles(name, flags));
  const preview = dataDirectoryFlag(
    datasets
      .command('preview')
      .argument('<name>')
      .description('draw training images, and how they are distorted'),
  )
    .requiredOption('-o, --out <file>', 'the picture, a PNG', path('--out'))
    .option('--count <n>', 'images to draw', wholeNumber('--count', 1, 400, '40'), 40);
  for (const name of shownSettings) {
    const { flag, help, json, parser } = settingOf(name);
    const option = new Option(flag, help);
    if (json !== 'boolean') option.argParser(parser(flag.split(' ')[0]!));
    preview.addOption(option);
  }
  outputFlags(preview)
    .addHelpText(
      'after',
      example('capsnet datasets preview folder --data-dir photos --augment -o photos.png'),
    )
    .action(async (name: string, flags: PreviewFlags) => (await command()).previewDataset(name, flags));
  // Without a part, the help; an unknown part gets one sentence.
  datasets.argument('[part]').action((part: string | undefined) => {
    if (part === undefined) return datasets.outputHelp();
    throw new InvalidArgumentError(
      `capsnet datasets has no part "${part}". There are: list, info, fetch, preview`,
    );
  });
}
