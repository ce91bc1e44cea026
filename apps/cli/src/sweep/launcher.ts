/** Where the runs of a sweep are computed. A launcher starts `capsnet` with given arguments somewhere; that is all it knows of training. */
import type { Event } from '../output/json.js';
import { localLauncher } from './local.js';
import { slurmLauncher } from './slurm/launcher.js';

export interface Job {
  /** Of the run. */
  readonly name: string;
  /** What stands behind `capsnet`. */
  readonly args: readonly string[];
}

export interface JobEnd {
  /** The exit code of `capsnet`; null when a signal ended it. */
  readonly code: number | null;
  /** Its last words on standard error. */
  readonly words: string;
}

export interface Running {
  /** Never rejects: what could not be started has ended with its reason as last words. */
  readonly ended: Promise<JobEnd>;
  /** Asks it to keep its state and end (as Ctrl-C); the second time at once. */
  stop(): void;
}

export interface Launcher {
  readonly name: string;
  /** Takes all jobs at once and decides itself when each computes; its jobs go on when the sweep is gone, and the next sweep finds them. */
  readonly queues: boolean;
  /** Starts a job; `onEvent` is called with what it prints under --json. */
  start(job: Job, onEvent: (event: Event) => void): Running;
}

/** What a launcher is told of the sweep. */
export interface LauncherOptions {
  /** Of the runs; what a launcher notes for itself lies beneath it. */
  readonly directory: string;
  /** Runs at once, if somebody said. */
  readonly jobs: number | undefined;
  /** Further options for the program that submits. */
  readonly submitOptions: readonly string[];
  /** Tells the user a sentence. */
  readonly say: (sentence: string) => void;
}

/** All there are: another one is a file beside `local.ts` and a row here. */
const launchers = { local: localLauncher, slurm: slurmLauncher } as const satisfies Readonly<
  Record<string, (options: LauncherOptions) => Launcher>
>;

export type LauncherName = keyof typeof launchers;
export const launcherNames = Object.keys(launchers) as LauncherName[];

/** The launcher of a name. @throws UserError when what it needs is not installed */
export const createLauncher = (name: LauncherName, options: LauncherOptions): Launcher =>
  launchers[name](options);
