/**
 * A training that learns nothing looks like one that goes slowly. Whether the answers are better than guessing is a question with an answer: if every guess were the
 * most frequent class, the share of right ones among n images would be `chance`, give or take sqrt(chance (1 - chance) / n).
 */
import type { ExampleSet } from '../data/examples.js';
import { percent } from '../output/format.js';

/** Share of right answers of somebody who always says the most frequent class. */
export function chanceOf({ source: { labels, labelsPerImage, classes, count } }: ExampleSet): number {
  const counts = new Array<number>(classes).fill(0);
  for (let index = 0; index < count; index++) counts[labels[index * labelsPerImage]!]! += 1;
  return Math.max(...counts) / count;
}

/** Within three standard deviations of guessing, or below. */
export const isAtChance = (accuracy: number, images: number, chance: number): boolean =>
  accuracy <= chance + 3 * Math.sqrt((chance * (1 - chance)) / images);

/** Epochs, or steps, after which a network that learns at all is above chance; a verdict after fewer would be hasty. */
const patience = { epochs: 3, steps: 300 } as const;

export interface LearningSoFar {
  readonly epoch: number;
  readonly step: number;
  readonly training: { readonly accuracy: number; readonly images: number };
  /** On the split that chooses. */
  readonly chosen: { readonly accuracy: number; readonly images: number };
}

/** The warning, when it is due: neither training nor test images are told apart after `patience`. */
export function chanceWarning(
  { epoch, step, training, chosen }: LearningSoFar,
  { chance, lr, batchSize }: { readonly chance: number; readonly lr: number; readonly batchSize: number },
): string | undefined {
  if (epoch < patience.epochs && step < patience.steps) return undefined;
  const guessing =
    isAtChance(training.accuracy, training.images, chance) &&
    isAtChance(chosen.accuracy, chosen.images, chance);
  if (!guessing) return undefined;
  return (
    `Warning: after ${epoch} epochs (${step} steps) the answers are no better than guessing (${percent(training.accuracy)} right, the most frequent class alone gives ${percent(chance)}). ` +
    `Usual causes: labels that do not belong to their images (look at them: capsnet datasets preview); a learning rate that does not fit (it is ${lr}; try ${lr / 5} or ${lr * 4}, with --warmup 1); ` +
    `too few steps an epoch for batches of ${batchSize}, or too few images of each class; augmentation that hides what tells the classes apart (--no-augment); images so small that it cannot be seen (--image-size).`
  );
}
