/** Memory over thousands of compiled steps: what the first step took is all there ever is. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { adam } from '@capsnet/autograd';
import { createBackend, oneHot, randomKey, randomUniform, scalar, setBackend, tensor } from '@capsnet/tensor';
import { expect, test } from 'vitest';
import { buildModel } from '../models/build.js';
import { smallModel } from '../testing/smallModel.js';
import type { Batch } from './batch.js';
import { compileTrainStep } from './step.js';

/** A batch of its own for every step, as a data pipeline gives it. */
const batch = (seed: number): Batch => ({
  images: randomUniform(randomKey(seed), [4, 10, 10, 1]),
  labels: oneHot(tensor(Int32Array.from([0, 1, 2, seed % 3]), [4]), 3),
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const heapBytes = (): number => {
  collectGarbage();
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

test('2,000 steps take the memory of one', { timeout: 120_000 }, async () => {
  const backend = await createBackend('wasm', { threads: 2 });
  await setBackend(backend);
  const wasmBytes = (): number => (backend as unknown as { readonly memoryBytes: number }).memoryBytes;
  const model = buildModel(smallModel);
  const optimizer = adam();
  const step = compileTrainStep(model, optimizer);
  let { parameters, state } = model.init(randomKey(1));
  let optimizerState = optimizer.init(parameters);
  const run = async (from: number, to: number): Promise<void> => {
    for (let k = from; k < to; k++) {
      const next = await step(parameters, state, optimizerState, batch(k), scalar(1e-3));
      ({ parameters, state, optimizerState } = next);
      expect(Number.isFinite(await next.metrics.loss.item())).toBe(true);
    }
  };
  await run(0, 1);
  const plan = step.memory();
  expect(plan.total).toBeGreaterThan(0);
  const wasm = wasmBytes();
  // Code that grows warm takes heap of its own.
  await run(1, 400);
  const heap = heapBytes();
  await run(400, 2000);
  expect(step.memory()).toEqual(plan);
  expect(wasmBytes()).toBe(wasm);
  // 1,600 steps more: a leak of one batch of labels a step would be 75 kB, of its images 2.5 MB.
  expect(heapBytes() - heap).toBeLessThan(1_000_000);
  step.release();
  await backend.dispose();
});
