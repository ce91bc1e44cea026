/** Which classes are taken for which, and the scores of each class, from the verdicts of a test. */
import { labelsOf, takenOf, type Evaluation, type Verdict } from './evaluate.js';

export interface ClassScores {
  readonly name: string;
  /** Images of the class. */
  readonly images: number;
  /** Images that were taken for it. */
  readonly predicted: number;
  readonly right: number;
  /** right / predicted; undefined when nothing was taken for the class. */
  readonly precision: number | undefined;
  /** right / images; undefined when the split has none of the class. */
  readonly recall: number | undefined;
  /** 2 right / (images + predicted), the harmonic mean of both. */
  readonly f1: number | undefined;
}

export interface ScoreTable {
  readonly classes: readonly ClassScores[];
  /** Means over the classes that the split has; what is undefined counts as 0. */
  readonly macro: { readonly precision: number; readonly recall: number; readonly f1: number };
  /** Row: the class of an image, column: what it was taken for. */
  readonly confusion: readonly (readonly number[])[];
  /** Of overlaid pairs, the share whose two digits are both right. `Evaluation.accuracy` counts single digits (multiAccuracy). */
  readonly bothRight: number | undefined;
}

/**
 * What the classes of an image were taken for. Where there are several (an overlaid pair), each that is among as many of the longest capsules counts as
 * right; one that is missed is shared out equally among the wrong ones that stand there instead, since nobody can tell which of them was meant.
 */
export function matchesOf(
  verdict: Verdict,
): readonly (readonly [label: number, taken: number, share: number])[] {
  const [labels, taken] = [labelsOf(verdict), takenOf(verdict)];
  const wrong = taken.filter((one) => !labels.includes(one));
  return labels.flatMap((one): [number, number, number][] =>
    taken.includes(one) ? [[one, one, 1]] : wrong.map((other) => [one, other, 1 / wrong.length]),
  );
}

/** The table of a test. */
export function scoresOf({ verdicts }: Evaluation, classNames: readonly string[]): ScoreTable {
  const confusion = classNames.map(() => new Array<number>(classNames.length).fill(0));
  for (const verdict of verdicts)
    for (const [label, taken, share] of matchesOf(verdict)) confusion[label]![taken]! += share;
  const ratio = (part: number, whole: number): number | undefined => (whole > 0 ? part / whole : undefined);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const classes = classNames.map((name, index): ClassScores => {
    const right = confusion[index]![index]!;
    // Shares add up to whole images, but for rounding.
    const images = Math.round(sum(confusion[index]!));
    const predicted = Math.round(sum(confusion.map((row) => row[index]!)) * 2) / 2;
    return {
      ...{ name, images, predicted, right },
      precision: ratio(right, predicted),
      recall: ratio(right, images),
      f1: ratio(2 * right, images + predicted),
    };
  });
  const present = classes.filter(({ images }) => images > 0);
  const mean = (key: 'precision' | 'recall' | 'f1'): number =>
    sum(present.map((one) => one[key] ?? 0)) / present.length;
  const pairs = verdicts.filter(({ secondLabel }) => secondLabel !== undefined);
  return {
    classes,
    macro: { precision: mean('precision'), recall: mean('recall'), f1: mean('f1') },
    confusion,
    bothRight: ratio(pairs.filter((one) => matchesOf(one).every(([a, b]) => a === b)).length, pairs.length),
  };
}
