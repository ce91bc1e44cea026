/**
 * Weights averaged over the last steps of a training (Polyak and Juditsky 1992, here with exponentially falling weights): they jump about less than
 * the weights of one step and test better as a rule. The moving statistics of batch normalisation are averaged with them, as they belong together.
 *
 *   average = keep average + (1 - keep) weights,   keep = min(decay, t / (t + 9)),   t = 1, 2, ... steps
 *
 * The second term lets early averages forget the random start: TensorFlow's ExponentialMovingAverage has the same, with t - 1 as its number of updates.
 */
import {
  add,
  div,
  leaves,
  mapTree,
  minimum,
  mul,
  scalar,
  sub,
  tensor,
  unflatten,
  type Tensor,
} from '@capsnet/tensor';
import type { Parameters } from '../layers/parameters.js';
import type { TrainStep } from './step.js';

/** The running average of parameters and statistics over the steps of a training. */
export interface Average {
  readonly parameters: Parameters;
  readonly state: Parameters;
  /** Steps averaged, a scalar. */
  readonly count: Tensor;
}

/** What a training carries from step to step beside parameters and state. */
export interface Carried<OptimizerState> {
  readonly optimizer: OptimizerState;
  /** Absent when nothing is averaged. */
  readonly average?: Average;
}

/** The start of an average: copies, because the originals are donated to the first step. */
export async function startAverage(parameters: Parameters, state: Parameters): Promise<Average> {
  const copy = async (tree: Parameters): Promise<Parameters> =>
    unflatten<unknown>(
      tree,
      await Promise.all(
        leaves(tree).map(async (leaf) => tensor(Float32Array.from(await leaf.data()), leaf.shape)),
      ),
    ) as Parameters;
  return { parameters: await copy(parameters), state: await copy(state), count: scalar(0) };
}

/**
 * A training step that carries the optimiser's state, and an average when it is given one.
 *
 * @throws Error when decay is not in [0, 1)
 */
export function carryAverage<OptimizerState>(
  step: TrainStep<OptimizerState>,
  decay: number,
): TrainStep<Carried<OptimizerState>> {
  if (!(decay >= 0 && decay < 1))
    throw new Error(`carryAverage: decay is ${decay}, wanted a number in [0, 1), for example 0.999.`);
  return (parameters, state, { optimizer, average }, batch, learningRate, askToStop) => {
    const next = step(parameters, state, optimizer, batch, learningRate, askToStop);
    if (!average) return { ...next, optimizerState: { optimizer: next.optimizerState } };
    const count = add(average.count, 1);
    const keep = minimum(decay, div(count, add(count, 9)));
    const take = sub(1, keep);
    const mix = (before: Parameters, now: Parameters): Parameters =>
      mapTree(
        (old: Tensor, fresh: Tensor) => add(mul(old, keep), mul(fresh, take)),
        before as unknown,
        now,
      ) as unknown as Parameters;
    return {
      ...next,
      optimizerState: {
        optimizer: next.optimizerState,
        average: {
          parameters: mix(average.parameters, next.parameters),
          state: mix(average.state, next.state),
          count,
        },
      },
    };
  };
}
