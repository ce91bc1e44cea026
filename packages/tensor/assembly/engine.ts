/**
 * The engine: walks a program of steps. Every thread runs all of it; each kernel takes its own share of the work, or job by job (shares.ts), and a barrier
 * stands where the program says so.
 *
 * A step is `kernel, flags, words, arguments...`; flag 1: wait for all threads after it. Control words lie in the first page of memory.
 */
import { fused } from './fused';
import { adam } from './adam';
import { packPanels, matmul } from './matmul';
import { matmulFew } from './matmulFew';
import { correlate, filterGradient } from './convolution';
import { depthwise, depthwiseInputGradient, depthwiseFilterGradient } from './depthwise';
import { reduce, argmax } from './reduce';
import { copyStrided, fillWords, gather, scatterAdd, oneHot, convert } from './movement';
import { softmax, squash, squashGradient } from './capsule';
import { winogradFilter, winogradForward, winogradInputGradient, winogradTransforms, winogradFilterAdjoint } from './winograd';
import { winogradFilterNine, winogradFilterProducts, winogradProducts, winogradOutputs, winogradInputAdjoints, winogradFilterAdjointNine } from './winogradSteps';
import { resetShares, startInterval } from './shares';
// For their test.
export { piecesPerJob, firstJob, nextJob, resetShares, startInterval } from './shares';
export * from './micro';
// Exported although only the engine calls them: inlined into their caller they would be slower.
export * from './elementwise/instructions';
export { fused } from './fused';
export { adam, adamVectors } from './adam';
export { packPanels, matmul } from './matmul';
export { matmulFew, oneRow } from './matmulFew';
export { correlate, filterGradient } from './convolution';
export { depthwise, depthwiseInputGradient, depthwiseFilterGradient } from './depthwise';
export { reduce, argmax, sumRow, add16 } from './reduce';
export { copyStrided, fillWords, gather, scatterAdd, oneHot, convert } from './movement';
export { softmax, squash, squashGradient } from './capsule';
export { winogradFilter, winogradForward, winogradInputGradient, winogradTransforms, winogradFilterAdjoint } from './winograd';
export { winogradFilterNine, winogradFilterProducts, winogradProducts, winogradOutputs, winogradInputAdjoints, winogradFilterAdjointNine } from './winogradSteps';
// The passes are called once a tile and axis: kept apart, so that their loops keep their registers.
export * from './winogradNine';

/** Reads the clock, in milliseconds. */
// @ts-ignore: decorator
@external('host', 'now')
declare function now(): f64;

/**
 * Sleeps for a moment, or until the word at GENERATION is no longer `generation`. A call to the host and not `atomic.wait`: in V8 11.3 (Node 20)
 * that instruction may return with the caller's registers changed, and the loop below then ended too early.
 */
// @ts-ignore: decorator
@external('host', 'sleep')
declare function sleep(generation: i32): void;

const ARRIVED: usize = 1024;
const GENERATION: usize = 1152;

/**
 * How often a thread looks before it naps. On a quiet machine the others are at most a millisecond away and every nap costs more than the wait; on a
 * crowded one another thread may have lost its processor, and gets it back sooner when this one naps. Which of the two it is shows in how often much
 * patience was not enough: then a thread has little for `restBarriers`, which double as long as the next trial goes no better.
 */
const LITTLE_PATIENCE: i32 = 20000;
const MUCH_PATIENCE: i32 = 1000000;
const MOST_TRUST: i32 = 64;
const PRICE_OF_A_NAP: i32 = 32;
const LEAST_REST: i32 = 64;
const MOST_REST: i32 = 1024;
/** Each thread has its own: the globals of its instance. */
let trust: i32 = MOST_TRUST;
let rest: i32 = LEAST_REST;
let restBarriers: i32 = 0;

