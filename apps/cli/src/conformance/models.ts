/**
 * Tiny whole models: outputs, losses and gradients of the first training step, three steps of Adam on one batch, and what the model
 * then answers in testing, each held against its reference. The steps are those that training itself compiles.
 */
import { adam, valueAndGrad } from '@capsnet/autograd';
import {
  buildModel,
  compileTrainStep,
  pathsOf,
  reconstructionLoss,
  type Batch,
  type Model,
  type Parameters,
  type ParameterSpecs,
} from '@capsnet/capsules';
import {
  add,
  compile,
  leavesWithPaths,
  mul,
  scalar,
  unflatten,
  type Backend,
  type Tensor,
} from '@capsnet/tensor';
import { Attributes, CaseError } from './attributes.js';
import { compare, toleranceOf, type Comparison, type Result } from './compare.js';
import { describeModel } from './modelDescription.js';
import type { CaseTensors, GoldenCase } from './golden.js';

export const modelOperations: readonly string[] = ['model_efficient', 'model_original'];
export const isModel = (op: string): boolean => modelOperations.includes(op);

const steps = 3;

/** Tensors of the file at the places of a tree: `param/conv1/kernel` for conv1.kernel. Fresh ones, for calls that take them over. */
function readTree(tensors: CaseTensors, prefix: string, specs: ParameterSpecs): Parameters {
  const found = pathsOf(specs).map((path) => tensors.tensor(`${prefix}/${path}`));
  return unflatten<unknown>(specs, found) as Parameters;
}

/** The names of a role must be those of the model's tree, or the model is another one. */
function checkNames(golden: GoldenCase, role: string, prefix: string, specs: ParameterSpecs): void {
  const named = [...(golden.tensors[role] ?? [])].sort();
  const built = pathsOf(specs)
    .map((path) => `${prefix}/${path}`)
    .sort();
  if (named.join() === built.join()) return;
  const missing = built.filter((name) => !named.includes(name));
  const unknown = named.filter((name) => !built.includes(name));
  throw new CaseError(
    `${golden.name}: ${role} names another model: ${[...missing.map((name) => `${name} is missing`), ...unknown.map((name) => `${name} is unknown`)].join(', ')}.`,
  );
}

const readBatch = (tensors: CaseTensors, multi: boolean): Batch =>
  multi
    ? {
        images: tensors.tensor('x'),
        labels: tensors.tensor('y1'),
        secondLabels: tensors.tensor('y2'),
        targets: tensors.tensor('target1'),
        secondTargets: tensors.tensor('target2'),
      }
    : { images: tensors.tensor('x'), labels: tensors.tensor('y') };

/** Outputs, losses and gradients of the first step, named as in the file. */
function firstStep(model: Model, weight: number) {
  return (parameters: Parameters, state: Parameters, batch: Batch) => {
    const { images, labels, secondLabels, targets = images, secondTargets } = batch;
    const lossOf = (current: Parameters) => {
      const output = model.apply(current, state, images, {
        mode: 'train',
        labels,
        ...(secondLabels ? { secondLabels } : {}),
      });
      const { capsules, lengths, reconstruction, secondReconstruction } = output;
      const margin = model.classificationLoss(secondLabels ? add(labels, secondLabels) : labels, output);
      const values: Record<string, Tensor> = { caps: capsules, lengths, margin };
      let loss = margin;
      if (reconstruction) {
        const mse = reconstructionLoss(targets, reconstruction);
        Object.assign(values, { recon: reconstruction, mse });
        if (secondReconstruction && secondTargets) {
          const mse2 = reconstructionLoss(secondTargets, secondReconstruction);
          Object.assign(values, { recon2: secondReconstruction, mse2 });
          loss = add(loss, mul(add(mse, mse2), weight / 2));
        } else loss = add(loss, mul(mse, weight));
      }
      return [loss, { ...values, loss }] as const;
    };
    const { auxiliary, gradient } = valueAndGrad(lossOf, { auxiliary: true })(parameters);
    return { outputs: auxiliary, gradient };
  };
}

/** Values of a tree by name, read to the host. */
async function readValues(tree: unknown, prefix: string): Promise<Values> {
  const found = leavesWithPaths(tree).map(async ({ path, leaf }) => {
    const { shape } = leaf as Tensor;
    return [`${prefix}/${path}`, { shape, data: (await (leaf as Tensor).data()).slice() }] as const;
  });
  return new Map<string, Result>(await Promise.all(found));
}
type Values = Map<string, Result>;

