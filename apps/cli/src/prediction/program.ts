/** The flags and the help of `capsnet predict`. */
import type { ResizeMode } from '@capsnet/datasets/images';
import type { Command } from 'commander';
import type { PredictFlags } from '../commands/predict.js';
import { engineFlags, outputFlags } from '../options/flags.js';
import { oneOf, path } from '../options/values.js';

// Not the list of the library, which would be loaded for every help.
const resizeModes = ['fit', 'crop'] as const satisfies readonly ResizeMode[];

/** Adds the command. */
export function predictCommand(program: Command, example: (...lines: readonly string[]) => string): void {
  const predict = program
    .command('predict')
    .argument('<image...>', 'PNG or JPEG files of any size')
    .description('say what a trained model takes pictures for');
  predict
    .requiredOption(
      '--weights <file>',
      'a .safetensors file, or a name of capsnet weights list',
      path('--weights'),
    )
    .option('--invert', 'turn dark strokes on a light ground into light ones on black')
    .option(
      '--resize <how>',
      'fit the whole picture, or crop its middle (default: as in the training, else fit)',
      oneOf('--resize', 'way', resizeModes),
    );
  engineFlags(predict);
  outputFlags(predict)
    .addHelpText(
      'after',
      example(
        'capsnet predict scan.png --invert --weights runs/first/best.safetensors',
        'capsnet predict photos/*.jpg --resize crop --weights runs/a/best.safetensors',
      ),
    )
    .action(async (images: readonly string[], flags: PredictFlags) =>
      (await import('../commands/predict.js')).predict(images, flags),
    );
}
