/**
 * The kernels that a training step runs, counted. A fast path that is silently not taken (an update of Adam that runs as twelve instructions, a
 * convolution that goes the direct way, a batch norm that is cut into more passes) gives the same numbers, only later; here it fails.
 */
import { adam } from '@capsnet/autograd';
import { createBackend, leaves, scalar, setBackend, type Backend } from '@capsnet/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileTrainStep } from '../training/step.js';
import { comparedAdam, hashBatch, hashModel, type HashModelName } from './hashModel.js';

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

/** The program of a training step, without running it. */
async function programOf(name: HashModelName): Promise<Program> {
  const { model, parameters, state } = hashModel(name);
  const optimizer = adam(comparedAdam);
  const step = compileTrainStep(model, optimizer, { backend });
  const text = await step.inspect(parameters, state, optimizer.init(parameters), hashBatch(), scalar(5e-4));
  const steps = text.split('\n').flatMap((line) => /^\d+: (\S+ .*)$/.exec(line)?.[1] ?? []);
  const kernels: Record<string, number> = {};
  for (const line of steps) {
    const kernel = line.split(' ')[0]!;
    kernels[kernel] = (kernels[kernel] ?? 0) + 1;
  }
  return { kernels, steps, parameters: leaves(parameters).length };
}

const count = ({ steps }: Program, step: RegExp): number => steps.filter((line) => step.test(line)).length;

describe('efficient-capsnet', () => {
  let program: Program;
  beforeAll(async () => {
    program = await programOf('efficient-capsnet');
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
    program = await programOf('original-capsnet');
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
