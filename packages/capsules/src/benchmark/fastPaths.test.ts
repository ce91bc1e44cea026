/**
 * The kernels that training steps and inference run, counted. A fast path that is silently not taken (an update of Adam that runs as twelve instructions, a
 * convolution that goes the direct way, a batch norm that is cut into more passes) gives the same numbers, only later; here it fails.
 */
import { adam } from '@capsnet/autograd';
import {
  compile,
  createBackend,
  fill,
  leaves,
  scalar,
  setBackend,
  type Backend,
  type Tensor,
} from '@capsnet/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildModel } from '../models/build.js';
import { describeModel, type ModelName } from '../models/catalogue.js';
import { compileTrainStep } from '../training/step.js';
import { comparedAdam } from './hashModel.js';

let backend: Backend;
beforeAll(async () => {
  backend = await setBackend(await createBackend('wasm', { threads: 1 }));
});
afterAll(() => backend.dispose());

interface Program {
  readonly kernels: Readonly<Record<string, number>>;
  /** Kernel, operation and shape of every step. */
  readonly steps: readonly string[];
  readonly parameters: number;
}

function modelOf(name: ModelName) {
  const model = buildModel(describeModel(name));
  const { parameters, state } = model.init([0, 1]);
  const images = (batch: number): Tensor => fill([batch, ...model.description.input], 0);
  return { model, parameters, state, images, classes: model.description.classNames.length };
}

/** The program of a training step on 16 images, without running it. */
async function trainingOf(name: ModelName): Promise<Program> {
  const { model, parameters, state, images, classes } = modelOf(name);
  const optimizer = adam(comparedAdam);
  const step = compileTrainStep(model, optimizer, { backend });
  const labels = fill([16, classes], 0);
  const batch = { images: images(16), labels };
  const second = { secondLabels: labels, targets: batch.images, secondTargets: batch.images };
  const text = await step.inspect(
    parameters,
    state,
    optimizer.init(parameters),
    name === 'efficient-capsnet-multimnist' ? { ...batch, ...second } : batch,
    scalar(5e-4),
  );
  return programOf(text, leaves(parameters).length);
}

/** The program that answers and decodes. */
async function inferenceOf(name: ModelName, batch: number): Promise<Program> {
  const { model, parameters, state, images } = modelOf(name);
  const predict = compile(
    (weights: typeof parameters, statistics: typeof state, x: Tensor) => {
      const { lengths, reconstruction } = model.apply(weights, statistics, x, { mode: 'test' });
      return { lengths, reconstruction };
    },
    { backend },
  );
  return programOf(await predict.inspect(parameters, state, images(batch)), leaves(parameters).length);
}

function programOf(text: string, parameters: number): Program {
  const steps = text.split('\n').flatMap((line) => /^\d+: (\S+ .*)$/.exec(line)?.[1] ?? []);
  const kernels: Record<string, number> = {};
  for (const line of steps) {
    const kernel = line.split(' ')[0]!;
    kernels[kernel] = (kernels[kernel] ?? 0) + 1;
  }
  return { kernels, steps, parameters };
}

const count = ({ steps }: Program, step: RegExp): number => steps.filter((line) => step.test(line)).length;

