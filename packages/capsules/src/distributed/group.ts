/**
 * Data-parallel training: every process has all parameters and a part of each batch. With n_r of n images, process r computes the loss and the gradients of its
 * part, weighted by n_r / n; their sums over all processes are those of the batch, and every process makes the same step. (Goyal et al. 2017, "Accurate, large
 * minibatch SGD", sections 2.1 and 3.)
 */
import { leaves, mapTree, mul, TensorError, unflatten, type Tensor } from '@capsnet/tensor';
import type { Parameters } from '../layers/parameters.js';
import type { Batch } from '../training/batch.js';
import type { MeasuredCommunicator } from './communicator.js';
import { sumOver, sumsOver } from './sums.js';

/** Processes that train together. */
export interface Group {
  readonly communicator: MeasuredCommunicator;
  /**
   * Batch normalisation by the statistics of the whole batch: N processes with b images each then learn as one with N b. Otherwise each normalises by its own
   * part, and the moving statistics are averaged.
   */
  readonly syncBatchNorm: boolean;
}

/** What batch normalisation needs to take its statistics over the parts of a batch in all processes. */
export interface Across {
  /** The sum over all processes. */
  readonly sum: (x: Tensor) => Tensor;
  /** Images of the whole batch. */
  readonly whole: number;
  /** False when the images here only stand in and are not part of the batch. */
  readonly counted: boolean;
}

/** What one process has of a step, or, summed, all of them. */
export interface StepParts<Metrics> {
  readonly gradient: Parameters;
  readonly state: Parameters;
  readonly metrics: Metrics;
}

function partOf({ part }: Batch): NonNullable<Batch['part']> {
  if (!part)
    throw new TensorError(
      'trainStep',
      'the batch does not say of which batch of the group it is a part. Give its `part`.',
    );
  return part;
}

/** Share of the batch that is here, in 0..1. */
export const shareOf = (batch: Batch): number => {
  const { whole, counted } = partOf(batch);
  return counted ? batch.images.shape[0]! / whole : 0;
};

/** For the statistics of batch normalisation; undefined when each process takes its own. */
export function across({ communicator, syncBatchNorm }: Group, batch: Batch): Across | undefined {
  if (!syncBatchNorm) return undefined;
  const { whole, counted } = partOf(batch);
  return { sum: sumOver(communicator), whole, counted };
}

/**
 * The sums of a step over all processes. Gradients and metrics come weighted. The state is the same everywhere with synchronised normalisation, and averaged
 * otherwise.
 */
export function sumStep<Metrics>(
  { communicator, syncBatchNorm }: Group,
  batch: Batch,
  own: StepParts<Metrics>,
): StepParts<Metrics> {
  const share = shareOf(batch);
  const state = syncBatchNorm
    ? {}
    : (mapTree((leaf: Tensor) => mul(leaf, share), own.state as unknown) as unknown as Parameters);
  const tree = { gradient: own.gradient, state, metrics: own.metrics };
  // The last layers have their gradients first.
  const gradients = leaves(own.gradient);
  const summed = sumsOver(communicator, [...gradients.reverse(), ...leaves([state, own.metrics])]);
  const inOrder = [...summed.slice(0, gradients.length).reverse(), ...summed.slice(gradients.length)];
  const sums = unflatten<StepParts<Metrics>>(tree, inOrder);
  return syncBatchNorm ? { ...sums, state: own.state } : sums;
}
