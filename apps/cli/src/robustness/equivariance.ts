/**
 * Equivariance: do the dimensions of the winning capsule say how the object lies? Every image is moved by random amounts, and a linear prediction is fitted,
 * class by class, from the winning capsule to the amount. Its R^2 on images that it was not fitted on is 1 where the capsule tells the pose exactly, and
 * 0 where it tells nothing.
 *
 * `pose` predicts from the capsule alone, across all ways of writing a class; `change` from how the capsule differs from that of the unmoved image.
 */
import { draws, foldIn, randomKey } from '@capsnet/datasets';
import type { ImageShape } from '@capsnet/datasets';
import { moveTo, type Pose } from './distortions.js';
import type { Encoder, Examples } from './encode.js';
import { fitRidge, type Regression } from './ridge.js';

export const motionNames = ['rotation', 'horizontal shift', 'vertical shift', 'scale'] as const;
export type MotionName = (typeof motionNames)[number];

/** The amount for a draw u in [-1, 1): up to 30 degrees, a seventh of the side, 30 %. */
const motions: Readonly<
  Record<MotionName, { pose: (amount: number) => Pose; amount: (u: number, shape: ImageShape) => number }>
> = {
  rotation: { amount: (u) => 30 * u, pose: (angle) => ({ angle }) },
  'horizontal shift': { amount: (u, [, width]) => (u * width) / 7, pose: (right) => ({ right }) },
  'vertical shift': { amount: (u, [height]) => (u * height) / 7, pose: (down) => ({ down }) },
  scale: { amount: (u) => 1 + 0.3 * u, pose: (scale) => ({ scale }) },
};

export interface Equivariance {
  readonly motion: MotionName;
  /** R^2 of the prediction from the capsule, and from its change. */
  readonly pose: number;
  readonly change: number;
  /** Moved images that it was measured on, of classes with enough images. */
  readonly count: number;
}

/** Amounts an image is moved by. */
const movesEach = 4;
/** A class with fewer images to fit on than this is left out. */
const fewest = 5;

/** One moved image. */
interface Sample {
  readonly image: number;
  readonly winner: number;
  readonly amount: number;
  readonly capsule: Float32Array;
  readonly change: Float32Array;
}

/** The last three of ten images are kept for the test. */
const isHeldOut = (image: number): boolean => image % 10 >= 7;

/** From few features, as a capsule has, to hundreds, as the hidden layer of a CNN: what suits one lets the other fit noise. */
const penalties = [1e-3, 1e-2, 1e-1, 1] as const;

interface Fitted {
  readonly image: number;
  readonly amount: number;
  readonly features: ArrayLike<number>;
}

/** A regression with the penalty that does best on two of the seven tenths of the images, when it is fitted on the other five. */
function fitBest(fitted: readonly Fitted[]): Regression {
  const fit = (samples: readonly Fitted[], penalty: number): Regression =>
    fitRidge(
      samples.map(({ features }) => features),
      samples.map(({ amount }) => amount),
      penalty,
    );
  const isTrial = ({ image }: Fitted): boolean => image % 10 >= 5;
  const [trials, others] = [fitted.filter(isTrial), fitted.filter((sample) => !isTrial(sample))];
  if (trials.length === 0 || others.length < 2) return fit(fitted, penalties[0]);
  const errors = penalties.map((penalty) => {
    const regression = fit(others, penalty);
    return trials.reduce(
      (sum, { features, amount }) => sum + (amount - regression.predict(features)) ** 2,
      0,
    );
  });
  return fit(fitted, penalties[errors.indexOf(Math.min(...errors))]!);
}

/** R^2 over all classes: 1 - sum of squared errors / sum of squares about the mean of each class, on held-out images. */
export function explained(
  samples: readonly {
    readonly image: number;
    readonly winner: number;
    readonly amount: number;
    readonly features: ArrayLike<number>;
  }[],
): { readonly share: number; readonly count: number } {
  let [errors, squares, count] = [0, 0, 0];
  for (const winner of new Set(samples.map((sample) => sample.winner))) {
    const own = samples.filter((sample) => sample.winner === winner);
    const [fitted, tested] = [
      own.filter(({ image }) => !isHeldOut(image)),
      own.filter(({ image }) => isHeldOut(image)),
    ];
    if (new Set(fitted.map(({ image }) => image)).size < fewest || tested.length < 2) continue;
    const regression = fitBest(fitted);
    const mean = tested.reduce((sum, { amount }) => sum + amount, 0) / tested.length;
    for (const { features, amount } of tested) {
      errors += (amount - regression.predict(features)) ** 2;
      squares += (amount - mean) ** 2;
    }
    count += tested.length;
  }
  return { share: squares === 0 ? NaN : 1 - errors / squares, count };
}

/** Measures every motion. @param step as for `measureCurves` */
export async function measureEquivariance(
  encoder: Encoder,
  examples: Examples,
  seed: number,
  step: (done: number, total: number) => void | Promise<void> = () => undefined,
): Promise<Equivariance[]> {
  const { images, shape, count } = examples;
  const { classes, capsules, dimensions } = encoder;
  const still = await encoder.run(count, (index, out) => out.set(images[index]!));
  const results: Equivariance[] = [];
  for (const [which, motion] of motionNames.entries()) {
    await step(which, motionNames.length);
    const { amount: amountOf, pose } = motions[motion];
    const key = foldIn(foldIn(randomKey(seed), 0x65717569), which);
    const amounts = Float64Array.from({ length: count * movesEach }, (_, k) =>
      amountOf(draws(foldIn(key, k)).uniform(-1, 1), shape),
    );
    const moved = await encoder.run(count * movesEach, (k, out) => {
      moveTo(images[Math.floor(k / movesEach)]!, shape, pose(amounts[k]!), out);
    });
    const samples = Array.from(amounts, (amount, k): Sample => {
      const image = Math.floor(k / movesEach);
      const winner = longest(moved.lengths.subarray(k * classes, (k + 1) * classes));
      const own = capsules === 1 ? 0 : winner;
      const at = (row: number): number => (row * capsules + own) * dimensions;
      const capsule = moved.capsules.subarray(at(k), at(k) + dimensions);
      const before = still.capsules.subarray(at(image), at(image) + dimensions);
      return { image, winner, amount, capsule, change: capsule.map((value, d) => value - before[d]!) };
    });
    const [fromPose, fromChange] = (['capsule', 'change'] as const).map((features) =>
      explained(samples.map((sample) => ({ ...sample, features: sample[features] }))),
    );
    results.push({ motion, pose: fromPose!.share, change: fromChange!.share, count: fromPose!.count });
  }
  await step(motionNames.length, motionNames.length);
  return results;
}

function longest(lengths: Float32Array): number {
  let best = 0;
  lengths.forEach((length, k) => {
    if (length > lengths[best]!) best = k;
  });
  return best;
}
