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
 * Times contestants in turn, a round each, so that whatever slows the machine slows all of them. The first run of each warms up; the better of the next
 * two says how many runs make a round. One that takes longer than its share of a round runs once in each and leaves after as many rounds as the time
 * allows, two at the least: nobody waits for it.
 */
export async function alternate(
  contestants: readonly Runner[],
  { seconds, rounds }: Effort,
): Promise<number[][][]> {
  const share = (seconds * 1000) / rounds / contestants.length;
  const perRound: number[] = [];
  const staying: number[] = [];
  for (const contestant of contestants) {
    const trial = Math.min(...(await contestant(3)).slice(1));
    perRound.push(Math.max(1, Math.min(1000, Math.round(share / trial))));
    staying.push(Math.min(rounds, Math.max(2, Math.ceil((rounds * share) / trial))));
  }
  const times: number[][][] = contestants.map(() => []);
  for (let round = 0; round < rounds; round++)
    for (const [index, contestant] of contestants.entries())
      if (round < staying[index]!) times[index]!.push([...(await contestant(perRound[index]!))]);
  return times;
}

/** theirs / ours: of all medians, with the lowest and the highest ratio of a round, and of the fastest runs. Above 1 we are faster. */
export interface Ratio {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  readonly best: number;
}

/** Of the rounds that both took part in. */
export function ratioOf(ours: readonly number[][], theirs: readonly number[][]): Ratio {
  const common = Math.min(ours.length, theirs.length);
  const of = (share: (times: Times) => number, from: number, to: number): number =>
    share(summary(theirs.slice(from, to).flat())) / share(summary(ours.slice(from, to).flat()));
  const median = ({ median }: Times): number => median;
  const rounds = Array.from({ length: common }, (_, round) => of(median, round, round + 1));
  return {
    ratio: of(median, 0, common),
    low: Math.min(...rounds),
    high: Math.max(...rounds),
    best: of(({ best }) => best, 0, common),
  };
}

/** A peer that does the same work as we do. */
export interface Rival {
  readonly peer: string;
  readonly run: Runner;
}

/** A peer's own times, and how ours compare with them. */
export interface Beside extends Ratio {
  readonly peer: string;
  readonly times: Times;
}

/** Times ours in turn with the rivals; each has the seconds of the effort for itself. */
export async function compare(
  run: Runner,
  rivals: readonly Rival[],
  effort: Effort,
): Promise<{ readonly times: Times; readonly peers: readonly Beside[] }> {
  const [ours = [], ...theirs] = await alternate([run, ...rivals.map((rival) => rival.run)], {
    ...effort,
    seconds: effort.seconds * (1 + rivals.length),
  });
  return {
    times: summary(ours.flat()),
    peers: rivals.map(({ peer }, index) => ({
      peer,
      times: summary(theirs[index]!.flat()),
      ...ratioOf(ours, theirs[index]!),
    })),
  };
}
