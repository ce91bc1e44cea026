/**
 * Testing a model on a split, image by image: the loss, and for every image which class won, how clearly, and which came second. Training
 * and `capsnet test` share this file, so that the same weights give the same figures to the last image.
 */
import { compileEvaluateStep, type Batch, type Model, type Parameters } from '@capsnet/capsules';
import type { Backend, TypedArray } from '@capsnet/tensor';
import { testBatches } from '../data/batches.js';
import type { ExampleSet } from '../data/examples.js';
import { Interrupted } from '../errors.js';
import type { Interruption } from '../interruption.js';

/** What the network says of one image. */
export interface Verdict {
  /** Position in the split. */
  readonly index: number;
  readonly label: number;
  /** Of the other digit of an overlaid pair. Such an answer is right when the two longest capsules are those of the two labels. */
  readonly secondLabel?: number;
  /** Of an image that may have several classes: all of them, and as many of the longest capsules. */
  readonly labels?: readonly number[];
  readonly longest?: readonly number[];
  readonly predicted: number;
  /** Length of the winning capsule. */
  readonly length: number;
  readonly second: number;
  readonly secondLength: number;
}

export interface Evaluation {
  readonly count: number;
  readonly loss: number;
  /** Share of right answers; for overlaid pairs of right digits (multiAccuracy). */
  readonly accuracy: number;
  /** Share of wrong answers. */
  readonly error: number;
  /** In the order of the split. */
  readonly verdicts: readonly Verdict[];
  readonly misclassified: readonly Verdict[];
  readonly seconds: number;
}

export interface EvaluationOptions {
  readonly interruption?: Interruption;
  /** Called after each batch. */
  readonly onProgress?: (done: number, seconds: number, rightSoFar: number) => void;
}

export interface Evaluator {
  /** @throws Interrupted when the user asks to stop */
  run(
    parameters: Parameters,
    state: Parameters,
    split: ExampleSet,
    options?: EvaluationOptions,
  ): Promise<Evaluation>;
  /** Gives the memory of the compiled step back. */
  release(): void;
}

/** Compiles the test step of a model once, for any number of runs. */
export function createEvaluator(model: Model, backend: Backend, reconstructionWeight?: number): Evaluator {
  const step = compileEvaluateStep(model, {
    backend,
    ...(reconstructionWeight === undefined ? {} : { reconstructionWeight }),
  });
  return {
    run: (parameters, state, split, options) =>
      evaluateSplit(
        split,
        async (batch) => {
          const { loss, lengths } = await step(parameters, state, batch);
          const [value, scores] = await Promise.all([loss.item(), lengths.data()]);
          return { loss: value, scores };
        },
        options,
      ),
    release: () => step.release(),
  };
}

/** What a network, or several as one, say of a batch: its mean loss, and the lengths [batch, classes] of the class capsules. */
export interface Answer {
  readonly loss: number;
  readonly scores: TypedArray | Float64Array;
}

/**
 * Asks for an answer to every batch of a split and judges it.
 *
 * @throws Interrupted when the user asks to stop
 */
export async function evaluateSplit(
  split: ExampleSet,
  answer: (batch: Batch) => Promise<Answer>,
  { interruption, onProgress }: EvaluationOptions = {},
): Promise<Evaluation> {
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  const verdicts: Verdict[] = [];
  let lossSum = 0;
  let right = 0;
  for await (const { batch, labels, count } of testBatches(split)) {
    if (await interruption?.check()) throw new Interrupted('stopped during the test.');
    const { loss, scores } = await answer(batch);
    lossSum += loss * count;
    for (let row = 0; row < count; row++) {
      const own = scores.subarray(row * split.classes, (row + 1) * split.classes);
      const label = labels[row * split.labelsPerImage]!;
      const verdict: Verdict = {
        ...judge(own, verdicts.length, label),
        ...(split.decodings === 2 ? { secondLabel: labels[row * split.labelsPerImage + 1]! } : {}),
        ...(split.decodings === 1 && split.labelsPerImage > 1
          ? severalLabels(own, labels.subarray(row * split.labelsPerImage, (row + 1) * split.labelsPerImage))
          : {}),
      };
      right += rightShare(verdict);
      verdicts.push(verdict);
    }
    onProgress?.(verdicts.length, seconds(), right);
  }
  const count = verdicts.length;
  return {
    count,
    loss: lossSum / count,
    accuracy: right / count,
    error: (count - right) / count,
    verdicts,
    misclassified: verdicts.filter((verdict) => rightShare(verdict) < 1),
    seconds: seconds(),
  };
}

/**
 * 1 for a right answer, 0 for a wrong one; of an overlaid pair, or an image of n classes, the share of its classes that are among the two, or n, longest capsules.
 */
export function rightShare({ label, secondLabel, labels, longest, predicted, second }: Verdict): number {
  if (labels && longest) return labels.filter((one) => longest.includes(one)).length / labels.length;
  if (secondLabel === undefined) return label === predicted ? 1 : 0;
  return [label, secondLabel].filter((one) => one === predicted || one === second).length / 2;
}

/** The classes of an image of several (-1 fills up), and as many of the longest capsules; of equally long ones the first. */
function severalLabels(
  lengths: ArrayLike<number>,
  filled: Int32Array,
): Required<Pick<Verdict, 'labels' | 'longest'>> {
  const labels = [...filled].filter((label) => label >= 0);
  const order = Array.from(lengths, (_, k) => k).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  return { labels, longest: order.slice(0, labels.length) };
}

/** The two longest capsules; of equally long ones the first, as TensorFlow's argmax. */
export function judge(lengths: ArrayLike<number>, index: number, label: number): Verdict {
  let predicted = 0;
  for (let k = 1; k < lengths.length; k++) if (lengths[k]! > lengths[predicted]!) predicted = k;
  let second = predicted === 0 ? 1 : 0;
  for (let k = 0; k < lengths.length; k++) if (k !== predicted && lengths[k]! > lengths[second]!) second = k;
  return { index, label, predicted, length: lengths[predicted]!, second, secondLength: lengths[second]! };
}

/** The classes of an image: one, two of an overlaid pair, or all of one that may have several. */
export const labelsOf = ({ label, secondLabel, labels }: Verdict): readonly number[] =>
  labels ?? (secondLabel === undefined ? [label] : [label, secondLabel]);

/** What it was taken for: as many of the longest capsules. */
export const takenOf = ({ secondLabel, longest, predicted, second }: Verdict): readonly number[] =>
  longest ?? (secondLabel === undefined ? [predicted] : [predicted, second]);

/** Most confident mistakes first: they say most about a network, or about a label. */
export const byConfidence = (misclassified: readonly Verdict[]): readonly Verdict[] =>
  [...misclassified].sort(
    (a, b) => rightShare(a) - rightShare(b) || b.length - a.length || a.index - b.index,
  );
