/**
 * Several networks as one: the lengths of their class capsules are averaged, as Mazzia et al. 2021 do for their best result on MNIST (section
 * "Results"), and the longest average wins. The members need not be of one kind; a CNN brings its probabilities.
 */
import { compileEvaluateStep, type Batch, type Model, type Parameters } from '@capsnet/capsules';
import type { Backend } from '@capsnet/tensor';
import { testBatches } from '../data/batches.js';
import type { ExampleSet } from '../data/examples.js';
import { evaluateSplit, type Evaluation, type EvaluationOptions } from './evaluate.js';

export interface Member {
  readonly model: Model;
  readonly parameters: Parameters;
  readonly state: Parameters;
  /** The same images, prepared for this member, where that is not as in the ensemble's split. */
  readonly split?: ExampleSet;
}

/** Element by element the mean of several vectors of one length. */
export function averageOf(vectors: readonly ArrayLike<number>[]): Float64Array {
  const mean = new Float64Array(vectors[0]!.length);
  for (const vector of vectors) for (let k = 0; k < mean.length; k++) mean[k]! += vector[k]!;
  return mean.map((sum) => sum / vectors.length);
}

/**
 * Tests an ensemble on a split. Its loss is the mean of the members' losses.
 *
 * @throws Interrupted when the user asks to stop
 */
export async function evaluateEnsemble(
  members: readonly Member[],
  backend: Backend,
  split: ExampleSet,
  options: EvaluationOptions = {},
): Promise<Evaluation> {
  // Members of one architecture share one plan.
  const steps = new Map<string, ReturnType<typeof compileEvaluateStep>>();
  const stepOf = ({ model }: Member) => {
    const key = JSON.stringify(model.description);
    if (!steps.has(key)) steps.set(key, compileEvaluateStep(model, { backend }));
    return steps.get(key)!;
  };
  // Batches of the members that see the images in a way of their own, beside those of the split.
  const seenBy = members.map((member) => member.split && testBatches(member.split));
  try {
    return await evaluateSplit(
      split,
      async (batch) => {
        const answers: { loss: number; scores: ArrayLike<number> }[] = [];
        for (const [index, member] of members.entries()) {
          const seen = seenBy[index] ? await nextOf(seenBy[index]) : batch;
          const { loss, lengths } = await stepOf(member)(member.parameters, member.state, seen);
          // A copy: the next member may compute in the same plan.
          const [value, scores] = await Promise.all([loss.item(), lengths.data()]);
          answers.push({ loss: value, scores: Float64Array.from(scores) });
        }
        return {
          loss: answers.reduce((sum, { loss }) => sum + loss, 0) / members.length,
          scores: averageOf(answers.map(({ scores }) => scores)),
        };
      },
      options,
    );
  } finally {
    for (const step of steps.values()) step.release();
    for (const batches of seenBy) await batches?.return();
  }
}

async function nextOf(batches: ReturnType<typeof testBatches>): Promise<Batch> {
  const next = await batches.next();
  if (next.done) throw new RangeError('evaluateEnsemble: a member has fewer images than the split.');
  return next.value.batch;
}
