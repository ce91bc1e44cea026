/** The thread that makes batches ahead of the engine. It sleeps while the ring is full, and ends when the ring is closed. */
import { parentPort, workerData } from 'node:worker_threads';
import type { ImageDataset } from '../values/dataset.js';
import { createPipeline, type BatchPosition } from './pipeline.js';
import type { BatchOptions, Recipe } from './recipe.js';
import { counter, ringSlots, type Ring } from './ring.js';

/** What the thread is started with. */
export interface WorkerTask {
  readonly dataset: ImageDataset;
  readonly recipe: Recipe;
  readonly options: BatchOptions;
  readonly from: BatchPosition;
  readonly ring: Ring;
}

function work({ dataset, recipe, options, from, ring }: WorkerTask): void {
  const pipeline = createPipeline(dataset, recipe, options);
  const slots = ringSlots(pipeline, ring);
  const counters = new Int32Array(ring.counters);
  let { epoch, step } = from;
  for (let produced = 0; ; produced++) {
    for (;;) {
      if (Atomics.load(counters, counter.closed) !== 0) return;
      const consumed = Atomics.load(counters, counter.consumed);
      if (produced - consumed < ring.slots) break;
      Atomics.wait(counters, counter.consumed, consumed);
    }
    pipeline.fill({ epoch, step }, slots[produced % ring.slots]!);
    Atomics.store(counters, counter.produced, produced + 1);
    if (Atomics.load(counters, counter.waiting) !== 0) parentPort?.postMessage(produced + 1);
    if (++step === pipeline.stepsPerEpoch) {
      step = 0;
      epoch++;
    }
  }
}

work(workerData as WorkerTask);
