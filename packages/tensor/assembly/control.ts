/**
 * The first page of memory, and what each thread knows about itself.
 *
 * Every thread has an instance of this module over one shared memory. Globals belong to an instance, so they hold what is the
 * thread's own; what threads share lies in the control page at fixed addresses, one cache line each. The TypeScript side
 * (`runtime/control.ts`) knows the same addresses.
 */

/** Number of the run: workers wait for it to change. */
export const GENERATION: usize = 64;
/** Threads that have reached the barrier, and the number of the barrier they wait at. */
export const ARRIVED: usize = 192;
export const PHASE: usize = 256;
/** Threads that sleep at the barrier. */
export const SLEEPING: usize = 320;
/** 32 zeros, read as the initial value of a tile of results. */
export const ZEROS: usize = 1024;
/** Vectors below which results are raised: nothing, and 0 (relu). */
export const NO_FLOOR: usize = 1152;
export const ZERO_FLOOR: usize = 1168;

export let threadIndex: i32 = 0;
export let threadCount: i32 = 1;
/** Private memory of this thread. */
export let scratch: usize = 0;
/** Whether this thread may block (the main thread of a browser may not). */
let mayBlock: bool = true;

/** Passes that a thread waits at a barrier before it sleeps: some tens of microseconds. */
const SPINS: i32 = 40000;

export function initThread(index: i32, count: i32, scratchAddress: usize, blocking: i32): void {
  threadIndex = index;
  threadCount = count;
  scratch = scratchAddress;
  mayBlock = blocking != 0;
  v128.store(NO_FLOOR, f32x4.splat(-Infinity));
  v128.store(ZERO_FLOOR, f32x4.splat(0));
}

/** First of this thread's share of `count` units of work; the share ends where the next thread's begins. */
// @ts-ignore: decorator
@inline
export function shareStart(count: i32): i32 {
  return <i32>((<i64>count * threadIndex) / threadCount);
}

// @ts-ignore: decorator
@inline
export function shareEnd(count: i32): i32 {
  return <i32>((<i64>count * (threadIndex + 1)) / threadCount);
}

/** Word `index` of a step's arguments. */
// @ts-ignore: decorator
@inline
export function word(args: usize, index: i32): i32 {
  return load<i32>(args + (<usize>index << 2));
}

// @ts-ignore: decorator
@inline
export function address(args: usize, index: i32): usize {
  return <usize>load<u32>(args + (<usize>index << 2));
}

// @ts-ignore: decorator
@inline
export function real(args: usize, index: i32): f32 {
  return load<f32>(args + (<usize>index << 2));
}

/** Returns when every thread has called it. Spins first: within a plan the others are a few microseconds away. */
export function barrier(): void {
  if (threadCount == 1) return;
  if (ASC_FEATURE_THREADS) {
    const phase = atomic.load<i32>(PHASE);
    if (atomic.add<i32>(ARRIVED, 1) == threadCount - 1) {
      atomic.store<i32>(ARRIVED, 0);
      atomic.store<i32>(PHASE, phase + 1);
      if (atomic.load<i32>(SLEEPING) != 0) atomic.notify(PHASE, threadCount);
      return;
    }
    let spins = 0;
    while (atomic.load<i32>(PHASE) == phase) {
      spins++;
      if (spins > SPINS && mayBlock) {
        atomic.add<i32>(SLEEPING, 1);
        atomic.wait<i32>(PHASE, phase, 1000000);
        atomic.sub<i32>(SLEEPING, 1);
      }
    }
  }
}
