/**
 * Several networks as one: the lengths of their class capsules are averaged, as Mazzia et al. 2021 do for their best result on MNIST (section
 * "Results"), and the longest average wins. The members need not be of one kind; a CNN brings its probabilities.
 */
import { compileEvaluateStep, type Model, type Parameters } from '@capsnet/capsules';
import type { Backend } from '@capsnet/tensor';
import type { ExampleSet } from '../data/examples.js';
import { evaluateSplit, type Evaluation, type EvaluationOptions } from './evaluate.js';

export interface Member {
  readonly model: Model;
  readonly parameters: Parameters;
  readonly state: Parameters;
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
  try {
    return await evaluateSplit(
      split,
      async (batch) => {
        const answers: { loss: number; scores: ArrayLike<number> }[] = [];
        for (const member of members) {
          const { loss, lengths } = await stepOf(member)(member.parameters, member.state, batch);
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
  }
}
