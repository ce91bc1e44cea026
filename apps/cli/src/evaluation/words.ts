/** The outcome of a test in words: the same for `capsnet test` and at the end of a training. */
import { unitOf, type ExampleSet } from '../data/examples.js';
import { count, percent, plural } from '../output/format.js';
import { labelsOf, type Evaluation, type Verdict } from './evaluate.js';

/** The class of an image, the two of an overlaid pair, all of an image that may have several. */
export const truthOf = (verdict: Verdict, names: readonly string[]): string =>
  labelsOf(verdict)
    .map((label) => names[label]!)
    .join(' and ');

/** Where an image is: its file, or its place in the split. */
export const placeOf = (
  split: Pick<ExampleSet, 'decodings' | 'source'>,
  { index }: Pick<Verdict, 'index'>,
): string => split.source.sources?.[index] ?? `${unitOf(split)} ${index}`;

/** `98.20 % of 1,000 test images right, 18 wrong`; of overlaid pairs the digits are counted, and the pairs that have a wrong one. */
export function outcomeOf(
  split: Pick<ExampleSet, 'decodings'>,
  { accuracy, count: tested, misclassified }: Evaluation,
  emphasise: (text: string) => string = (text) => text,
): string {
  const examples = plural(tested, `test ${unitOf(split)}`);
  const share = emphasise(percent(accuracy));
  return split.decodings === 2
    ? `${share} of the digits in ${examples} right, ${plural(misclassified.length, 'pair')} with a wrong one`
    : `${share} of ${examples} right, ${count(misclassified.length)} wrong`;
}
