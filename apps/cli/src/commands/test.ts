/**
 * `capsnet test`: weights from a file, a test split, and how many images they get right.
 */
import { WeightsError, loadModel, type LoadedModel, type Model } from '@capsnet/capsules';
import { readFileSync } from 'node:fs';
import { recipeOfNote, type ExampleSet } from '../data/examples.js';
import { datasetName, datasetNames, loadTestData, type DatasetName } from '../data/load.js';
import { Interrupted, UserError, systemReason } from '../errors.js';
import { createEvaluator, type Evaluation, type Verdict } from '../evaluation/evaluate.js';
import { checkPicture, drawReconstructions } from '../evaluation/picture.js';
import { listenForInterruption } from '../interruption.js';
import { startBackend } from '../machine/start.js';
import type { DataFlags, EngineFlags, OutputFlags } from '../options/flags.js';
import { createConsole, type Console } from '../output/console.js';
import { count, duration, loss as showLoss, percent, plural } from '../output/format.js';
import { emit } from '../output/json.js';
import { createProgress } from '../output/progress.js';

export interface TestFlags extends DataFlags, EngineFlags, OutputFlags {
  readonly weights: string;
  readonly limitTest?: number;
  readonly overlays?: number;
  readonly picture?: string;
}

/** Runs the command. */
export async function test(flags: TestFlags): Promise<void> {
  const console = createConsole({ quiet: flags.quiet === true });
  const named = flags.dataset === undefined ? undefined : datasetName(flags.dataset);
  const { model, parameters, state, metadata } = readModel(flags.weights);
  const dataset = named ?? trainedDataset(flags.weights, metadata['dataset']);
  if (flags.picture !== undefined) checkPicture(flags.picture, model);
  const noted = metadata['dataset'] === dataset ? metadata['recipe'] : undefined;
  const split = loadTestData(dataset, {
    dataDir: flags.dataDir,
    limit: flags.limitTest,
    overlays: flags.overlays,
    recipe: noted === undefined ? undefined : recipeOfNote(noted, flags.weights),
  });
  checkFit(flags.weights, model, split);
  const trainedOn = metadata['dataset'];
  if (trainedOn !== undefined && trainedOn !== dataset) {
    console.note(`These weights were trained on ${trainedOn} and are tested on ${dataset}.`);
  }
  const backend = await startBackend(flags, console);
  const progress = createProgress(console);
  const interruption = listenForInterruption(
    () => progress.clear(),
    () => progress.clear(),
  );
  const evaluator = createEvaluator(model, backend);
  try {
    console.note(
      `${metadata['model'] ?? model.description.kind} on ${dataset}: ${plural(split.count, 'test image')}, backend ${backend.description}`,
    );
    const evaluation = await evaluator.run(parameters, state, split, {
      interruption,
      onProgress(done, seconds, right) {
        const imagesPerSecond = done / seconds;
        progress.report({
          label: 'test',
          done,
          total: split.count,
          imagesPerSecond,
          secondsLeft: (split.count - done) / imagesPerSecond,
          accuracy: right / done,
        });
      },
    });
    progress.clear();
    if (flags.picture !== undefined) {
      const modelName = metadata['model'] ?? model.description.kind;
      await drawReconstructions(flags.picture, {
        model,
        modelName,
        parameters,
        state,
        split,
        evaluation,
        backend,
      });
    }
    report(console, flags, split, evaluation);
  } catch (error) {
    throw error instanceof Interrupted
      ? new Interrupted('stopped during the test; nothing was written.')
      : error;
  } finally {
    progress.clear();
    interruption.release();
    evaluator.release();
    await backend.dispose();
  }
}

function readModel(file: string): LoadedModel {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    throw new UserError(
      `--weights: "${file}" cannot be read (${reason}). Give a .safetensors file that capsnet train wrote.`,
    );
  }
  try {
    return loadModel(bytes, file);
  } catch (error) {
    if (error instanceof WeightsError) throw new UserError(`--weights: ${error.message}`);
    throw error;
  }
}

/** The data set that the weights were trained on, when nobody names another. */
function trainedDataset(file: string, noted: string | undefined): DatasetName {
  const known = datasetNames.find((name) => name === noted);
  if (known !== undefined) return known;
  throw new UserError(
    `--weights: ${file} does not say what it was trained on. Name a data set: --dataset ${datasetNames.join('|')}.`,
  );
}

/** The model must take the images of the split and know as many classes. */
function checkFit(
  file: string,
  { description: { input, classNames, ...rest } }: Model,
  split: ExampleSet,
): void {
  const wanted = `${input.join(' x ')} images of ${classNames.length} classes`;
  const given = `${split.shape.join(' x ')} images of ${split.classes} classes`;
  if (wanted !== given) {
    throw new UserError(
      `--weights: ${file} is a model for ${wanted}, but ${split.name} has ${given}. Choose the data set that it was trained on.`,
    );
  }
  const decodings = 'decodings' in rest ? rest.decodings : 1;
  if (decodings !== split.decodings) {
    const [wants, has] = decodings === 2 ? ['pairs of overlaid', 'single'] : ['single', 'pairs of overlaid'];
    throw new UserError(
      `--weights: ${file} is a model for ${wants} digits, but ${split.name} has ${has} ones. Choose the data set that it was trained on.`,
    );
  }
}

function report(console: Console, flags: TestFlags, split: ExampleSet, evaluation: Evaluation): void {
  const { accuracy, error, loss, misclassified, seconds } = evaluation;
  const nameOf = (label: number): string => split.classNames[label]!;
  if (flags.json) {
    emit(console, {
      event: 'test',
      accuracy,
      error,
      count: evaluation.count,
      misclassified: misclassified.length,
      misclassifiedIndices: misclassified.map(({ index }) => index),
      misclassifiedImages: misclassified,
      loss,
      seconds,
      imagesPerSecond: evaluation.count / seconds,
      dataset: split.name,
      weights: flags.weights,
      ...(flags.picture === undefined ? {} : { picture: flags.picture }),
    });
    return;
  }
  const { green, bold, dim } = console.colours.result;
  const shown = misclassified.slice(0, 10);
  const line = ({ index, label, secondLabel, predicted, length, secondLength, second }: Verdict): string =>
    secondLabel !== undefined
      ? `  pair ${index}: ${nameOf(label)} and ${nameOf(secondLabel)} taken for ${nameOf(predicted)} (${length.toFixed(2)}) and ${nameOf(second)} (${secondLength.toFixed(2)})`
      : `  image ${index}: ${nameOf(label)} taken for ${nameOf(predicted)} (${length.toFixed(2)}), second ${nameOf(second)} (${secondLength.toFixed(2)})`;
  const lines = [
    `${bold(green(percent(accuracy)))} of ${plural(evaluation.count, 'test image')} right, ${count(misclassified.length)} wrong (error ${percent(error)}, loss ${showLoss(loss)}), in ${duration(seconds)}.`,
    ...(shown.length > 0 ? ['Misclassified:', ...shown.map(line)] : []),
    ...(misclassified.length > shown.length
      ? [dim(`  ... and ${count(misclassified.length - shown.length)} more: --json lists all of them.`)]
      : []),
    ...(flags.picture === undefined ? [] : [`Picture: ${flags.picture}`]),
  ];
  console.result(`${lines.join('\n')}\n`);
}
