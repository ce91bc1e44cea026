/** One step of training and of testing, as pure functions; `compile` makes them fast. */
import { valueAndGrad, type Optimizer } from '@capsnet/autograd';
import {
  abs,
  compile,
  leaves,
  max,
  mul,
  scalar,
  stack,
  sum,
  type Backend,
  type Compiled,
  type Tensor,
} from '@capsnet/tensor';
import { across, shareOf, sumStep, type Group } from '../distributed/group.js';
import type { Parameters } from '../layers/parameters.js';
import type { LossParts } from '../losses/fullLoss.js';
import type { Model } from '../models/model.js';
import { batchCorrect, batchLoss, type Batch } from './batch.js';

/** Scalars of one batch. */
export interface Metrics {
  readonly loss: Tensor;
  /** Loss of classification. */
  readonly margin: Tensor;
  /** Mean squared error of the reconstruction. */
  readonly reconstruction: Tensor;
  /** Number of samples that are right (halves count for two digits). */
  readonly correct: Tensor;
}

/** What a training step gives: everything that the next one takes, and what it measured. */
export interface StepResult<OptimizerState> {
  readonly parameters: Parameters;
  readonly state: Parameters;
  readonly optimizerState: OptimizerState;
  readonly metrics: Metrics;
  /** Largest |gradient| of every parameter, in the order of the parameters' leaves: one is not finite when a gradient is not. */
  readonly gradientMaxima: Tensor;
  /** With a group: how many of its processes ask to stop after this step. */
  readonly asksToStop?: Tensor;
}

/** Settings of a step's loss. */
export interface StepOptions {
  /** Of the mean squared error in the loss; 0.392 by default. */
  readonly reconstructionWeight?: number;
  /** Trains with the other processes of a group: batches are parts of a whole one, metrics and gradients those of the whole. */
  readonly group?: Group;
}

/** (parameters, state, optimiser state, batch, learning rate) -> the next ones. */
export type TrainStep<OptimizerState> = (
  parameters: Parameters,
  state: Parameters,
  optimizerState: OptimizerState,
  batch: Batch,
  learningRate: Tensor,
  /** With a group: 1 when this process asks to stop after this step, otherwise 0. */
  askToStop?: Tensor,
) => StepResult<OptimizerState>;

/** The training step of a model with an optimiser: forward, loss, backward, update. Pure. */
export function trainStep<OptimizerState>(
  model: Model,
  optimizer: Optimizer<Parameters, OptimizerState>,
  { reconstructionWeight, group }: StepOptions = {},
): TrainStep<OptimizerState> {
  return (parameters, state, optimizerState, batch, learningRate, askToStop = scalar(0)) => {
    const { images, labels, secondLabels } = batch;
    const statistics = group && across(group, batch);
    const share = group ? shareOf(batch) : 1;
    const weighted = ({ loss, margin, reconstruction }: LossParts): LossParts =>
      group
        ? { loss: mul(loss, share), margin: mul(margin, share), reconstruction: mul(reconstruction, share) }
        : { loss, margin, reconstruction };
    const lossOf = (current: Parameters) => {
      const output = model.apply(current, state, images, {
        mode: 'train',
        labels,
        ...(secondLabels ? { secondLabels } : {}),
        ...(statistics ? { across: statistics } : {}),
      });
      const parts = weighted(batchLoss(model, output, batch, reconstructionWeight));
      return [
        parts.loss,
        { parts, state: output.state, correct: sum(batchCorrect(batch, output)) as Tensor },
      ] as const;
    };
    const { auxiliary, gradient } = valueAndGrad(lossOf, { auxiliary: true })(parameters);
    const { parts, correct } = auxiliary;
    const metrics = { ...parts, correct: share > 0 ? correct : mul(correct, 0), askToStop };
    const own = { gradient, state: auxiliary.state, metrics };
    const whole = group ? sumStep(group, batch, own) : own;
    const { askToStop: asksToStop, ...measured } = whole.metrics;
    const updated = optimizer.update(whole.gradient, optimizerState, parameters, learningRate);
    return {
      parameters: updated.parameters,
      state: whole.state,
      optimizerState: updated.state,
      metrics: measured,
      ...(group ? { asksToStop } : {}),
      gradientMaxima: stack(
        leaves(whole.gradient).map((leaf) => max(abs(leaf)) as Tensor),
        0,
      ),
    };
  };
}

/** Settings of a compiled step. */
export interface CompileStepOptions extends StepOptions {
  readonly backend?: Backend;
}

/** A step compiled, whatever it carries as its third argument. Parameters, state and the third are donated: use the returned ones. */
export const compileStep = <Third>(
  step: TrainStep<Third>,
  name: string,
  backend?: Backend,
): Compiled<Parameters_<Third>, StepResult<Third>> =>
  compile(step, { donate: [0, 1, 2], name, ...(backend ? { backend } : {}) });

/** `trainStep` compiled. Parameters, state and optimiser state are donated: use the returned ones. */
export const compileTrainStep = <OptimizerState>(
  model: Model,
  optimizer: Optimizer<Parameters, OptimizerState>,
  { backend, ...options }: CompileStepOptions = {},
): Compiled<Parameters_<OptimizerState>, StepResult<OptimizerState>> =>
  compileStep(trainStep(model, optimizer, options), `train ${model.description.kind}`, backend);

type Parameters_<OptimizerState> = [Parameters, Parameters, OptimizerState, Batch, Tensor, Tensor?];

/** What testing a batch gives. */
export interface Evaluation extends Metrics {
  /** [batch, classes] */
  readonly lengths: Tensor;
}

/**
 * Tests a batch: gathered statistics, no gradient. The decoder is fed the capsule of the label, so that the loss is the one that
 * training lowers; lengths and accuracy do not depend on it.
 */
export const evaluateStep =
  (model: Model, { reconstructionWeight }: StepOptions = {}) =>
  (parameters: Parameters, state: Parameters, batch: Batch): Evaluation => {
    const { images, labels, secondLabels } = batch;
    const output = model.apply(parameters, state, images, {
      mode: 'play',
      labels,
      ...(secondLabels ? { secondLabels } : {}),
    });
    return {
      ...batchLoss(model, output, batch, reconstructionWeight),
      correct: sum(batchCorrect(batch, output)),
      lengths: output.lengths,
    };
  };

/** `evaluateStep` compiled: parameters, state and a batch in, scores and lengths [batch, classes] out. Nothing is donated. */
export const compileEvaluateStep = (
  model: Model,
  { backend, ...options }: CompileStepOptions = {},
): Compiled<[Parameters, Parameters, Batch], Evaluation> =>
  compile(evaluateStep(model, options), {
    name: `evaluate ${model.description.kind}`,
    ...(backend ? { backend } : {}),
  });
