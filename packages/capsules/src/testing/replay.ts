/**
 * A group of processes in one thread. A process that waits for a sum to which others have not yet put their part is broken off and, once they have, run again
 * from its start, with the sums that are known: so every program must be a pure function.
 */
import type { Communicator, Lane } from '../distributed/communicator.js';

class NotYet extends Error {}

/** What each process put into a sum, and the sum when all have. */
interface Sum {
  readonly parts: Map<number, Float32Array>;
  total?: Float32Array;
}

/** @returns what the program gives in each process */
export async function replay<Result>(
  size: number,
  program: (communicator: Communicator) => Promise<Result>,
): Promise<{ readonly results: Result[]; readonly sums: Readonly<Record<Lane, readonly Sum[]>> }> {
  const sums: Record<Lane, Sum[]> = { statistics: [], gradients: [] };
  const member = (rank: number): Communicator => {
    const started = { statistics: 0, gradients: 0 };
    return {
      rank,
      size,
      allReduce(values, into, lane) {
        const sum = (sums[lane][started[lane]++] ??= { parts: new Map() });
        sum.parts.set(rank, values.slice());
        return () => {
          if (!sum.total) throw new NotYet();
          into.set(sum.total);
        };
      },
      broadcast: () => Promise.reject(new Error('replay: no broadcast')),
      barrier: () => Promise.reject(new Error('replay: no barrier')),
    };
  };
  for (let pass = 0; pass < 100; pass++) {
    const results: Result[] = [];
    for (let rank = 0; rank < size; rank++) {
      try {
        results.push(await program(member(rank)));
      } catch (error) {
        if (!(error instanceof NotYet)) throw error;
      }
    }
    if (results.length === size) return { results, sums };
    for (const sum of [...sums.statistics, ...sums.gradients]) {
      if (sum.total || sum.parts.size < size) continue;
      const parts = Array.from({ length: size }, (_, rank) => sum.parts.get(rank)!);
      if (parts.some(({ length }) => length !== parts[0]!.length))
        throw new Error(
          `replay: the processes add up ${parts.map(({ length }) => length).join(', ')} numbers`,
        );
      sum.total = parts[0]!.map((_, k) => parts.reduce((total, part) => total + part[k]!, 0));
    }
  }
  throw new Error('replay: the processes wait for each other');
}
