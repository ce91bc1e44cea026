/** The commands under `capsnet weights`, with their flags and help. */
import type { Command } from 'commander';
import type { ExportFlags, ImportFlags, ListFlags, RecogniseFlags } from '../commands/weights.js';
import type { CardFlags } from '../commands/card.js';
import type { FormatName } from './formats.js';
import { dataDirectoryFlag, engineFlags, limitTest, outputFlags, overlays } from '../options/flags.js';
import { imageShape, names, oneOf, path } from '../options/values.js';

// Not the list of formats.ts, which would load the library for every help.
const format = oneOf('--format', 'format', [
  'safetensors',
  'keras',
  'onnx',
] as const satisfies readonly FormatName[]);

/** Adds `weights` to the program; `example` words the examples of a help page. */
export function weightsCommand(program: Command, example: (...lines: readonly string[]) => string): void {
  const commands = () => import('../commands/weights.js');
  const weights = program
    .command('weights')
    .description('list, inspect, import and export trained weights')
    .addHelpText(
      'after',
      example('capsnet weights list', 'capsnet weights import keras.h5 -o mine.safetensors'),
    );
  const json = (command: Command): Command => command.option('--json', 'JSON instead of text');
  const output = (command: Command, endings: string): Command =>
    command.requiredOption('-o, --output <file>', `file to write (${endings})`, path('--output'));

  const recognising = (command: Command): Command =>
    command
      .option('--model <name>', 'Keras: try this model only, see: capsnet info')
      .option(
        '--input <size>',
        'Keras: height x width x channels (default: as in the paper)',
        imageShape('--input'),
      )
      .option(
        '--classes <names>',
        'Keras: names of the classes, in their order',
        names('--classes', 'cat,dog'),
      );

  json(weights.command('list').description('weights that can be given by name'))
    .addHelpText('after', example('capsnet weights list'))
    .action(async (flags: ListFlags) => (await commands()).list(flags));

  json(
    recognising(
      weights
        .command('info')
        .argument('<file>', 'a .safetensors or Keras .h5 file, or a name of the list')
        .description('what a file holds: model, classes, notes, tensors'),
    ),
  )
    .addHelpText('after', example('capsnet weights info efficient-capsnet-mnist'))
    .action(async (file: string, flags: RecogniseFlags) => (await commands()).info(file, flags));

  json(
    recognising(
      output(
        weights
          .command('import')
          .argument('<file>', 'weights that Keras saved (.h5)')
          .description(
            'convert Keras weights; the model is recognised by the order and shapes of its arrays',
          ),
        '.safetensors',
      ),
    ).option('--dataset <name>', 'data set to note as the one trained on (default: the paper’s)'),
  )
    .addHelpText('after', example('capsnet weights import efficient_capsnet_MNIST.h5 -o mnist.safetensors'))
    .action(async (file: string, flags: ImportFlags) => (await commands()).importKeras(file, flags));

  json(
    output(
      weights
        .command('export')
        .argument('<file>', 'a .safetensors file, or a name of the list')
        .description('write weights for Keras, the network for ONNX runtimes, or safetensors'),
      '.h5, .onnx or .safetensors',
    )
      .option('--format <name>', 'safetensors, keras or onnx (default: by the ending)', format)
      .option('--half', 'safetensors in half precision: half the size, 11 significant bits'),
  )
    .addHelpText(
      'after',
      example(
        'capsnet weights export runs/first/best.safetensors -o first.h5',
        'capsnet weights export efficient-capsnet-digits --format onnx -o digits.onnx',
      ),
    )
    .action(async (file: string, flags: ExportFlags) => (await commands()).exportWeights(file, flags));

  const card = weights
    .command('card')
    .argument('<run>', 'folder of a run of capsnet train')
    .description('test the best weights of a run, and write them with a model card beside them')
    .requiredOption('--name <name>', 'name of the weights: NAME.safetensors and NAME.md')
    .option('-o, --output <dir>', 'folder to write to (default: weights of the clone)', path('--output'))
    .option('--half', 'store in half precision; the card has the error of both')
    .option('--processor <text>', 'the processor that trained, for the card');
  dataDirectoryFlag(card);
  limitTest(card);
  overlays(card);
  engineFlags(card);
  outputFlags(card)
    .addHelpText('after', example('capsnet weights card runs/a --name efficient-capsnet-mnist --half'))
    .action(async (run: string, flags: CardFlags) => (await import('../commands/card.js')).card(run, flags));
}
