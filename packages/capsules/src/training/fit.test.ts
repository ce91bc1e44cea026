/** The trainer on a problem small enough for the reference backend. */
import { adam } from '@capsnet/autograd';
import {
  createBackend,
  fill,
  leaves,
  leavesWithPaths,
  oneHot,
  randomKey,
  randomUniform,
  setBackend,
  splitKey,
  tensor,
  unflatten,
  type Tensor,
} from '@capsnet/tensor';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildModel } from '../models/build.js';
import type { ModelDescription } from '../models/description.js';
import { smallModel } from '../testing/smallModel.js';
import { saveModel } from '../weights/modelFile.js';
import type { Batch } from './batch.js';
import { evaluateModel, fit, TrainingError, type EpochReport, type FitOptions } from './fit.js';

/** Noise, with a bright bar on the left, on the right, or nowhere. */
function batch(seed: number, size = 12): Batch {
  const [noise] = splitKey(randomKey(seed), 1);
  const pixels = Float32Array.from(randomUniform(noise!, [size, 10, 10, 1], 0, 0.5).dataSync());
  const labels = Array.from({ length: size }, (_, index) => (index * 7 + seed) % 3);
  labels.forEach((label, index) => {
    if (label < 2)
      for (let row = 0; row < 10; row++) pixels[index * 100 + row * 10 + (label === 0 ? 2 : 7)] = 1;
  });
  return {
    images: tensor(pixels, [size, 10, 10, 1]),
    labels: oneHot(tensor(Int32Array.from(labels), [size]), 3),
  };
}
const batches = (epoch: number): Batch[] =>
  Array.from({ length: 6 }, (_, index) => batch(100 * epoch + index));

beforeAll(async () => {
  await setBackend(await createBackend('reference'));
});

const start = (seed = 1, model = buildModel(smallModel)) => ({ model, ...model.init(randomKey(seed)) });
const options = (seed = 1) => ({
  ...start(seed),
  optimizer: adam(),
  epochs: 3,
  batches,
  learningRate: () => 1e-2,
});

async function run<State>(given: FitOptions<State>): Promise<EpochReport<State>[]> {
  const reports: EpochReport<State>[] = [];
  for await (const report of fit(given)) reports.push(report);
  return reports;
}

