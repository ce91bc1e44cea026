/**
 * Sharing the jobs of a step among the threads: each begins with a part of its own, one behind the other as in the steps before, so that it finds in its cache what
 * it wrote there, and whoever is done takes jobs of those who are not. Processors of a shared machine are seldom equally fast. Which thread does a job makes no
 * difference to its result.
 */

/** Steps between two barriers that can be shared so; those after them are shared in fixed parts. */
const SETS: i32 = 32;
/** With more threads the parts are fixed, too. */
const MOST_THREADS: i32 = 16;
/** Jobs that are taken of each part, a cache line each, in the second half of the first page. The last thread at a barrier sets them back. */
const TAKEN: usize = 32768;

// The step that this thread is in; globals belong to a thread's instance.
let stepsSinceBarrier: i32 = 0;
let jobs: i32 = 0, threads: i32 = 1;
/** Counters of the step; 0: fixed parts. */
let taken: usize = 0;
/** The part that jobs are taken from, and the parts that were seen empty. With fixed parts: the next job, and the end. */
let part: i32 = 0, empty: i32 = 0;
let next: i32 = 0, end: i32 = 0;

/**
 * How many of the pieces a job has, at most `most`, so that the threads have equally many jobs or nearly so. Where each thread has several, jobs are of whole
 * multiples of `multiple` pieces.
 */
export function piecesPerJob(pieces: i32, most: i32, multiple: i32, threads: i32): i32 {
  const wanted = ((pieces + most - 1) / most + threads - 1) / threads * threads;
  const equal = (pieces + wanted - 1) / wanted;
  return wanted < 4 * threads ? equal : min(most, (equal + multiple - 1) / multiple * multiple);
}

/** Begins a step of `count` jobs. The first for this thread, or `count` when none is left. */
export function firstJob(count: i32, thread: i32, among: i32): i32 {
  jobs = count; threads = among; part = thread; empty = 0;
  taken = 0;
  if (ASC_FEATURE_THREADS) {
    if (among > 1 && among <= MOST_THREADS && stepsSinceBarrier < SETS) {
      taken = TAKEN + (<usize>(stepsSinceBarrier++ * MOST_THREADS) << 6);
      return nextJob();
    }
  }
  next = <i32>(<i64>count * thread / among);
  end = <i32>(<i64>count * (thread + 1) / among);
  return nextJob();
}

/** The next job for this thread, or the number of jobs when none is left. */
export function nextJob(): i32 {
  if (taken == 0) return next < end ? next++ : jobs;
  if (!ASC_FEATURE_THREADS) return jobs;
  while (empty < threads) {
    const first = <i32>(<i64>jobs * part / threads), last = <i32>(<i64>jobs * (part + 1) / threads);
    const job = first + atomic.add<i32>(taken + (<usize>part << 6), 1);
    if (job < last) return job;
    empty++;
    part = part + 1 == threads ? 0 : part + 1;
  }
  return jobs;
}

/** All threads have come to a barrier and none has left it: the last one calls this. */
export function resetShares(among: i32): void {
  if (!ASC_FEATURE_THREADS) return;
  for (let set = 0; set < stepsSinceBarrier; set++) {
    for (let thread = 0; thread < among; thread++) atomic.store<i32>(TAKEN + (<usize>(set * MOST_THREADS + thread) << 6), 0);
  }
}

/** This thread is past a barrier. */
export function startInterval(): void {
  stepsSinceBarrier = 0;
}
