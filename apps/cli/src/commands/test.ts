/**
 * `capsnet test`: weights from a file, a test split, and how many images they get right.
 */
import { recipeOfNote, type ExampleSet } from '../data/examples.js';
import { datasetName, loadTestData } from '../data/load.js';
import { Interrupted, UserError } from '../errors.js';
import { evaluateEnsemble } from '../evaluation/ensemble.js';
import type { Evaluation, Verdict } from '../evaluation/evaluate.js';
import { checkPicture, drawReconstructions } from '../evaluation/picture.js';
import { listenForInterruption } from '../interruption.js';
import { startBackend } from '../machine/start.js';
import type { DataFlags, EngineFlags, OutputFlags } from '../options/flags.js';
import { createConsole, type Console } from '../output/console.js';
import { count, duration, loss as showLoss, percent, plural } from '../output/format.js';
import { emit } from '../output/json.js';
import { createProgress } from '../output/progress.js';
import { checkFit, openWeights, trainedDataset, type OpenedWeights } from '../weights/open.js';

export interface TestFlags extends DataFlags, EngineFlags, OutputFlags {
  /** One, or several that answer together. */
  readonly weights: readonly string[];
  readonly limitTest?: number;
  readonly overlays?: number;
  readonly picture?: string;
}

/** Runs the command. */
export async function test(flags: TestFlags): Promise<void> {
  const console = createConsole({ quiet: flags.quiet === true });
  const named = flags.dataset === undefined ? undefined : datasetName(flags.dataset);
  const members = flags.weights.map(openWeights);
  checkEnsemble(members);
  const { given, model, parameters, state, metadata } = members[0]!;
  const dataset = named ?? trainedDataset(members[0]!);
  if (flags.picture !== undefined) checkPicture(flags.picture, model);
  const noted = metadata['dataset'] === dataset ? metadata['recipe'] : undefined;
  const split = loadTestData(dataset, {
    dataDir: flags.dataDir,
    limit: flags.limitTest,
    overlays: flags.overlays,
    recipe: noted === undefined ? undefined : recipeOfNote(noted, given),
    classNames: model.description.classNames,
    notify: (note) => console.note(note),
  });
  checkFit(given, model, split);
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
  const modelName = metadata['model'] ?? model.description.kind;
  const who = members.length === 1 ? modelName : `${members.length} networks together`;
  try {
    console.note(
      `${who} on ${dataset}: ${plural(split.count, 'test image')}, backend ${backend.description}`,
    );
    const evaluation = await evaluateEnsemble(members, backend, split, {
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
    await backend.dispose();
  }
}

/** Several networks answer as one only when they see the same images and know the same classes. */
function checkEnsemble([first, ...others]: readonly OpenedWeights[]): void {
  const sees = ({ model: { description }, metadata }: OpenedWeights): string =>
    JSON.stringify([
      description.input,
      description.classNames,
      'decodings' in description ? description.decodings : 1,
      metadata['recipe'] ?? null,
    ]);
  for (const other of others) {
    if (sees(other) !== sees(first!))
      throw new UserError(
        `--weights: ${first!.given} and ${other.given} cannot answer together: their images (size, preparation) or classes differ. Average weights of one data set.`,
      );
  }
}

/** With the names of the classes, and of the file where there is one: numbers mean nothing to a reader. */
const named = (verdict: Verdict, { classNames, source: { sources } }: ExampleSet) => ({
  ...verdict,
  className: classNames[verdict.label],
  predictedName: classNames[verdict.predicted],
  ...(sources ? { file: sources[verdict.index] } : {}),
});

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
      misclassifiedImages: misclassified.map((verdict) => named(verdict, split)),
      loss,
      seconds,
      imagesPerSecond: evaluation.count / seconds,
      dataset: split.name,
      weights: flags.weights.length === 1 ? flags.weights[0] : flags.weights,
      ...(flags.picture === undefined ? {} : { picture: flags.picture }),
    });
    return;
  }
  const { green, bold, dim } = console.colours.result;
  const shown = misclassified.slice(0, 10);
  const names = (labels: readonly number[]): string => labels.map(nameOf).join(' and ');
  const { sources } = split.source;
  const place = (index: number): string => (sources ? sources[index]! : `image ${index}`);
  const line = ({ labels, longest, ...verdict }: Verdict): string => {
    if (labels && longest) return `  ${place(verdict.index)}: ${names(labels)} taken for ${names(longest)}`;
    return lineOfOne(verdict);
  };
  const lineOfOne = ({
    index,
    label,
    secondLabel,
    predicted,
    length,
    secondLength,
    second,
  }: Verdict): string =>
    secondLabel !== undefined
      ? `  pair ${index}: ${nameOf(label)} and ${nameOf(secondLabel)} taken for ${nameOf(predicted)} (${length.toFixed(2)}) and ${nameOf(second)} (${secondLength.toFixed(2)})`
      : `  ${place(index)}: ${nameOf(label)} taken for ${nameOf(predicted)} (${length.toFixed(2)}), second ${nameOf(second)} (${secondLength.toFixed(2)})`;
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
