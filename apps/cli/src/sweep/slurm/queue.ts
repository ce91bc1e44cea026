/** The programs of Slurm that a user has: `sbatch` submits, `squeue` says how jobs stand, `scancel` ends them. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { UserError } from '../../errors.js';

const run = promisify(execFile);

/** A task of a job array. */
export interface Task {
  readonly job: string;
  readonly index: number;
}

/** States in which a task computes or will; in all others it is over. */
const live = new Set([
  ...['PENDING', 'CONFIGURING', 'RUNNING', 'COMPLETING', 'SUSPENDED', 'STOPPED', 'SIGNALING'],
  ...['REQUEUED', 'REQUEUE_HOLD', 'REQUEUE_FED', 'RESIZING', 'SPECIAL_EXIT', 'STAGE_OUT', 'RESV_DEL_HOLD'],
]);
/** Whether a task in this state may still write; `undefined` is that of a task which the queue has forgotten. */
export const isLive = (state: string | undefined): boolean => state !== undefined && live.has(state);

/** @throws UserError when the programs are not there */
export function requireSlurm(): void {
  const { error } = spawnSync('sbatch', ['--version'], { stdio: 'ignore' });
  if (error === undefined) return;
  throw new UserError(
    '--launcher slurm: there is no program "sbatch" here. Work on a node of the cluster that submits jobs, or install Slurm and join it to a cluster ' +
      '(Debian: apt install slurm-client munge, with the slurm.conf and munge.key of the cluster). --launcher local trains on this machine.',
  );
}

/** What a program of Slurm complained of: its last line. */
export const complaintOf = (error: unknown): string => {
  const { stderr, message } = error as { readonly stderr?: string; readonly message: string };
  return (stderr ?? '').trim().split('\n').at(-1) || message;
};

/**
 * Submits a job array with the tasks 0 to `count` - 1.
 *
 * @param options of sbatch; they come last and so overrule ours
 * @returns the number of the job
 */
export async function submit(
  script: string,
  count: number,
  atOnce: number | undefined,
  log: string,
  options: readonly string[],
): Promise<string> {
  const array = `0-${count - 1}${atOnce === undefined ? '' : `%${atOnce}`}`;
  const { stdout } = await run('sbatch', [
    ...['--parsable', `--array=${array}`, `--output=${log}`, '--job-name=capsnet'],
    // What a time limit ends keeps its state first. What a node lost is told, and goes on with the next sweep.
    ...['--signal=B:TERM@60', '--no-requeue'],
    ...options,
    script,
  ]);
  return stdout.trim().split(';')[0]!;
}

/** The states of the tasks of a job by their numbers, as far as the queue knows them. */
export async function statesOf(job: string): Promise<ReadonlyMap<number, string>> {
  const args = ['--noheader', '--array', '--states=all', `--jobs=${job}`, '--format=%K %T'];
  try {
    const { stdout } = await run('squeue', args);
    const lines = stdout.split('\n').flatMap((line) => {
      const [index, state] = line.trim().split(/\s+/);
      return state === undefined ? [] : [[Number(index), state] as const];
    });
    return new Map(lines);
  } catch (error) {
    // Some minutes after its end a job is forgotten.
    if (/invalid job id/i.test(complaintOf(error))) return new Map();
    throw error;
  }
}

/** `7_[0,2]` for each job. */
function named(tasks: readonly Task[]): string[] {
  const jobs = new Map<string, number[]>();
  for (const { job, index } of tasks) jobs.set(job, [...(jobs.get(job) ?? []), index]);
  return [...jobs].map(([job, indices]) => `${job}_[${indices.join()}]`);
}

/** Not awaited: it may be the last thing that the sweep does. */
const cancel = (...args: readonly string[]): void => {
  spawn('scancel', ['--quiet', ...args], { stdio: 'ignore', detached: true })
    .on('error', () => undefined)
    .unref();
};

/** Takes waiting tasks out of the queue, and asks computing ones to keep their state and end. */
export function askToStop(tasks: readonly Task[]): void {
  cancel('--state=PENDING', ...named(tasks));
  cancel('--state=RUNNING', '--batch', '--signal=TERM', ...named(tasks));
}

/** Ends tasks. */
export const kill = (tasks: readonly Task[]): void => cancel(...named(tasks));
