/** The error of a network under each distortion, level by level. */
import { draws, foldIn, randomKey, type RandomKey } from '@capsnet/datasets';
import { judge, rightShare } from '../evaluation/evaluate.js';
import { distortionNames, distortions, type DistortionName } from './distortions.js';
import type { Encoder, Examples } from './encode.js';

export interface Curve {
  readonly distortion: DistortionName;
  readonly levels: readonly number[];
  /** Share of wrong answers at each level. */
  readonly errors: readonly number[];
}

/** Folded into the seed. What is drawn for an image depends on seed, distortion and image alone: it is the same for every network and level. */
const keyOf = (seed: number, which: number): RandomKey => foldIn(foldIn(randomKey(seed), 0x726f6275), which);

/** Share of wrong answers among encoded images. */
export function errorOf(lengths: Float32Array, classes: number, labels: Examples['labels']): number {
  let right = 0;
  labels.forEach(([label, secondLabel], index) => {
    const own = lengths.subarray(index * classes, (index + 1) * classes);
    right += rightShare({
      ...judge(own, index, label!),
      ...(secondLabel === undefined ? {} : { secondLabel }),
    });
  });
  return (labels.length - right) / labels.length;
}

/**
 * Measures all curves.
 *
 * @param step called before each level: how many are done, and of how many; may throw to stop
 */
export async function measureCurves(
  encoder: Encoder,
  examples: Examples,
  seed: number,
  step: (done: number, total: number) => void | Promise<void> = () => undefined,
): Promise<Curve[]> {
  const { shape, images, labels, count } = examples;
  const plans = distortionNames.map((name) => ({ name, levels: distortions[name].levels(shape) }));
  const total = plans.reduce((sum, { levels }) => sum + levels.length, 0);
  const curves: Curve[] = [];
  let done = 0;
  for (const [which, { name, levels }] of plans.entries()) {
    const key = keyOf(seed, which);
    const errors: number[] = [];
    for (const level of levels) {
      await step(done++, total);
      const { lengths } = await encoder.run(count, (index, out) =>
        distortions[name].apply(images[index]!, shape, level, draws(foldIn(key, index)), examples, out),
      );
      errors.push(errorOf(lengths, encoder.classes, labels));
    }
    curves.push({ distortion: name, levels, errors });
  }
  await step(done, total);
  return curves;
}
