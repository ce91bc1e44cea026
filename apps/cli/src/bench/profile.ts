/** Where the time of a run goes: the steps of a program, and how much of a run JavaScript takes. */
import type { StepTime } from '@capsnet/tensor';
import type { Split } from './models.js';

/** A step of a program at its fastest. */
export interface ProfiledStep {
  readonly step: string;
  readonly shape: string;
  readonly milliseconds: number;
  /** Speed of the piece of work that the step belongs to; undefined where nothing is counted. */
  readonly gigaflops: number | undefined;
}

export interface Profile {
  readonly steps: readonly ProfiledStep[];
  /** Of all steps. */
  readonly milliseconds: number;
}

/** Sums of a number by piece of work. */
function byWork(steps: readonly StepTime[], number: (step: StepTime) => number): ReadonlyMap<number, number> {
  const sums = new Map<number, number>();
  for (const step of steps) sums.set(step.work, (sums.get(step.work) ?? 0) + number(step));
  return sums;
}

/**
 * The fastest time of each step over nine runs. The speed of a piece of work is its operations over the sum of these times: one speed for all of
 * its steps, which may have been fastest in different runs.
 */
export async function profileOf(run: () => Promise<readonly StepTime[]>): Promise<Profile> {
  let best = await run();
  for (let more = 0; more < 8; more++) {
    const next = await run();
    best = best.map((step, index) => (next[index]!.milliseconds < step.milliseconds ? next[index]! : step));
  }
  const operations = byWork(best, (step) => step.operations);
  const times = byWork(best, (step) => step.milliseconds);
  return {
    steps: best.map(({ step, shape, milliseconds, work }) => ({
      step,
      shape,
      milliseconds,
      gigaflops: operations.get(work)! / times.get(work)! / 1e6 || undefined,
    })),
    milliseconds: best.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
  };
}

/** The run of median length among nine. */
export async function medianSplit(split: () => Promise<Split>): Promise<Split> {
  const runs: Split[] = [];
  for (let run = 0; run < 9; run++) runs.push(await split());
  return runs.sort((a, b) => a.done - b.done)[4]!;
}
