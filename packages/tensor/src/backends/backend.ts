/**
 * What a backend is to the rest of the engine: something that prepares plans and runs them. Everything above this interface is
 * one definition for all backends; everything below it is free to fuse, lay out and parallelise as it likes.
 */
import type { Plan } from '../compile/plan.js';
import type { Precision } from '../dtype.js';
import type { Value } from '../graph/value.js';

/** The backends: `reference` interprets plain loops, `wasm` runs AssemblyScript kernels, `gpu` those of GPU.js. */
export type BackendName = 'reference' | 'wasm' | 'gpu';

/** Something that lowers plans to its own kernels and runs them. `createBackend` makes one; `dispose` ends it. */
export interface Backend {
  readonly name: BackendName;
  /** Name with what matters about this instance, e.g. `wasm (2 threads, relaxed SIMD)`. */
  readonly description: string;
  readonly precision: Precision;
  /** Lowers a plan to kernels and reserves its memory. */
  prepare(plan: Plan): Executable | Promise<Executable>;
  /** GFLOP/s of the innermost kernel alone on one thread, measured now: what the speed of products can be held against. */
  peak?(): number;
  /** Ends threads, gives memory and devices back. The backend must not be used afterwards. */
  dispose(): void | Promise<void>;
}

/** What a prepared plan holds, in bytes. */
export interface MemoryUse {
  /** Everything that the plan keeps between calls. */
  readonly total: number;
  /** Of which buffers shared by intermediate results. */
  readonly arena: number;
}

/** Time of one step of a plan, for profiles. */
export interface StepTime {
  readonly step: string;
  readonly shape: string;
  readonly milliseconds: number;
  /** Steps with the same number make one result together. */
  readonly work: number;
  /**
   * Floating-point operations, multiply and add counted as two; 0 where the count means nothing. A piece of work of several steps has all of them at
   * its last.
   */
  readonly operations: number;
}

/** A step of a lowered plan, for listings. */
export interface StepListing {
  /** What it computes, in the words of the operations: `conv2d bias relu`. */
  readonly label: string;
  /** Shape of the result. */
  readonly shape: readonly number[];
  /** Name of the kernel that runs. */
  readonly kernel: string;
  /** Text of the kernel, where it was made for this very step. */
  readonly source?: string;
  /** Floating-point operations, multiply and add counted as two; 0 where the count means nothing. */
  readonly operations: number;
}

/** A plan lowered by a backend, with the memory that it needs. */
export interface Executable {
  /**
   * Runs the plan. `inputs` stand in the order of `plan.inputs`; results in that of `plan.outputs`. Inputs that were donated may be
   * overwritten. A result stays valid until it is donated in turn, whatever runs after it.
   */
  run(inputs: readonly Value[]): readonly Value[] | Promise<readonly Value[]>;
  /** The lowered plan as text: steps, kernels, buffers, memory. */
  inspect(): string;
  /** The steps, in the order in which they run. */
  steps(): readonly StepListing[];
  readonly memory: MemoryUse;
  /** Runs once and returns the time of each step. */
  profile?(inputs: readonly Value[]): readonly StepTime[] | Promise<readonly StepTime[]>;
  /** Gives the plan's memory back. Results that still lie in it are copied to the host first. */
  release(): void;
}
