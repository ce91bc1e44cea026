/** The copies of a training that the processes of a job hold: made alike at the start, and seen to be alike after each epoch. */
import type { Average, Parameters } from '@capsnet/capsules';
import { leaves, tensor, unflatten, type Tensor } from '@capsnet/tensor';
import { createHash } from 'node:crypto';
import { FailedRun } from '../errors.js';
import type { TrainingState } from '../training/checkpoint.js';
import type { Job } from './job.js';

/** The state that the leader has, in all processes. @param own of the same shapes */
export async function shareState(job: Job, own: TrainingState): Promise<TrainingState> {
  const shared: Tensor[] = [];
  for (const leaf of leaves(own)) {
    const values = Float32Array.from(await leaf.data());
    await job.bytesFromLeader(new Uint8Array(values.buffer));
    shared.push(tensor(values, leaf.shape));
  }
  return unflatten<unknown>(own, shared) as TrainingState;
}

/** What is the same in all processes after every step. */
interface Replica {
  readonly parameters: Parameters;
  readonly state: Parameters;
  readonly average?: Average;
}

/**
 * Compares what the processes hold. All of them call it.
 *
 * @returns the SHA-256 of it, in hexadecimal
 * @throws FailedRun in all processes when it differs
 */
export async function checkReplicas(job: Job, { parameters, state, average }: Replica): Promise<string> {
  const hash = createHash('sha256');
  for (const leaf of leaves([parameters, state, ...(average ? [average] : [])])) {
    const values = await leaf.data();
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  const [first, ...others] = job.gather(hash.digest()) as [string, ...string[]];
  const other = others.findIndex((digest) => digest !== first);
  if (other < 0) return first;
  throw new FailedRun(
    `the parameters of process ${other + 1} are not those of process 0. Do all run the same version of capsnet, Node and MPI, on processors of one kind?`,
  );
}
