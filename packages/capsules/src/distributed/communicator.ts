/** What training on several processes needs of the library that joins them: an interface, so that the rest knows no MPI. */

/**
 * Which sums are meant. The processes start the sums of one lane in the same order; those of the other may come in between, at other places in each.
 */
export type Lane = 'statistics' | 'gradients';

/** A group of processes, each with a number, that run the same program. */
export interface Communicator {
  /** Of this process, from 0. */
  readonly rank: number;
  /** Number of processes. */
  readonly size: number;
  /**
   * Starts adding up `values` over all processes, element by element; every process gets the same bits. Neither array may be touched until the function
   * that is returned has been called: it waits for the sums.
   *
   * @param sums of the length of `values`, in memory of its own
   */
  allReduce(values: Float32Array, sums: Float32Array, lane: Lane): () => void;
  /** Gives the contents that process 0 has to all. The event loop goes on meanwhile. */
  broadcast(bytes: Uint8Array): Promise<void>;
  /** Waits until all processes have come here. The event loop goes on meanwhile. */
  barrier(): Promise<void>;
}

/** What a process has spent on sums. */
export interface Spent {
  /** Time in which it did nothing else, waiting for slower processes included. */
  readonly seconds: number;
  /** Bytes that it put in. */
  readonly bytes: number;
  /** Number of sums. */
  readonly sums: number;
}

/** A communicator that keeps account of its sums. */
export interface MeasuredCommunicator extends Communicator {
  /** Since the start. */
  spent(): Spent;
}

/** Measures the sums of a communicator. */
export function measured(communicator: Communicator): MeasuredCommunicator {
  let [seconds, bytes, sums] = [0, 0, 0];
  const timed = <Result>(work: () => Result): Result => {
    const start = performance.now();
    const result = work();
    seconds += (performance.now() - start) / 1000;
    return result;
  };
  return {
    rank: communicator.rank,
    size: communicator.size,
    allReduce(values, into, lane) {
      bytes += values.byteLength;
      sums++;
      const wait = timed(() => communicator.allReduce(values, into, lane));
      return () => timed(wait);
    },
    broadcast: (contents) => communicator.broadcast(contents),
    barrier: () => communicator.barrier(),
    spent: () => ({ seconds, bytes, sums }),
  };
}
