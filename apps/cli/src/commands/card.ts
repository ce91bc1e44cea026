/**
 * `capsnet weights card RUN`: makes weights that can be given away of a run: the best weights, with their test error noted in them, and a card that says how
 * they were made.
 */
import { saveModel } from '@capsnet/capsules';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unitOf } from '../data/examples.js';
import { UserError, systemReason } from '../errors.js';
import { evaluateEnsemble } from '../evaluation/ensemble.js';
import type { Evaluation } from '../evaluation/evaluate.js';
import { startBackend } from '../machine/start.js';
import type { EngineFlags, OutputFlags } from '../options/flags.js';
import { prepareDirectory } from '../options/output-directory.js';
import { createConsole } from '../output/console.js';
import { percent, plural } from '../output/format.js';
import { emit } from '../output/json.js';
import { writeFileAtomically } from '../runs/atomic.js';
import { configTested } from '../training/config.js';
import { settingNames, type GivenSettings } from '../settings/table.js';
import { cardText, type RunFacts } from '../weights/card.js';
import { cloneFolder } from '../weights/find.js';
import {
  answersPairs,
  openTestData,
  openWeights,
  type OpenedWeights,
  type TestDataFlags,
} from '../weights/open.js';

export interface CardFlags extends TestDataFlags, EngineFlags, OutputFlags {
  readonly name: string;
  readonly half?: boolean;
  readonly processor?: string;
  readonly output?: string;
}

/** `run` of a config.json. */
type RunNotes = Pick<RunFacts, 'capsnet' | 'machine'> & {
  readonly data: Pick<RunFacts, 'trainImages' | 'validationImages'>;
  readonly model?: { readonly decodings?: number };
  readonly before?: RunFacts['before'];
};

/** What the folder of a run says. @throws UserError when it is not one, or its run has not ended an epoch */
export function readRun(directory: string): RunFacts {
  const read = (name: string): string => {
    try {
      return readFileSync(join(directory, name), 'utf8');
    } catch (error) {
      const reason = systemReason(error);
      if (reason === undefined) throw error;
      throw new UserError(
        `${join(directory, name)} cannot be read (${reason}). Give the folder of a run of capsnet train.`,
      );
    }
  };
  try {
    const config = JSON.parse(read('config.json')) as GivenSettings & { readonly run: RunNotes };
    const epochs = read('metrics.jsonl')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as RunFacts['epochs'][number] & { readonly event: string })
      .filter(({ event }) => event === 'epoch');
    const { capsnet, machine, data, model, before = [] } = config.run;
    const settings: GivenSettings = Object.fromEntries(
      settingNames.flatMap((key) => (config[key] === undefined ? [] : [[key, config[key]]])),
    );
    const { trainImages, validationImages } = data;
    const decodings = model?.decodings === 2 ? (2 as const) : (1 as const);
    const validation = validationImages > 0 ? { count: validationImages, decodings } : undefined;
    // The card is made of a test after all its epochs, of which that at the run's end was one.
    const { protocol } = configTested(config, validation, epochs.length).run;
    return { settings, capsnet, protocol, machine, trainImages, validationImages, before, epochs };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError)
      throw new UserError(
        `${directory}: config.json or metrics.jsonl is not as capsnet train writes it (${error.message}).`,
      );
    throw error;
  }
}

/** Runs the command. */
export async function card(directory: string, flags: CardFlags): Promise<void> {
  const console = createConsole({ quiet: flags.quiet === true });
  if (!/^[a-z0-9][a-z0-9.-]*$/.test(flags.name) || /\.(safetensors|md)$/.test(flags.name))
    throw new UserError(
      `--name: "${flags.name}" should be small letters, digits, dots and dashes, for example mnist-fast.`,
    );
  const target = flags.output ?? cloneFolder();
  if (target === undefined) throw new UserError('--output: name the folder to write to.');
  const facts = readRun(directory);
  const best = openWeights(join(directory, 'best.safetensors'));
  prepareDirectory('--output', target);
  const split = openTestData(best, flags);
  const backend = await startBackend(flags, console);
  try {
    console.note(
      `testing ${best.file} on ${plural(split.count, unitOf(split))} of ${split.name}, backend ${backend.description}`,
    );
    const evaluation = await evaluateEnsemble([best], backend, split);
    const rounded = flags.half === true ? await roundedCopy(best) : undefined;
    const reached: Evaluation = rounded ? await evaluateEnsemble([rounded], backend, split) : evaluation;
    const notes = {
      ...best.metadata,
      test_error: String(reached.error),
      test_images: String(reached.count),
      protocol: facts.protocol,
    };
    const bytes = await saveModel(best.model, best.parameters, best.state, notes, flags.half ? 'F16' : 'F32');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const file = join(target, `${flags.name}.safetensors`);
    const text = cardText({
      name: flags.name,
      model: best.model,
      modelName: best.metadata['model'] ?? best.model.description.kind,
      dataset: split.name,
      facts,
      bestEpoch: Number(best.metadata['epoch'] ?? facts.epochs.length),
      sha256,
      bytes: bytes.length,
      evaluation: reached,
      testFlags: [
        ...(flags.limitTest === undefined ? [] : [`--limit-test ${flags.limitTest}`]),
        ...(flags.overlays === undefined ? [] : [`--overlays ${flags.overlays}`]),
      ],
      ...(rounded ? { fullPrecision: evaluation } : {}),
      ...(flags.processor === undefined ? {} : { processor: flags.processor }),
    });
    writeFileAtomically(file, bytes);
    writeFileAtomically(join(target, `${flags.name}.md`), text);
    if (flags.json)
      emit(console, { event: 'card', file, sha256, error: reached.error, count: reached.count });
    else
      console.result(
        `${file} and its card: ${percent(reached.error)} ${answersPairs(best.model) ? 'of the test digits wrong' : 'test error'}.\n`,
      );
  } finally {
    await backend.dispose();
  }
}

/** The weights as a file in half precision gives them back. */
async function roundedCopy({ model, parameters, state, metadata }: OpenedWeights): Promise<OpenedWeights> {
  const folder = mkdtempSync(join(tmpdir(), 'capsnet-card-'));
  try {
    const file = join(folder, 'half.safetensors');
    writeFileAtomically(file, await saveModel(model, parameters, state, metadata, 'F16'));
    return openWeights(file);
  } finally {
    if (existsSync(folder)) rmSync(folder, { recursive: true });
  }
}