/** Spins, then sleeps in short naps. */
export function barrier(threads: i32): void {
  if (threads == 1) return;
  if (!ASC_FEATURE_THREADS) return;
  const generation = atomic.load<i32>(GENERATION);
  if (atomic.add<i32>(ARRIVED, 1) == threads - 1) {
    atomic.store<i32>(ARRIVED, 0);
    resetShares(threads);
    startInterval();
    atomic.store<i32>(GENERATION, generation + 1);
    return;
  }
  const patience = restBarriers > 0 ? LITTLE_PATIENCE : MUCH_PATIENCE;
  let spins = 0;
  while (atomic.load<i32>(GENERATION) == generation) {
    if (++spins > patience) sleep(generation);
  }
  startInterval();
  learn(spins > patience);
}

/** After a barrier at which this thread waited: with much patience it gains or loses trust, with little the rest goes by. */
function learn(napped: bool): void {
  if (restBarriers > 0) {
    if (--restBarriers == 0) trust = PRICE_OF_A_NAP;
  } else if (!napped) {
    if (++trust >= MOST_TRUST) {
      trust = MOST_TRUST;
      rest = LEAST_REST;
    }
  } else {
    trust -= PRICE_OF_A_NAP;
    if (trust < 0) {
      restBarriers = rest;
      rest = min(rest << 1, MOST_REST);
    }
  }
}

/** Runs `steps` steps at `program`. With `times`, thread 0 writes each step's milliseconds there as f64 (every step then ends in a barrier). */
export function runProgram(program: usize, steps: i32, thread: i32, threads: i32, times: usize): void {
  let at = program;
  let started: f64 = times != 0 && thread == 0 ? now() : 0;
  for (let step = 0; step < steps; step++) {
    const kernel = load<i32>(at);
    const flags = load<i32>(at, 4);
    dispatch(kernel, at + 12, thread, threads);
    if ((flags & 1) != 0 || times != 0) barrier(threads);
    if (times != 0 && thread == 0) {
      const ended = now();
      store<f64>(times + (<usize>step << 3), ended - started);
      started = ended;
    }
    at += 12 + (<usize>load<i32>(at, 8) << 2);
  }
  barrier(threads);
}

export function dispatch(kernel: i32, args: usize, thread: i32, threads: i32): void {
  switch (kernel) {
    case 0: fused(args, thread, threads); break;
    case 1: packPanels(args, thread, threads); break;
    case 2: matmul(args, thread, threads); break;
    case 3: correlate(args, thread, threads); break;
    case 4: filterGradient(args, thread, threads); break;
    case 5: depthwise(args, thread, threads); break;
    case 6: depthwiseInputGradient(args, thread, threads); break;
    case 7: depthwiseFilterGradient(args, thread, threads); break;
    case 8: reduce(args, thread, threads); break;
    case 9: argmax(args, thread, threads); break;
    case 10: copyStrided(args, thread, threads); break;
    case 11: fillWords(args, thread, threads); break;
    case 12: gather(args, thread, threads); break;
    case 13: scatterAdd(args, thread, threads); break;
    case 14: oneHot(args, thread, threads); break;
    case 15: convert(args, thread, threads); break;
    case 16: softmax(args, thread, threads); break;
    case 17: squash(args, thread, threads); break;
    case 18: squashGradient(args, thread, threads); break;
    case 19: matmulFew(args, thread, threads); break;
    case 30: adam(args, thread, threads); break;
    case 40: winogradFilter(args, thread, threads); break;
    case 41: winogradForward(args, thread, threads); break;
    case 42: winogradInputGradient(args, thread, threads); break;
    case 43: winogradTransforms(args, thread, threads); break;
    case 44: winogradFilterProducts(args, thread, threads); break;
    case 45: winogradFilterAdjoint(args, thread, threads); break;
    case 46: winogradFilterNine(args, thread, threads); break;
    case 47: winogradProducts(args, thread, threads); break;
    case 48: winogradOutputs(args, thread, threads); break;
    case 49: winogradInputAdjoints(args, thread, threads); break;
    case 50: winogradFilterAdjointNine(args, thread, threads); break;
    default: unreachable();
  }
}
