/** How threads share the jobs of a step (assembly/shares.ts): instances of the engine on one memory, whose calls a test puts in any order. */
import { fc, test as property } from '@fast-check/vitest';
import { beforeAll, describe, expect, it } from 'vitest';
import { kernelBytes } from './files.js';

interface Thread {
  piecesPerJob(pieces: number, most: number, multiple: number, threads: number): number;
  firstJob(jobs: number, thread: number, threads: number): number;
  nextJob(): number;
  resetShares(threads: number): void;
  startInterval(): void;
}

let module: WebAssembly.Module;
beforeAll(async () => {
  module = await WebAssembly.compile(await kernelBytes('engine'));
});

function startThreads(count: number): Thread[] {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 65536, shared: true });
  const imports = { env: { memory, abort() {} }, host: { now: () => 0, sleep() {} } };
  return Array.from(
    { length: count },
    () => new WebAssembly.Instance(module, imports).exports as unknown as Thread,
  );
}

/** Lets threads take jobs in the given order until none is left: the jobs of each. */
function take(threads: readonly Thread[], jobs: number, order: readonly number[]): number[][] {
  const done = threads.map((): number[] => []);
  const begun = new Set<number>();
  const step = (index: number): boolean => {
    const thread = threads[index]!;
    const job = begun.has(index) ? thread.nextJob() : thread.firstJob(jobs, index, threads.length);
    begun.add(index);
    if (job < jobs) done[index]!.push(job);
    return job < jobs;
  };
  for (const turn of order) step(turn % threads.length);
  threads.forEach((_, index) => {
    while (step(index));
  });
  return done;
}

/** As at a barrier: the last thread sets the counters back, then all go on. */
function barrier(threads: readonly Thread[], last: number): void {
  threads[last % threads.length]!.resetShares(threads.length);
  for (const thread of threads) thread.startInterval();
}

describe('shares', () => {
  property.prop([
    fc.integer({ min: 1, max: 20 }),
    fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 40 }),
    fc.array(fc.nat(19), { maxLength: 60 }),
    fc.nat(19),
  ])('whatever the order, each job of each step is done once', (count, steps, order, last) => {
    const threads = startThreads(count);
    for (let interval = 0; interval < 2; interval++) {
      for (const jobs of steps) {
        const done = take(threads, jobs, order).flat();
        expect(done.sort((a, b) => a - b)).toEqual(Array.from({ length: jobs }, (_, job) => job));
      }
      barrier(threads, last);
    }
  });

  it('a thread that comes late finds its part done by the others', () => {
    const threads = startThreads(2);
    const [fast, slow] = take(threads, 10, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(slow).toEqual([5]);
    expect(fast).toEqual([0, 1, 2, 3, 4, 6, 7, 8, 9]);
  });

  it('threads of equal speed have parts that lie together', () => {
    const threads = startThreads(2);
    expect(take(threads, 8, [0, 1, 0, 1, 0, 1, 0, 1])).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ]);
  });

  property.prop([
    fc.integer({ min: 1, max: 500 }),
    fc.integer({ min: 1, max: 100 }),
    fc.integer({ min: 1, max: 8 }),
    fc.integer({ min: 1, max: 16 }),
  ])(
    'a job has no more pieces than there is memory for, and no thread much more than its part',
    (pieces, most, multiple, count) => {
      const [thread] = startThreads(1);
      const size = thread!.piecesPerJob(pieces, most, multiple, count);
      expect(size).toBeGreaterThanOrEqual(1);
      expect(size).toBeLessThanOrEqual(most);
      const jobs = Math.ceil(pieces / size);
      // No thread has more than an equal part of the pieces and a job.
      expect(Math.ceil(jobs / count) * size).toBeLessThan(pieces / count + 2 * size);
      if (jobs <= count)
        expect(size).toBe(Math.ceil(pieces / (Math.ceil(Math.ceil(pieces / most) / count) * count)));
    },
  );
});
