/**
 * Batches made on another thread, ahead of the engine, in memory that both threads share. The same recipe and key give the same bits as
 * `createPipeline` on this thread. (Node; the thread runs compiled code, so the package must be built.)
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { ImageDataset } from '../values/dataset.js';
import {
  createPipeline,
  firstExamples,
  type Batch,
  type BatchLayout,
  type BatchPosition,
} from './pipeline.js';
import type { BatchOptions, Recipe } from './recipe.js';
import { counter, createRing, ringSlots } from './ring.js';
import type { WorkerTask } from './worker.js';

/** How far a thread reads ahead, and from where. */
export interface PrefetchOptions extends BatchOptions {
  /** How many batches are kept ready. Default 4. */
  readonly ahead?: number;
  /** The first batch, to resume in the middle of a training. Default the first of epoch 0. */
  readonly from?: BatchPosition;
}

/** Batches made ahead by a thread of their own. `close` ends it. */
export interface Prefetcher extends BatchLayout {
  readonly count: number;
  readonly stepsPerEpoch: number;
  /**
   * The next batch, epoch after epoch without end. Its arrays are views of shared memory, valid until the following call of `next`.
   * Rejects when the thread failed or was closed. Not to be called again before it has answered.
   */
  next(): Promise<Batch>;
  /** Ends the thread. Batches handed out become invalid. */
  close(): Promise<void>;
}

/** The compiled worker: beside this file, or in `dist` when this file runs as TypeScript. */
function workerPath(): URL {
  const beside = new URL('./worker.js', import.meta.url);
  if (existsSync(fileURLToPath(beside))) return beside;
  const built = new URL('../../dist/batches/worker.js', import.meta.url);
  if (existsSync(fileURLToPath(built))) return built;
  throw new Error(
    `prefetch: its worker ${fileURLToPath(built)} does not exist. Build the package first: npm run build.`,
  );
}

/** A copy in shared memory, so that the thread reads the same bytes instead of a copy of its own. */
export function shareDataset(dataset: ImageDataset): ImageDataset {
  const share = <T extends Uint8Array | Float32Array | Int32Array>(values: T): T => {
    if (values.buffer instanceof SharedArrayBuffer) return values;
    const memory = new SharedArrayBuffer(values.byteLength);
    // Not `values.constructor`: what was read from a file is a Buffer, and Node warns of making one that way.
    const copy =
      values instanceof Float32Array
        ? new Float32Array(memory)
        : values instanceof Int32Array
          ? new Int32Array(memory)
          : new Uint8Array(memory);
    copy.set(values);
    return copy as T;
  };
  return Object.freeze({ ...dataset, images: share(dataset.images), labels: share(dataset.labels) });
}

/** Starts the thread. @throws RangeError as `createPipeline`, or for `ahead` or `from` that are no whole numbers in range */
export function prefetch(dataset: ImageDataset, recipe: Recipe, options: PrefetchOptions): Prefetcher {
  const { ahead = 4, from = { epoch: 0, step: 0 }, ...batchOptions } = options;
  const pipeline = createPipeline(dataset, recipe, batchOptions);
  const { shape, classes, labelsPerImage, targetsPerImage, batchSize, count, stepsPerEpoch } = pipeline;
  if (!Number.isInteger(ahead) || ahead < 1) {
    throw new RangeError(`prefetch: ahead ${ahead} is not a whole number from 1. Give such a number.`);
  }
  if (!(from.epoch >= 0 && from.step >= 0 && from.step < stepsPerEpoch)) {
    throw new RangeError(
      `prefetch: cannot begin at batch ${from.step} of epoch ${from.epoch}: an epoch has the batches 0..${stepsPerEpoch - 1}.`,
    );
  }
  // One slot more than `ahead`: the one in use.
  const ring = createRing(pipeline, ahead + 1);
  const slots = ringSlots(pipeline, ring);
  const counters = new Int32Array(ring.counters);
  // Names of files are of no use to the thread, and would be copied.
  const { sources: _names, ...images } = shareDataset(dataset);
  const task: WorkerTask = { dataset: images, recipe, options: batchOptions, from, ring };
  const worker = new Worker(workerPath(), { workerData: task });
  worker.unref(); // nobody who waits: the process may end
  let failure: Error | undefined;
  let wake = (): void => {};
  worker.on('message', () => wake());
  worker.on('error', (error) => {
    failure = error instanceof Error ? error : new Error(String(error));
    wake();
  });
  worker.on('exit', () => {
    failure ??= new Error('prefetch: its thread has ended, no batch follows. Start another one.');
    wake();
  });

  let { epoch, step } = from;
  let taken = 0; // batches handed out
  let waiting = false;
  let closed = false;
  return {
    ...{ shape, classes, labelsPerImage, targetsPerImage, batchSize, count, stepsPerEpoch },
    async next() {
      if (closed) throw new Error('prefetch: closed, no batch follows. Start another one.');
      if (waiting) throw new Error('prefetch: next() was called again before it answered. Await each batch.');
      // The previous batch is done with: its slot goes back.
      if (taken > Atomics.load(counters, counter.consumed)) {
        Atomics.store(counters, counter.consumed, taken);
        Atomics.notify(counters, counter.consumed);
      }
      while (Atomics.load(counters, counter.produced) <= taken) {
        if (failure) throw failure;
        waiting = true;
        worker.ref();
        const woken = new Promise<void>((resolve) => (wake = resolve));
        // First the wish for a message, then a last look: a batch finished in between is seen by one of the two.
        Atomics.store(counters, counter.waiting, 1);
        if (Atomics.load(counters, counter.produced) <= taken) await woken;
        Atomics.store(counters, counter.waiting, 0);
        worker.unref();
        waiting = false;
      }
      const { start, end, whole, counted } = pipeline.range(step);
      const filled = end - start;
      const batch = {
        ...firstExamples(pipeline, slots[taken % ring.slots]!, filled),
        epoch,
        step,
        count: filled,
        whole,
        counted,
      };
      taken++;
      if (++step === stepsPerEpoch) {
        step = 0;
        epoch++;
      }
      return batch;
    },
    async close() {
      closed = true;
      Atomics.store(counters, counter.closed, 1);
      Atomics.notify(counters, counter.consumed);
      failure ??= new Error('prefetch: closed, no batch follows. Start another one.');
      await worker.terminate();
    },
  };
}
