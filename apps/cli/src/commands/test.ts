/**
 * `capsnet test`: weights from a file, a test split, and how many images they get right.
 */
import { isDeepStrictEqual } from 'node:util';
import type { PicturesOrigin, Recipe } from '@capsnet/datasets';
import { recipeOfNote, unitOf, type ExampleSet } from '../data/examples.js';
import { datasetName, loadTestData, prepareTest, type TestDataOptions } from '../data/load.js';
import { FailedRun, Interrupted, UserError, systemReason } from '../errors.js';
import { evaluateEnsemble, type Member } from '../evaluation/ensemble.js';
import type { Evaluation, Verdict } from '../evaluation/evaluate.js';
import { checkOutput, checkPicture, drawMistakes, drawReconstructions } from '../evaluation/picture.js';
import { scoresOf } from '../evaluation/scores.js';
import { outcomeOf, placeOf, truthOf } from '../evaluation/words.js';
import { listenForInterruption } from '../interruption.js';
import { startBackend } from '../machine/start.js';
import type { DataFlags, EngineFlags, OutputFlags } from '../options/flags.js';
import { createConsole, type Console } from '../output/console.js';
import { count, duration, loss as showLoss, percent, plural } from '../output/format.js';
import { emit } from '../output/json.js';
import { createProgress } from '../output/progress.js';
import { table } from '../output/table.js';
import { testReport } from '../reports/test-report.js';
import { writeFileAtomically } from '../runs/atomic.js';
import { checkFit, openWeights, trainedDataset, type OpenedWeights } from '../weights/open.js';