describe('fit', () => {
  test('learns, reports, and validates', async () => {
    const steps: number[] = [];
    const reports = await run({
      ...options(),
      validation: () => [batch(9991), batch(9992)],
      onStep: ({ step, loss }) => void (steps.push(step), expect(loss).toBeGreaterThan(0)),
    });
    expect(reports.map(({ epoch, step }) => [epoch, step])).toEqual([
      [0, 6],
      [1, 12],
      [2, 18],
    ]);
    expect(steps).toEqual(Array.from({ length: 18 }, (_, k) => k + 1));
    expect(reports[2]!.training.loss).toBeLessThan(0.7 * reports[0]!.training.loss);
    expect(reports[2]!.validation!.accuracy).toBeGreaterThan(0.9);
    expect(reports[2]!.validation!.count).toBe(24);
    const { model } = start();
    const again = await evaluateModel({
      model,
      parameters: reports[2]!.parameters,
      state: reports[2]!.state,
      batches: [batch(9991), batch(9992)],
    });
    expect(again).toEqual(reports[2]!.validation);
  });

  test('gives the same bytes twice, and when it is resumed', async () => {
    const final = async (given: FitOptions<any>): Promise<{ bytes: Uint8Array; last: EpochReport<any> }> => {
      const last = (await run(given)).at(-1)!;
      return { bytes: await saveModel(given.model, last.parameters, last.state), last };
    };
    const whole = await final(options());
    expect(Buffer.compare((await final(options())).bytes, whole.bytes)).toBe(0);
    const { last: half } = await final({ ...options(), epochs: 1 });
    const { parameters, state, optimizerState, step } = half;
    const resumed = await final({
      ...options(),
      parameters,
      state,
      optimizerState,
      firstEpoch: 1,
      stepsDone: step,
    });
    expect(Buffer.compare(resumed.bytes, whole.bytes)).toBe(0);
    expect(resumed.last.step).toBe(18);
    expect(Buffer.compare((await final({ ...options(2), epochs: 3 })).bytes, whole.bytes)).not.toBe(0);
  });

  test('goes on from any step to the same bytes and reports, averages included', async () => {
    const decayed = (): FitOptions<any> => ({
      ...options(),
      averageDecay: 0.9,
      learningRate: (epoch, step) => 1e-2 / (1 + epoch + step / 10),
    });
    const bytesOf = async ({ parameters, state }: { parameters: any; state: any }) =>
      saveModel(start().model, parameters, state);
    const copy = async (tree: unknown): Promise<any> =>
      unflatten<unknown>(
        tree,
        await Promise.all(
          leaves(tree).map(async (leaf) => tensor((await leaf.data()).slice() as Float32Array, leaf.shape)),
        ),
      );
    const final = async (given: FitOptions<any>) => {
      const reports = await run(given);
      const last = reports.at(-1)!;
      return {
        weights: await bytesOf(last),
        averaged: await bytesOf(last.average!),
        reports: reports.map(({ epoch, step, learningRate, training }) => [
          epoch,
          step,
          learningRate,
          training,
        ]),
      };
    };
    const kept: any[] = [];
    const whole = await final({
      ...decayed(),
      onStep: async ({ step }, snapshot) => {
        if (![4, 6, 9].includes(step)) return;
        const { parameters, state, optimizerState, average, epoch, batchesDone, sums } = snapshot();
        const [tensors] = [await copy({ parameters, state, optimizerState, average })];
        kept.push({ ...tensors, firstEpoch: epoch, batchesDone, sums, stepsDone: step });
      },
    });
    expect(kept.map(({ firstEpoch, batchesDone }) => [firstEpoch, batchesDone])).toEqual([
      [0, 4],
      [0, 6],
      [1, 3],
    ]);
    for (const from of kept) {
      const given = decayed();
      const resumed = await final({
        ...given,
        ...from,
        batches: (epoch, first) => batches(epoch).slice(first),
      });
      expect(resumed).toEqual({ ...whole, reports: whole.reports.slice(from.firstEpoch) });
    }
  });

  test('the average follows the weights with keep = min(decay, t / (t + 9))', async () => {
    const seen: number[] = [];
    const averages: number[] = [];
    const first = start();
    const initial = (await (first.parameters['bn1'] as any).beta.data())[0] as number;
    await run({
      ...options(),
      epochs: 2,
      averageDecay: 0.4,
      onStep: async (_, snapshot) => {
        const { parameters, average } = snapshot() as any;
        seen.push((await parameters.bn1.beta.data())[0]);
        averages.push((await average.parameters.bn1.beta.data())[0]);
      },
    });
    let expected = initial;
    seen.forEach((value, index) => {
      const keep = Math.min(0.4, (index + 1) / (index + 10));
      expected = expected * keep + value * (1 - keep);
      expect(averages[index]).toBeCloseTo(expected, 6);
    });
    await expect(run({ ...options(), averageDecay: 1 })).rejects.toThrow(/decay is 1, wanted a number in/);
  });

  test('a picture with NaN stops it: step and tensor are named', async () => {
    const spoiled = (epoch: number): Batch[] => {
      const list = batches(epoch);
      if (epoch === 1) list[2] = { ...list[2]!, images: fill([12, 10, 10, 1], NaN) };
      return list;
    };
    const reports: number[] = [];
    const failure = (async () => {
      for await (const { epoch } of fit({ ...options(), batches: spoiled })) reports.push(epoch);
    })();
    await expect(failure).rejects.toThrow(TrainingError);
    await expect(failure).rejects.toThrow('loss is not finite (NaN) at step 9 (epoch 2)');
    expect(reports).toEqual([0]);
  });

  test('a gradient that overflows while the loss is finite is named', async () => {
    const { model, parameters, state } = start();
    // A gain so large that its derivative by the kernel is beyond float32, behind a normalisation that hides it from the loss.
    const huge = {
      ...parameters,
      bn2: { ...(parameters['bn2'] as object), gamma: fill([8], 3e38) },
    } as typeof parameters;
    await expect(run({ ...options(), model, parameters: huge, state })).rejects.toThrow(
      /gradient [a-z0-9]+\/[a-zA-Z]+ is not finite \((Infinity|NaN)\) at step 0|loss is not finite/,
    );
  });

  test('a signal stops it after the step', async () => {
    const controller = new AbortController();
    const reports = await run({
      ...options(),
      signal: controller.signal,
      onStep: ({ step }) => step === 8 && controller.abort(),
    });
    expect(reports.map(({ epoch, step, complete }) => ({ epoch, step, complete }))).toEqual([
      { epoch: 0, step: 6, complete: true },
      { epoch: 1, step: 8, complete: false },
    ]);
  });

  test('an epoch without batches is told', async () => {
    await expect(run({ ...options(), batches: () => [] })).rejects.toThrow(/epoch 1 has no batches/);
  });
});

