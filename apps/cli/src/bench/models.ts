/**
 * Whole models: training steps and inference on the hashed weights and images that every peer uses, so that all do the same work. The first four
 * losses prove it.
 */
import { adam } from '@capsnet/autograd';
import { comparedAdam, compileTrainStep, hashBatch, hashModel, type HashModelName } from '@capsnet/capsules';
import { compile, scalar, type Backend, type StepTime, type Tensor } from '@capsnet/tensor';
import { FailedRun } from '../errors.js';
import { timed, type Runner } from './measure.js';

/** The first losses at batch 16, as two other libraries compute them. */
export const expectedLosses: Readonly<Record<HashModelName, readonly number[]>> = {
  'efficient-capsnet': [0.62978, 0.52775, 0.44821, 0.38657],
  'original-capsnet': [0.61638, 1.55068, 0.86746, 0.47274],
};
/** What a loss may differ by, on whatever it is computed. */
const lossTolerance = 1e-4;

const learningRate = 5e-4;

/** Milliseconds from the start of a run. */
export interface Split {
  readonly issued: number;
  readonly done: number;
}

/** Times the two halves of a run: handing the work over, and waiting for what is read. */
async function splitOf<Result>(
  issue: () => Promise<Result>,
  read: (result: Result) => Promise<unknown>,
): Promise<Split> {
  const start = performance.now();
  const result = await issue();
  const issued = performance.now() - start;
  await read(result);
  return { issued, done: performance.now() - start };
}

/** Something to time, with what was learnt from its first runs. */
export interface Contestant {
  readonly run: Runner;
  /** Milliseconds of the first run: tracing, planning and compiling come with it. */
  readonly firstMilliseconds: number;
  /** Bytes of the plan's memory: all of it, and the part that intermediate results share. */
  readonly memory: { readonly total: number; readonly arena: number };
  readonly losses?: readonly number[];
  readonly profile: () => Promise<readonly StepTime[]>;
  /** Runs once and tells when the call came back, with work perhaps still to do on a device, and when its results were there. */
  readonly split: () => Promise<Split>;
  readonly release: () => void;
}

/**
 * Compiles a training step and does four of them.
 *
 * @throws FailedRun when a loss at batch 16 is not what it must be: the benchmark would measure other work
 */
export async function training(
  name: HashModelName,
  batchSize: number,
  backend: Backend,
): Promise<Contestant> {
  const { model, ...start } = hashModel(name);
  const optimizer = adam<typeof start.parameters>(comparedAdam);
  const step = compileTrainStep(model, optimizer, { backend });
  const batch = hashBatch(batchSize);
  const rate: Tensor = scalar(learningRate);
  let current = { ...start, optimizerState: optimizer.init(start.parameters) };
  const issue = async (): Promise<Tensor> => {
    const { parameters, state, optimizerState, metrics } = await step(
      current.parameters,
      current.state,
      current.optimizerState,
      batch,
      rate,
    );
    current = { parameters, state, optimizerState };
    return metrics.loss;
  };
  const read = (loss: Tensor): Promise<number> => loss.item();
  const once = async (): Promise<number> => read(await issue());
  const began = performance.now();
  const losses = [await once()];
  const firstMilliseconds = performance.now() - began;
  while (losses.length < 4) losses.push(await once());
  if (batchSize === 16)
    checkLosses(
      `${name} on ${backend.description}`,
      name,
      losses,
      'this is not the work that the peers do. Run npm run conformance to find what is wrong.',
    );
  return {
    run: timed(once),
    firstMilliseconds,
    memory: step.memory(),
    losses,
    split: () => splitOf(issue, read),
    profile: () => step.profile(current.parameters, current.state, current.optimizerState, batch, rate),
    release: () => step.release(),
  };
}

/**
 * Holds the first losses at batch 16, as many as there are, against those that everybody computes.
 *
 * @throws FailedRun which says whose loss is wrong, and what that means
 */
export function checkLosses(
  whose: string,
  model: HashModelName,
  losses: readonly number[],
  meaning: string,
): void {
  losses.forEach((loss, index) => {
    const expected = expectedLosses[model][index]!;
    if (!(Math.abs(loss - expected) <= lossTolerance))
      throw new FailedRun(
        `${whose}: loss ${index + 1} is ${loss.toFixed(5)}, wanted ${expected} within ${lossTolerance}: ${meaning}`,
      );
  });
}

/** Capsule lengths and reconstruction of a batch, decoded from the longest capsule. */
export async function inference(
  name: HashModelName,
  batchSize: number,
  backend: Backend,
): Promise<Contestant> {
  const { model, parameters, state } = hashModel(name);
  const { images } = hashBatch(batchSize);
  const predict = compile(
    (weights: typeof parameters, statistics: typeof state, x: Tensor) => {
      const { lengths, reconstruction } = model.apply(weights, statistics, x, { mode: 'test' });
      return { lengths, reconstruction };
    },
    { backend, name: `predict ${name}` },
  );
  const issue = async () => predict(parameters, state, images);
  const read = ({ lengths, reconstruction }: Awaited<ReturnType<typeof issue>>): Promise<unknown> =>
    Promise.all([lengths.data(), reconstruction?.data()]);
  const once = async (): Promise<unknown> => read(await issue());
  const began = performance.now();
  await once();
  return {
    run: timed(once),
    firstMilliseconds: performance.now() - began,
    memory: predict.memory(),
    split: () => splitOf(issue, read),
    profile: () => predict.profile(parameters, state, images),
    release: () => predict.release(),
  };
}

export type Task = 'training' | 'inference';

export const contestant = (
  task: Task,
  name: HashModelName,
  batchSize: number,
  backend: Backend,
): Promise<Contestant> => (task === 'training' ? training : inference)(name, batchSize, backend);
