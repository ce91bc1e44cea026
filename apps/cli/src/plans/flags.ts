/** The flags of `capsnet inspect`. */
import type { Command } from 'commander';
import { engineFlags, outputFlags, type EngineFlags, type OutputFlags } from '../options/flags.js';
import { wholeNumber } from '../options/values.js';

export interface InspectFlags extends EngineFlags, OutputFlags {
  readonly batch: number;
  /** The whole training step instead of a test. */
  readonly training?: boolean;
  /** Show this step alone, with its kernel. */
  readonly step?: number;
}

/** Adds the command. */
export function inspectCommand(program: Command, example: (...lines: readonly string[]) => string): void {
  const command = program
    .command('inspect')
    .argument('[model|weights]', 'a model, or weights by name or file', 'efficient-capsnet')
    .description(
      'print graph, fused steps and memory of a model as a backend runs it, and the source of a kernel',
    )
    .option('--batch <n>', 'images of a batch', wholeNumber('--batch', 1, 65_536, '16'), 16)
    .option('--training', 'the whole training step, with gradients and Adam, instead of a test')
    .option('--step <n>', 'one step with the source of its kernel', wholeNumber('--step', 0, 1_000_000, '0'));
  outputFlags(engineFlags(command))
    .addHelpText(
      'after',
      example(
        'capsnet inspect efficient-capsnet --backend wasm',
        'capsnet inspect runs/first/best.safetensors --batch 1 --step 3',
      ),
    )
    .action(async (subject: string, flags: InspectFlags) =>
      (await import('../commands/inspect.js')).inspect(subject, flags),
    );
}
