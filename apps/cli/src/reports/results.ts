/** What a tested model got right and wrong, as parts of a page: the same for a test and for a run. */
import type { Parameters } from '@capsnet/capsules';
import { unitOf, type ExampleSet } from '../data/examples.js';
import { byConfidence, labelsOf, type Evaluation, type Verdict } from '../evaluation/evaluate.js';
import type { Reconstructor } from '../evaluation/reconstruct.js';
import { scoresOf } from '../evaluation/scores.js';
import { placeOf, truthOf } from '../evaluation/words.js';
import { count, plural } from '../output/format.js';
import { classTable, confusionMatrix } from './confusion.js';
import { html, type Html } from './html.js';
import { dataTable, section } from './page.js';
import { gallery, pairs, type Card } from './pictures.js';

/** Misclassified images that are drawn, and those that are listed. */
const mostDrawn = 60;
const mostListed = 2000;
/** Images of the split that are drawn whatever became of them. */
const samples = 15;

export interface ResultSource {
  readonly parameters: Parameters;
  readonly state: Parameters;
  readonly split: ExampleSet;
  readonly evaluation: Evaluation;
  readonly reconstructor: Reconstructor;
  /** The split in words: `the test split`. */
  readonly where: string;
}

/** The sections: pictures of the mistakes, confusion, scores of the classes, reconstructions. */
export async function resultSections(source: ResultSource): Promise<readonly Html[]> {
  const { parameters, state, split, evaluation, reconstructor, where } = source;
  const { classNames } = split;
  const { misclassified, verdicts } = evaluation;
  const scores = scoresOf(evaluation, classNames);
  const draw = (chosen: readonly Verdict[]) =>
    reconstructor.draw(
      parameters,
      state,
      chosen.map(({ index, predicted, second }) => ({ index, classes: [predicted, second] })),
    );
  const worst = byConfidence(misclassified).slice(0, mostDrawn);
  const drawn = await draw(worst);
  const cards = worst.map((verdict, at): Card => {
    const { predicted, second, length, secondLength } = verdict;
    const isRight = (taken: number): boolean => labelsOf(verdict).includes(taken);
    const { input, reconstructions } = drawn[at]!;
    return {
      title: html`${placeOf(split, verdict)} is <strong>${truthOf(verdict, classNames)}</strong>`,
      images: [
        { picture: input, caption: 'seen' },
        ...reconstructions.map((picture, which) => ({
          picture,
          caption:
            reconstructions.length === 1 ? 'redrawn' : `as ${classNames[which === 0 ? predicted : second]!}`,
        })),
      ],
      guesses: [
        { name: classNames[predicted]!, length, right: isRight(predicted) },
        { name: classNames[second]!, length: secondLength, right: isRight(second) },
      ],
    };
  });
  const first = verdicts.slice(0, samples);
  const drawnFirst = await draw(first);
  const decodes = drawnFirst.some(({ reconstructions }) => reconstructions.length > 0);
  const mistakes =
    misclassified.length === 0
      ? section(
          'Misclassified',
          html`<p class="panel">None: every ${unitOf(split)} of ${where} is right.</p>`,
        )
      : section(
          'Misclassified',
          [gallery(cards), listOfMistakes(misclassified, split)],
          html`${plural(misclassified.length, unitOf(split))} of ${count(evaluation.count)} on
          ${where}${misclassified.length > worst.length && `; the ${worst.length} most confident are drawn`}.
          Beneath each picture the two longest capsules and their
          lengths${decodes && ', beside it what the decoder draws for them'}.`,
        );
  return [
    mistakes,
    html`<div class="beside">
      ${section(
        'Confusion',
        confusionMatrix(scores),
        split.decodings === 2
          ? `Digits of ${where}. One that was missed is shared out among the wrong ones in its place.`
          : `Rows are the true classes of ${where}, columns what they were taken for.`,
      )}
      ${section('Classes', classTable(scores), 'Precision, recall and F1 in per cent.')}
    </div>`,
    ...(decodes
      ? [
          section(
            'Reconstructions',
            pairs(
              first.map((verdict, at) => {
                const { input, reconstructions } = drawnFirst[at]!;
                const shown = split.decodings === 2 ? reconstructions : reconstructions.slice(0, 1);
                return { input, reconstructions: shown, caption: truthOf(verdict, classNames) };
              }),
            ),
            split.decodings === 2
              ? `The first pairs of ${where}, each above the two digits that the decoder draws of it.`
              : `The first images of ${where}, each above what the decoder draws of its longest capsule.`,
          ),
        ]
      : []),
  ];
}

function listOfMistakes(misclassified: readonly Verdict[], split: ExampleSet): Html {
  const { classNames } = split;
  const listed = misclassified.slice(0, mostListed);
  return html`<details>
    <summary>All of them as a table</summary>
    ${dataTable(
      [
        { title: unitOf(split), number: true },
        { title: 'is' },
        { title: 'longest' },
        { title: 'length', number: true },
        { title: 'second' },
        { title: 'length', number: true },
      ],
      listed.map((verdict) => [
        split.source.sources?.[verdict.index] ?? verdict.index,
        truthOf(verdict, classNames),
        classNames[verdict.predicted]!,
        verdict.length.toFixed(3),
        classNames[verdict.second]!,
        verdict.secondLength.toFixed(3),
      ]),
    )}
    ${
      misclassified.length > listed.length &&
      html`<p class="note">
        The first ${count(listed.length)} of ${count(misclassified.length)};
        <code>capsnet test --json</code> lists all.
      </p>`
    }
  </details>`;
}