export async function runModel(
  golden: GoldenCase,
  tensors: CaseTensors,
  backend: Backend,
): Promise<readonly Comparison[]> {
  const attributes = new Attributes(golden.attrs, golden.name);
  const model = buildModel(describeModel(attributes));
  const { parameterSpecs, stateSpecs } = model;
  checkNames(golden, 'params', 'param', parameterSpecs);
  checkNames(golden, 'state', 'state', stateSpecs);
  const multi = attributes.flag('multi', false);
  const weight = attributes.number('lmd_gen');
  const recipe = attributes.record('adam');
  const [outputTolerance, gradientTolerance] = [toleranceOf(golden, 'outputs'), toleranceOf(golden, 'grads')];
  const comparisons: Comparison[] = [];
  /** Holds every name of a role against the values; a name without a value fails the case. */
  const check = (role: string, values: Values, tolerance: number): void => {
    for (const name of tensors.names(role)) {
      const value = values.get(name);
      if (!value) throw new CaseError(`${golden.name}: nothing here computes "${name}".`);
      comparisons.push(compare(name, value, tensors.get(name), tolerance));
    }
  };

  const first = compile(firstStep(model, weight), { backend, name: `first step of ${golden.name}` });
  const { outputs, gradient } = await first(
    readTree(tensors, 'param', parameterSpecs),
    readTree(tensors, 'state', stateSpecs),
    readBatch(tensors, multi),
  );
  const outputValues = await readValues(outputs, 'out');
  check('grads', await readValues(gradient, 'grad'), gradientTolerance);
  first.release();

  const optimizer = adam({
    beta1: recipe.number('beta1'),
    beta2: recipe.number('beta2'),
    epsilon: recipe.number('epsilon'),
  });
  const learningRate = recipe.number('lr');
  const step = compileTrainStep(model, optimizer, { backend, reconstructionWeight: weight });
  let parameters = readTree(tensors, 'param', parameterSpecs);
  let state = readTree(tensors, 'state', stateSpecs);
  let optimizerState = optimizer.init(parameters);
  const losses: number[] = [];
  for (let count = 1; count <= steps; count++) {
    const next = await step(
      parameters,
      state,
      optimizerState,
      readBatch(tensors, multi),
      scalar(learningRate),
    );
    ({ parameters, state, optimizerState } = next);
    losses.push(await next.metrics.loss.item());
    if (count === 1) check('state_after_1', await readValues(state, 'state1'), outputTolerance);
  }
  outputValues.set(`out/losses_${steps}_steps`, { shape: [steps], data: Float32Array.from(losses) });
  check('outputs', outputValues, outputTolerance);
  check('state_after_3', await readValues(state, 'state3'), outputTolerance);
  const trained = await readValues(parameters, 'after3');
  comparisons.push(
    ...tensors
      .names('params_after_3')
      .flatMap((name) => afterAdam(golden, name, trained, tensors, learningRate)),
  );

  // Testing, with what was reached here.
  const test = compile(
    (current: Parameters, statistics: Parameters, images: Tensor) => {
      const { capsules, lengths, reconstruction, secondReconstruction } = model.apply(
        current,
        statistics,
        images,
        { mode: 'test' },
      );
      return {
        caps: capsules,
        lengths,
        ...(reconstruction ? { recon: reconstruction } : {}),
        ...(secondReconstruction ? { recon2: secondReconstruction } : {}),
      };
    },
    { backend, name: `test of ${golden.name}` },
  );
  check(
    'eval_outputs',
    await readValues(await test(parameters, state, tensors.tensor('x')), 'eval'),
    outputTolerance,
  );
  test.release();
  step.release();
  return comparisons;
}

/**
 * Adam moves an entry by up to lr a step however small its gradient is: where the gradient of the first step is (nearly) 0 its sign, and
 * with it the direction of the step, is a matter of rounding. There an entry may differ by 3 lr, elsewhere by 2e-5.
 */
function afterAdam(
  golden: GoldenCase,
  name: string,
  trained: Values,
  tensors: CaseTensors,
  learningRate: number,
): Comparison[] {
  const actual = trained.get(name);
  if (!actual) throw new CaseError(`${golden.name}: nothing here computes "${name}".`);
  const reference = tensors.get(name);
  const gradient = tensors.get(name.replace(/^after3\//, 'grad/')).data;
  const part = (wanted: (size: number) => boolean, tolerance: number, label: string): Comparison => {
    const picked = (from: ArrayLike<number>): Float32Array =>
      Float32Array.from(from).filter((_, k) => wanted(Math.abs(gradient[k]!)));
    const [ours, theirs] = [picked(actual.data), picked(reference.data)];
    const comparison = compare(
      name,
      { shape: [ours.length], data: ours },
      { shape: [theirs.length], data: theirs },
      tolerance,
      { scale: 'absolute' },
    );
    return { ...comparison, tensor: `${name} ${label}` };
  };
  compare(name, actual, reference, 0); // the shapes
  return [
    part((size) => size > 1e-5, 2e-5, 'where |gradient| > 1e-5'),
    part((size) => size <= 1e-5, steps * learningRate, 'where |gradient| <= 1e-5'),
  ];
}
