/** Processes that share a batch learn what one process learns from all of it. */
import { adam, clipByGlobalNorm } from '@capsnet/autograd';
import {
  compile,
  createBackend,
  leavesWithPaths,
  oneHot,
  randomKey,
  randomUniform,
  scalar,
  slice,
  tensor,
  type Backend,
  type Tensor,
} from '@capsnet/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildModel } from '../models/build.js';
import { replay } from '../testing/replay.js';
import { smallModel } from '../testing/smallModel.js';
import type { Batch } from '../training/batch.js';
import { trainStep } from '../training/step.js';
import { bucketsOf } from './buckets.js';
import { measured, type Communicator } from './communicator.js';
import type { Group } from './group.js';
import { sumsOver } from './sums.js';

let backend: Backend;
beforeAll(async () => {
  backend = await createBackend('wasm', { threads: 1 });
});
afterAll(() => backend.dispose());

const model = buildModel(smallModel);
const optimizer = clipByGlobalNorm(0.5, adam());

function wholeBatch(images: number): Batch {
  const pixels = Float32Array.from(randomUniform(randomKey(images), [images, 10, 10, 1]).dataSync());
  const labels = Int32Array.from({ length: images }, (_, index) => index % 3);
  return { images: tensor(pixels, [images, 10, 10, 1]), labels: oneHot(tensor(labels, [images]), 3) };
}

/** Part `rank` of `size`; the first image stands in where none is left. */
function partOf(batch: Batch, rank: number, size: number): Batch {
  const whole = batch.images.shape[0]!;
  const [from, to] = [rank, rank + 1].map((k) => Math.floor((whole * k) / size)) as [number, number];
  const counted = to > from;
  const rows = (x: Tensor): Tensor =>
    slice(
      x,
      x.shape.map((_, axis) => (axis === 0 && counted ? from : 0)),
      [counted ? to - from : 1, ...x.shape.slice(1)],
    ) as Tensor;
  return { images: rows(batch.images), labels: rows(batch.labels), part: { whole, counted } };
}

/** One step from the start, alone or in a group: all that it gives, by name. */
async function stepOf(batch: Batch, group?: Group, asks = 0): Promise<Record<string, readonly number[]>> {
  const { parameters, state } = model.init(randomKey(3));
  const step = compile(trainStep(model, optimizer, group ? { group } : {}), { backend });
  try {
    const result = await step(
      parameters,
      state,
      optimizer.init(parameters),
      batch,
      scalar(0.01),
      ...(group ? [scalar(asks)] : []),
    );
    const entries = leavesWithPaths(result).map(async ({ path, leaf }) => {
      return [path, [...(await (leaf as Tensor).data())]] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  } finally {
    step.release();
  }
}

const together = (size: number, images: number, syncBatchNorm: boolean) =>
  replay(size, (communicator) => {
    const { rank } = communicator;
    const group = { communicator: measured(communicator), syncBatchNorm };
    return stepOf(partOf(wholeBatch(images), rank, size), group, rank === size - 1 ? 1 : 0);
  });

describe('a step of a group with synchronised normalisation', () => {
  test.each([
    { size: 3, images: 7 },
    // One image a process, and none for the others.
    { size: 4, images: 3 },
  ])('$size processes on $images images', async ({ size, images }) => {
    const alone = await stepOf(wholeBatch(images));
    const { results } = await together(size, images, true);
    for (const result of results) {
      expect(result).toEqual(results[0]);
      expect(Object.keys(result).filter((name) => name !== 'asksToStop')).toEqual(Object.keys(alone));
      expect(result['asksToStop']).toEqual([1]);
      for (const [name, wanted] of Object.entries(alone)) {
        // Adam makes the first step as long for the smallest gradient as for the largest: what is rounding there is a step here.
        if (name.startsWith('parameters/')) continue;
        const largest = Math.max(...wanted.map(Math.abs));
        const worst = Math.max(...wanted.map((value, k) => Math.abs(result[name]![k]! - value)));
        expect(worst, name).toBeLessThanOrEqual(2e-5 * largest + 1e-9);
      }
    }
  });
});

test('without it each process normalises by its own images, and all hold the mean of the moving statistics', async () => {
  const [size, images] = [2, 7];
  const { results } = await together(size, images, false);
  expect(results[1]).toEqual(results[0]);
  const own = await Promise.all(
    [0, 1].map((rank) => {
      const { part: _part, ...batch } = partOf(wholeBatch(images), rank, size);
      return stepOf(batch);
    }),
  );
  for (const name of ['state/bn1/moving_mean', 'state/bn2/moving_variance', 'metrics/loss'])
    results[0]![name]!.forEach((value, k) =>
      expect(value).toBeCloseTo((3 * own[0]![name]![k]! + 4 * own[1]![name]![k]!) / 7, 5),
    );
  expect(results[0]!['metrics/correct']![0]).toBe(
    own[0]!['metrics/correct']![0]! + own[1]!['metrics/correct']![0]!,
  );
});

test('a group wants to know what a batch is a part of', () => {
  const { parameters, state } = model.init(randomKey(3));
  const group = { communicator: measured({} as Communicator), syncBatchNorm: true };
  expect(() =>
    trainStep(model, optimizer, { group })(
      parameters,
      state,
      optimizer.init(parameters),
      wholeBatch(2),
      scalar(1),
    ),
  ).toThrow('the batch does not say of which batch of the group it is a part');
});

describe('sums in buckets', () => {
  test('a bucket is closed when it is full; a large tensor has its own', () => {
    expect(bucketsOf([3, 3, 20, 5, 1], 10)).toEqual([[2], [0, 1, 3], [4]]);
    expect(bucketsOf([10, 9], 10)).toEqual([[0], [1]]);
    expect(bucketsOf([], 10)).toEqual([]);
  });

  test('start in their order, all before the first is awaited, and come back in place', async () => {
    const shapes = [[2], [], [600, 500], [3, 1]];
    const log: string[] = [];
    const { results, sums } = await replay(2, async (communicator) => {
      const noted: Communicator = {
        ...communicator,
        allReduce(values, into, lane) {
          log.push(`start ${values.length}`);
          const wait = communicator.allReduce(values, into, lane);
          return () => {
            log.push(`end ${values.length}`);
            wait();
          };
        },
      };
      const tensors = shapes.map((shape, k) =>
        tensor(
          new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(10 ** communicator.rank * (k + 1)),
          shape,
        ),
      );
      const run = compile((...given: Tensor[]) => sumsOver(noted, given), { backend });
      return Promise.all(
        (await run(...tensors)).map(async (sum) => ({
          shape: sum.shape,
          first: (await sum.data())[0],
          last: (await sum.data()).at(-1),
        })),
      );
    });
    expect(results[1]).toEqual(results[0]);
    expect(results[0]).toEqual(
      shapes.map((shape, k) => ({ shape, first: 11 * (k + 1), last: 11 * (k + 1) })),
    );
    expect(sums.gradients.length).toBe(2);
    expect(log.slice(0, 2)).toEqual(['start 300000', 'start 6']);
    expect(log[2]).toMatch('end');
  });
});