describe('efficient-capsnet', () => {
  let program: Program;
  beforeAll(async () => {
    program = await trainingOf('efficient-capsnet');
  });

  test('Adam is one pass for each parameter', () => {
    expect(program.kernels['adam']).toBe(program.parameters);
    expect(count(program, /^fused .*sqrt add div mul sub/)).toBe(0);
  });

  test('3 x 3 convolutions go by Winograd in all directions, the first directly, the primary capsules by depth', () => {
    expect(program.kernels).toMatchObject({
      winogradForward: 3,
      winogradInputGradient: 3,
      // Four images at a time.
      winogradFilterProducts: 12,
      winogradFilterAdjoint: 3,
      correlate: 1,
      filterGradient: 1,
      depthwise: 1,
      depthwiseInputGradient: 1,
      depthwiseFilterGradient: 1,
    });
    expect(count(program, /^winogradForward {2}conv2d bias relu/)).toBe(3);
  });

  test('the products of the decoder take the kernel for few rows, with bias and activation', () => {
    expect(count(program, /^matmulFew {2}matmul bias (relu|sigmoid)/)).toBe(3);
    expect(program.kernels['matmulFew']).toBe(6);
  });

  test('batch norm: two passes forward, two backward, with relu and the sums inside', () => {
    for (const pass of [
      /^fused {2}sub square sum \[16,/,
      /^fused {2}mul add \[16,/,
      /^fused {2}mul sum sum \[16,/,
      /^fused {2}mul mul add add greater mul sum \[16,/,
    ])
      expect(count(program, pass)).toBe(4);
  });

  test('squash and routing: one kernel each, sums taken where the products are made', () => {
    expect(program.kernels).toMatchObject({ squash: 2, squashGradient: 2, softmax: 1 });
    expect(count(program, /^fused {2}mul sum \[10,16,16,16\]/)).toBe(4);
    // No other pass over the votes but their own sum and the one that adds up their gradient.
    expect(count(program, /^fused .*\[10,16,16,16\]/)).toBe(5);
  });

  test('no more steps than there were', () => {
    expect(program.kernels['fused']).toBeLessThanOrEqual(57);
    expect(program.steps.length).toBeLessThanOrEqual(225);
  });
});

describe('original-capsnet', () => {
  let program: Program;
  beforeAll(async () => {
    program = await trainingOf('original-capsnet');
  });

  test('the 9 x 9 convolution goes by Winograd in all directions', () => {
    expect(program.kernels).toMatchObject({
      winogradOutputs: 1,
      winogradInputAdjoints: 1,
      winogradFilterAdjointNine: 4,
      correlate: 1,
      filterGradient: 1,
    });
  });

  test('Adam, squash and routing have kernels of their own', () => {
    // But for the routing bias: the sum that is its gradient, 160 numbers, is in the same pass.
    expect(program.kernels['adam']).toBe(program.parameters - 1);
    expect(count(program, /^fused .*sqrt add div mul sub abs max \[10,16\]/)).toBe(1);
    expect(program.kernels).toMatchObject({ squash: 4, squashGradient: 4, softmax: 2, matmulFew: 6 });
    expect(program.steps.length).toBeLessThanOrEqual(147);
  });
});

test('MultiMNIST: the same paths; gradients of the decoder, sums over two decodings, are added where Adam reads them', async () => {
  const program = await trainingOf('efficient-capsnet-multimnist');
  expect(program.kernels).toMatchObject({
    ...{ winogradForward: 3, winogradInputGradient: 3, winogradFilterAdjoint: 3 },
    ...{
      correlate: 1,
      filterGradient: 1,
      depthwise: 1,
      depthwiseInputGradient: 1,
      depthwiseFilterGradient: 1,
    },
    ...{ squash: 2, squashGradient: 2, softmax: 1, matmulFew: 12 },
  });
  expect(program.kernels['adam']).toBe(program.parameters - 6);
  expect(count(program, /^fused .*add .*sqrt add div mul sub/)).toBe(6);
});

test('smallNORB: the same paths; convolutions of the decoder go directly where they have few channels', async () => {
  const program = await trainingOf('efficient-capsnet-smallnorb');
  expect(program.kernels).toMatchObject({
    ...{ winogradForward: 4, winogradInputGradient: 4, winogradFilterAdjoint: 4 },
    ...{ filterGradient: 4, depthwise: 1, depthwiseInputGradient: 1, depthwiseFilterGradient: 1 },
    ...{ squash: 2, squashGradient: 2, softmax: 1 },
  });
  expect(program.kernels['adam']).toBe(program.parameters);
});

describe('inference', () => {
  const few = { correlate: 1, softmax: 1, matmulFew: 3 };
  test.each([
    ['efficient-capsnet', 16, { ...few, winogradForward: 3, depthwise: 1, squash: 2 }],
    // One image is too little work for the transforms of the last convolution's 128 filters.
    ['efficient-capsnet', 1, { ...few, correlate: 2, winogradForward: 2, depthwise: 1, squash: 2 }],
    ['efficient-capsnet-multimnist', 16, { ...few, winogradForward: 3, depthwise: 1, squash: 2 }],
    ['efficient-capsnet-smallnorb', 16, { winogradForward: 4, depthwise: 1, squash: 2, softmax: 1 }],
    ['original-capsnet', 16, { ...few, winogradProducts: 4, winogradOutputs: 1, squash: 4, softmax: 2 }],
    ['base-capsnet', 16, { correlate: 1, winogradForward: 3, depthwise: 1, squash: 2, matmulFew: 3 }],
    ['cnn', 16, { ...few, winogradForward: 3, matmulFew: 4 }],
  ] as const)('%s, a batch of %i', async (name, batch, kernels) => {
    const program = await inferenceOf(name, batch);
    expect(program.kernels).toMatchObject(kernels);
    // Bias and activation are in the kernels that make the values.
    expect(
      count(program, /^(winogradForward|winogradOutputs|matmulFew) {2}(conv2d|matmul) bias/),
    ).toBeGreaterThan(0);
    expect(count(program, /^fused {2}(add|add max|max)( \[\d+,\d+,\d+,\d+\])/)).toBe(0);
  });
});
