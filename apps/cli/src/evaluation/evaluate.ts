/**
 * Testing a model on a split, image by image: the loss, and for every image which class won, how clearly, and which came second. Training
 * and `capsnet test` share this file, so that the same weights give the same figures to the last image.
 */
import { compileEvaluateStep, type Model, type Parameters } from '@capsnet/capsules';
import type { ImageDataset } from '@capsnet/datasets';
import type { Backend } from '@capsnet/tensor';
import { testBatches } from '../data/batches.js';
import { Interrupted } from '../errors.js';
import type { Interruption } from '../interruption.js';

/** What the network says of one image. */
export interface Verdict {
  /** Position in the split. */
  readonly index: number;
  readonly label: number;
  readonly predicted: number;
  /** Length of the winning capsule. */
  readonly length: number;
  readonly second: number;
  readonly secondLength: number;
}

export interface Evaluation {
  readonly count: number;
  readonly loss: number;
  /** Share of right answers. */
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
    split: ImageDataset,
    options?: EvaluationOptions,
  ): Promise<Evaluation>;
  /** Gives the memory of the compiled step back. */
  release(): void;
}

/** Compiles the test step of a model once, for any number of runs. */
export function createEvaluator(model: Model, backend: Backend): Evaluator {
  const step = compileEvaluateStep(model, { backend });
  return {
    async run(parameters, state, split, { interruption, onProgress } = {}) {
      const start = performance.now();
      const seconds = (): number => (performance.now() - start) / 1000;
      const verdicts: Verdict[] = [];
      let lossSum = 0;
      let right = 0;
      for (const batch of testBatches(split)) {
        if (await interruption?.check()) throw new Interrupted('stopped during the test.');
        const { loss, lengths } = await step(parameters, state, batch);
        const [images, classes] = lengths.shape as readonly [number, number];
        const [batchLoss, scores] = await Promise.all([loss.item(), lengths.data()]);
        lossSum += batchLoss * images;
        for (let row = 0; row < images; row++) {
          const verdict = judge(
            scores.subarray(row * classes, (row + 1) * classes),
            verdicts.length,
            split.labels[verdicts.length]!,
          );
          if (verdict.predicted === verdict.label) right++;
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
        misclassified: verdicts.filter(({ label, predicted }) => label !== predicted),
        seconds: seconds(),
      };
    },
    release: () => step.release(),
  };
}

/** The two longest capsules; of equally long ones the first, as TensorFlow's argmax. */
export function judge(lengths: ArrayLike<number>, index: number, label: number): Verdict {
  let predicted = 0;
  for (let k = 1; k < lengths.length; k++) if (lengths[k]! > lengths[predicted]!) predicted = k;
  let second = predicted === 0 ? 1 : 0;
  for (let k = 0; k < lengths.length; k++) if (k !== predicted && lengths[k]! > lengths[second]!) second = k;
  return { index, label, predicted, length: lengths[predicted]!, second, secondLength: lengths[second]! };
}