test('every model takes a step, and every parameter has a gradient', async () => {
  const common = {
    input: [10, 10, 1] as const,
    classNames: ['left', 'right', 'none'],
    decoder: { kind: 'dense', units: [12] } as const,
  };
  const { backbone, primary } = smallModel;
  const convolutions = [{ filters: 4, kernel: 3, stride: 1 }];
  const descriptions: ModelDescription[] = [
    { ...smallModel },
    {
      ...smallModel,
      backbone: { ...backbone, activation: { leakyRelu: 0.3 }, normalization: { kind: 'instance' } },
      decoder: { kind: 'upsampling', start: [4, 4], filters: [3], upsampleBefore: [1, 2] },
    },
    { kind: 'base-capsnet', ...common, backbone, primary, dimensions: 4 },
    {
      kind: 'original-capsnet',
      ...common,
      convolutions,
      primary: { kernel: 3, stride: 2, capsules: 2, dimensions: 3 },
      dimensions: 4,
      iterations: 3,
    },
    { kind: 'cnn', ...common, backbone, hidden: 7 },
    { ...smallModel, decoder: null },
  ];
  for (const each of descriptions) {
    const model = buildModel(each);
    const { parameters, state } = model.init(randomKey(4));
    const before = new Map(
      await Promise.all(
        leavesWithPaths(parameters).map(
          async ({ path, leaf }) => [path, Float32Array.from(await (leaf as Tensor).data())] as const,
        ),
      ),
    );
    const [report] = await run({
      model,
      parameters,
      state,
      optimizer: adam(),
      epochs: 1,
      batches: () => [batch(1), batch(2)],
      learningRate: () => 1e-3,
    });
    for (const { path, leaf } of leavesWithPaths(report!.parameters)) {
      const after = await (leaf as Tensor).data();
      expect(
        after.some((value, k) => value !== before.get(path)![k]),
        `${each.kind} ${path} moves`,
      ).toBe(true);
    }
  }
});

test('two labels: margin of both, two pictures', async () => {
  const model = buildModel({ ...smallModel, decodings: 2 });
  const { parameters, state } = model.init(randomKey(4));
  const one = batch(1);
  const two = batch(2);
  const pair: Batch = {
    images: one.images,
    labels: one.labels,
    secondLabels: two.labels,
    targets: one.images,
    secondTargets: two.images,
  };
  const [report] = await run({
    model,
    parameters,
    state,
    optimizer: adam(),
    epochs: 1,
    batches: () => [pair],
    learningRate: () => 1e-3,
  });
  expect(report!.training.accuracy).toBeGreaterThanOrEqual(0);
  expect(report!.training.loss).toBeCloseTo(
    report!.training.margin + 0.392 * report!.training.reconstruction,
    5,
  );
  const fresh = model.init(randomKey(4));
  await expect(
    run({
      model,
      ...fresh,
      optimizer: adam(),
      epochs: 1,
      batches: () => [{ images: one.images, labels: one.labels }],
      learningRate: () => 1e-3,
    }),
  ).rejects.toThrow(/needs secondLabels/);
});
