/** `capsnet test --report`: one page about how a model does on a test split. */
import type { Model, Parameters } from '@capsnet/capsules';
import type { Backend } from '@capsnet/tensor';
import { unitOf, type ExampleSet } from '../data/examples.js';
import type { Evaluation } from '../evaluation/evaluate.js';
import { createReconstructor } from '../evaluation/reconstruct.js';
import { scoresOf } from '../evaluation/scores.js';
import { count, loss as showLoss, percent, plural } from '../output/format.js';
import { html } from './html.js';
import { page, tiles, type Tile } from './page.js';
import { resultSections } from './results.js';

export interface TestReportSource {
  readonly model: Model;
  readonly modelName: string;
  /** The files that were tested. */
  readonly weights: readonly string[];
  readonly parameters: Parameters;
  readonly state: Parameters;
  readonly split: ExampleSet;
  readonly evaluation: Evaluation;
  readonly backend: Backend;
}

/** The figures at the head of a tested model. */
export function resultTiles(split: ExampleSet, evaluation: Evaluation): readonly Tile[] {
  const { accuracy, error, misclassified, loss, count: images } = evaluation;
  const scores = scoresOf(evaluation, split.classNames);
  const wrong = `${count(misclassified.length)} of ${plural(images, unitOf(split))} wrong`;
  return [
    split.decodings === 2
      ? { label: 'Accuracy of digits (multiAccuracy)', value: percent(accuracy), main: true }
      : { label: 'Accuracy', value: percent(accuracy), note: wrong, main: true },
    ...(scores.bothRight === undefined
      ? []
      : [{ label: 'Both digits right', value: percent(scores.bothRight), note: wrong }]),
    { label: 'Error', value: percent(error) },
    { label: 'Macro F1', value: percent(scores.macro.f1) },
    { label: 'Loss', value: showLoss(loss) },
  ];
}

/** The page. */
export async function testReport(source: TestReportSource): Promise<string> {
  const { model, modelName, weights, split, evaluation, backend } = source;
  const reconstructor = createReconstructor(model, split, backend);
  try {
    const parts = await resultSections({ ...source, reconstructor, where: 'the test split' });
    return page({
      title: `${modelName} on ${split.name}`,
      kicker: 'Test',
      lead: html`${plural(evaluation.count, `test ${unitOf(split)}`)},
      ${weights.length === 1 ? 'weights' : 'weights of an ensemble'}
      ${weights.map((file, index) => html`${index > 0 && ', '}<code>${file}</code>`)}.`,
      body: [tiles(resultTiles(split, evaluation)), ...parts],
    });
  } finally {
    reconstructor.release();
  }
}
