/**
 * The recipe of Efficient-CapsNet (Mazzia, Salvetti, Chiaberge 2021, "Experimental settings", and their code): Adam 5e-4 with
 * batches of 16; the learning rate of epoch e (from 0) is max(5e-4 * 0.97^e, 5e-5).
 */
export const learningRateDecay = 0.97;
export const smallestLearningRate = 5e-5;

/** Learning rate of an epoch, from 0. A start below the floor stays where it is. */
export const learningRateOf = (initial: number, epoch: number): number =>
  Math.max(initial * learningRateDecay ** epoch, Math.min(initial, smallestLearningRate));