export interface TestFlags extends DataFlags, EngineFlags, OutputFlags {
  /** One, or several that answer together. */
  readonly weights: readonly string[];
  readonly limitTest?: number;
  readonly overlays?: number;
  readonly testStatistics?: 'train' | 'own';
  readonly picture?: string;
  readonly report?: string;
  readonly png?: string;
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
  if (flags.report !== undefined) checkOutput('--report', flags.report, '.html');
  if (flags.png !== undefined) checkOutput('--png', flags.png, '.png');
  const asked = (opened: OpenedWeights): TestDataOptions => ({
    dataDir: flags.dataDir,
    limit: flags.limitTest,
    overlays: flags.overlays,
    testStatistics: flags.testStatistics,
    recipe: opened.metadata['dataset'] === dataset ? recipeOf(opened) : undefined,
    classNames: model.description.classNames,
    others: members.slice(1).flatMap((member) => picturesOf(member) ?? []),
    notify: (note) => console.note(note),
  });
  const split = loadTestData(dataset, asked(members[0]!));
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
      `${who} on ${dataset}: ${plural(split.count, `test ${unitOf(split)}`)}, backend ${backend.description}`,
    );
    const ensemble = members.map((member): Member => {
      const options = asked(member);
      if (dataset === 'folder' || isDeepStrictEqual(options.recipe, asked(members[0]!).recipe)) return member;
      const own = prepareTest(dataset, split.source, options);
      if (!isDeepStrictEqual(pairsOf(own), pairsOf(split))) throw unlike(members[0]!, member);
      return isDeepStrictEqual(own.recipe, split.recipe) ? member : { ...member, split: own };
    });
    const evaluation = await evaluateEnsemble(ensemble, backend, split, {
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
    // What several networks see together is drawn by the first of them.
    const source = { model, modelName: who, parameters, state, split, evaluation, backend };
    if (flags.picture !== undefined) await drawReconstructions(flags.picture, source);
    if (flags.png !== undefined) await drawMistakes(flags.png, source);
    if (flags.report !== undefined) {
      writeReport(flags.report, await testReport({ ...source, weights: flags.weights }));
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
  const sees = (opened: OpenedWeights): string => {
    const { description } = opened.model;
    return JSON.stringify([
      description.input,
      description.classNames,
      'decodings' in description ? description.decodings : 1,
      preparationOf(opened),
    ]);
  };
  for (const other of others) {
    if (sees(other) !== sees(first!)) throw unlike(first!, other);
  }
}

const unlike = (first: OpenedWeights, other: OpenedWeights): UserError =>
  new UserError(
    `--weights: ${first.given} and ${other.given} cannot answer together: their images (size, preparation) or classes differ. Average weights of one data set.`,
  );

/** Which pairs of digits are overlaid, and how. */
const pairsOf = ({ recipe }: ExampleSet): unknown =>
  recipe.kind === 'multimnist' ? { ...recipe, divisor: undefined } : undefined;

const recipeOf = ({ metadata: { recipe }, given }: OpenedWeights): Recipe | undefined =>
  recipe === undefined ? undefined : recipeOfNote(recipe, given);

/** The folder of one's own images that weights were trained on. */
function picturesOf(opened: OpenedWeights): PicturesOrigin | undefined {
  const recipe = recipeOf(opened);
  return recipe?.kind === 'images' ? recipe.pictures : undefined;
}

/** What of the preparation must be the same for weights to answer together: how pictures become images of one size. Each may have a scale and statistics of its own. */
function preparationOf(opened: OpenedWeights): unknown {
  const pictures = picturesOf(opened);
  return pictures && { shape: pictures.shape, resize: pictures.resize };
}

/** With the names of the classes, and of the file where there is one: numbers mean nothing to a reader. */
const named = (verdict: Verdict, { classNames, source: { sources } }: ExampleSet) => ({
  ...verdict,
  className: classNames[verdict.label],
  predictedName: classNames[verdict.predicted],
  ...(sources ? { file: sources[verdict.index] } : {}),
});

function writeReport(file: string, contents: string): void {
  try {
    writeFileAtomically(file, contents);
  } catch (error) {
    const reason = systemReason(error);
    throw reason === undefined ? error : new FailedRun(`writing the report ${file} failed (${reason}).`);
  }
}

/** Misclassified images that the text lists. */
const listed = 10;
/** With more classes, the table of scores would fill the screen. */
const mostClasses = 20;

function report(console: Console, flags: TestFlags, split: ExampleSet, evaluation: Evaluation): void {
  const { accuracy, error, loss, misclassified, seconds } = evaluation;
  const scores = scoresOf(evaluation, split.classNames);
  const files = (['report', 'png', 'picture'] as const).filter((name) => flags[name] !== undefined);
  if (flags.json) {
    emit(console, {
      event: 'test',
      accuracy,
      error,
      ...(scores.bothRight === undefined ? {} : { multiAccuracy: accuracy, bothRight: scores.bothRight }),
      count: evaluation.count,
      misclassified: misclassified.length,
      misclassifiedIndices: misclassified.map(({ index }) => index),
      misclassifiedImages: misclassified.map((verdict) => named(verdict, split)),
      loss,
      classNames: split.classNames,
      confusion: scores.confusion,
      // A score that is undefined stands as null.
      classes: scores.classes.map(({ precision = null, recall = null, f1 = null, ...rest }) => ({
        ...rest,
        ...{ precision, recall, f1 },
      })),
      macro: scores.macro,
      seconds,
      imagesPerSecond: evaluation.count / seconds,
      dataset: split.name,
      weights: flags.weights.length === 1 ? flags.weights[0] : flags.weights,
      ...Object.fromEntries(files.map((name) => [name, flags[name]])),
    });
    return;
  }
  const { green, bold, dim } = console.colours.result;
  const nameOf = (label: number): string => split.classNames[label]!;
  const line = (verdict: Verdict): string => {
    const { secondLabel, labels, longest, predicted, length, second, secondLength } = verdict;
    const [first, other] = [
      `${nameOf(predicted)} (${length.toFixed(2)})`,
      `${nameOf(second)} (${secondLength.toFixed(2)})`,
    ];
    const one = secondLabel === undefined ? `${first}, second ${other}` : `${first} and ${other}`;
    const taken = labels && longest ? longest.map(nameOf).join(' and ') : one;
    return `  ${placeOf(split, verdict)}: ${truthOf(verdict, split.classNames)} taken for ${taken}`;
  };
  const score = (value: number | undefined): string => (value === undefined ? '-' : percent(value));
  const classes = table(
    [
      { title: 'class' },
      ...['images', 'right', 'precision', 'recall', 'F1'].map((title) => ({
        title,
        align: 'right' as const,
      })),
    ],
    scores.classes.map(({ name, images, right, precision, recall, f1 }) => [
      name,
      count(images),
      count(right),
      score(precision),
      score(recall),
      score(f1),
    ]),
  );
  const { bothRight, macro } = scores;
  const lines = [
    `${outcomeOf(split, evaluation, (text) => bold(green(text)))} (error ${percent(error)}, loss ${showLoss(loss)}), in ${duration(seconds)}.`,
    ...(bothRight === undefined
      ? []
      : [`multiAccuracy ${percent(accuracy)}; both digits right: ${percent(bothRight)}.`]),
    `Means over the classes: precision ${percent(macro.precision)}, recall ${percent(macro.recall)}, F1 ${percent(macro.f1)}.`,
    ...(split.classes <= mostClasses ? ['', ...classes, ''] : []),
    ...(misclassified.length > 0 ? ['Misclassified:', ...misclassified.slice(0, listed).map(line)] : []),
    ...(misclassified.length > listed
      ? [dim(`  ... and ${count(misclassified.length - listed)} more: --json lists all of them.`)]
      : []),
    ...files.map(
      (name) => `${{ report: 'Report', png: 'Mistakes', picture: 'Picture' }[name]}: ${flags[name]!}`,
    ),
  ];
  console.result(`${lines.join('\n')}\n`);
}
