/**
 * A job: processes that a launcher has started to train together. Process 0 leads: it reads, writes, tests and tells; the others follow it in step. Whoever
 * fails ends the job, whoever ends well waits for the rest.
 */
import { measured, type MeasuredCommunicator } from '@capsnet/capsules';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { availableParallelism, hostname } from 'node:os';
import { joinMpi, type MpiCommunicator } from './mpi.js';

export interface Job {
  readonly communicator: MeasuredCommunicator;
  /** The MPI library, with its version. */
  readonly library: string;
  /** Whether this process leads. */
  readonly leads: boolean;
  /** Processes on this machine, this one included. */
  readonly neighbours: number;
  /** Processes that may use the same processors, this one included: all on this machine, or those that the launcher has bound alike. */
  readonly sharing: number;
  /** A value of JSON that the leader has, in all processes. The followers wait. */
  fromLeader<Value>(value: () => Value): Promise<Value>;
  /** Contents of memory that the leader has, in all processes. */
  bytesFromLeader(bytes: Uint8Array): Promise<void>;
  /**
   * Work that every process does by itself. What fails in all of them alike is told by the leader alone.
   *
   * @throws whatever the work throws
   */
  byItself<Result>(work: () => Promise<Result>): Promise<Result>;
  /** What each process has: 32 bytes of each, by rank. */
  gather(digest: Uint8Array): readonly string[];
  /** Waits for all, and leaves MPI. */
  leave(): Promise<void>;
}

/** The job of which this process is a part. @throws UserError as `joinMpi` */
export async function joinJob(): Promise<Job> {
  const mpi = await joinMpi();
  let left = false;
  // A process that ends in any other way than `leave` takes the others along: they would wait for it forever.
  process.on('exit', (code) => {
    if (!left) mpi.abort(code === 0 ? 1 : code);
  });
  return createJob(mpi, () => (left = true));
}

/** A job on a communicator. */
export function createJob(mpi: MpiCommunicator, onLeave: () => void = () => undefined): Job {
  const communicator = measured(mpi);
  const { rank, size } = mpi;
  const leads = rank === 0;
  const gather = (digest: Uint8Array): readonly string[] => {
    // Sums are all that MPI is asked for: each process adds its bytes to a row of zeros.
    const rows = new Float32Array(32 * size);
    rows.set(digest, 32 * rank);
    const all = new Float32Array(rows.length);
    mpi.allReduce(rows, all, 'statistics')();
    return Array.from({ length: size }, (_, row) =>
      Buffer.from(all.subarray(32 * row, 32 * (row + 1))).toString('hex'),
    );
  };
  /** How many processes say the same as this one. */
  const alike = (text: string): number => {
    const all = gather(createHash('sha256').update(text).digest());
    return all.filter((other) => other === all[rank]).length;
  };
  return {
    communicator,
    library: mpi.library,
    leads,
    neighbours: alike(hostname()),
    sharing: alike(`${hostname()} ${allowedProcessors()}`),
    async fromLeader<Value>(value: () => Value): Promise<Value> {
      const text = leads ? Buffer.from(JSON.stringify(value())) : undefined;
      const length = new Uint8Array(4);
      if (text) new DataView(length.buffer).setUint32(0, text.length);
      await mpi.broadcast(length);
      const bytes = text ?? Buffer.alloc(new DataView(length.buffer).getUint32(0));
      await mpi.broadcast(bytes);
      return JSON.parse(bytes.toString()) as Value;
    },
    bytesFromLeader: (bytes) => mpi.broadcast(bytes),
    async byItself(work) {
      try {
        const result = await work();
        await mpi.barrier();
        return result;
      } catch (error) {
        // Had the leader failed too, this would not return: it ends all.
        if (!leads) await mpi.barrier();
        throw error;
      }
    },
    gather,
    async leave() {
      await mpi.barrier();
      onLeave();
      mpi.finish();
    },
  };
}

/** Which processors the launcher lets this process use, where the system tells (Linux): `0-3,8`. */
function allowedProcessors(): string {
  try {
    return /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
}

/**
 * Threads for a process when nobody says: its share of the processors that it may use.
 *
 * @param sharing processes that may use the same ones
 */
export const threadShare = (sharing: number, allowed: number = availableParallelism()): number =>
  Math.max(1, Math.floor(allowed / sharing));
