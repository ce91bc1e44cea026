/** Times and what is said about them: medians, because a busy machine only ever adds; the best; the spread between quartiles. */

export interface Times {
  /** Milliseconds of a run: median, fastest, quartiles. */
  readonly median: number;
  readonly best: number;
  readonly low: number;
  readonly high: number;
  readonly runs: number;
}

/** The value below which a share of the sorted values lies, between neighbours in proportion. */
export function quantile(sorted: readonly number[], share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (sorted[above]! - sorted[below]!) * (position - below);
}

export function summary(times: readonly number[]): Times {
  const sorted = [...times].sort((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    best: sorted[0]!,
    low: quantile(sorted, 0.25),
    high: quantile(sorted, 0.75),
    runs: sorted.length,
  };
}

/** Runs that can be timed: ours, or a peer's in its own process. Gives milliseconds a run. */
export type Runner = (runs: number) => Promise<readonly number[]>;

/** Runs a function and times each run. */
export const timed =
  (run: () => Promise<unknown>): Runner =>
  async (runs) => {
    const times: number[] = [];
    for (let index = 0; index < runs; index++) {
      const start = performance.now();
      await run();
      times.push(performance.now() - start);
    }
    return times;
  };

/** How long to measure, in seconds, and in how many rounds contestants alternate. */
export interface Effort {
  readonly seconds: number;
  readonly rounds: number;
}

/**
 * Times contestants in turn, a round each, so that whatever slows the machine slows all of them. The first run of each warms up; its second says how
 * many make a round.
 */
export async function alternate(
  contestants: readonly Runner[],
  { seconds, rounds }: Effort,
): Promise<number[][][]> {
  const perRound: number[] = [];
  for (const contestant of contestants) {
    await contestant(2);
    const [trial] = await contestant(1);
    const share = (seconds * 1000) / rounds / contestants.length;
    perRound.push(Math.max(1, Math.min(1000, Math.round(share / trial!))));
  }
  const times: number[][][] = contestants.map(() => []);
  for (let round = 0; round < rounds; round++)
    for (const [index, contestant] of contestants.entries())
      times[index]!.push([...(await contestant(perRound[index]!))]);
  return times;
}

/** theirs / ours: of all medians, with the lowest and the highest ratio of a round. Above 1 we are faster. */
export interface Ratio {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
}

export function ratioOf(ours: readonly number[][], theirs: readonly number[][]): Ratio {
  const rounds = ours.map((times, round) => summary(theirs[round]!).median / summary(times).median);
  return {
    ratio: summary(theirs.flat()).median / summary(ours.flat()).median,
    low: Math.min(...rounds),
    high: Math.max(...rounds),
  };
}
