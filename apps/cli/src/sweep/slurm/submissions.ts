/** What was submitted, on the disk beside the runs: a sweep that was ended finds its jobs again. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeFileAtomically } from '../../runs/atomic.js';
import { taskFiles } from './script.js';

/** A job array: task number k is the run `names[k]`. */
export interface Submission {
  /** Absolute. */
  readonly folder: string;
  readonly job: string;
  readonly names: readonly string[];
}

const root = (directory: string): string => join(resolve(directory), 'slurm');
const recordOf = (folder: string): string => join(folder, 'submission.json');

/** A new folder for a submission. @param directory of the runs */
export function newFolder(directory: string): string {
  mkdirSync(root(directory), { recursive: true });
  return mkdtempSync(join(root(directory), 'array-'));
}

/** Notes what was submitted. */
export const record = ({ folder, job, names }: Submission): void =>
  writeFileAtomically(recordOf(folder), `${JSON.stringify({ job, names }, null, 2)}\n`);

/** All that were noted, the latest first. */
export function submissions(directory: string): Submission[] {
  if (!existsSync(root(directory))) return [];
  return readdirSync(root(directory))
    .map((name) => join(root(directory), name))
    .filter((folder) => existsSync(recordOf(folder)))
    .map((folder): Submission => ({
      folder,
      ...(JSON.parse(readFileSync(recordOf(folder), 'utf8')) as Omit<Submission, 'folder'>),
    }))
    .sort((a, b) => Number(b.job) - Number(a.job));
}

/** The exit code that a task left behind, if it has ended by itself. */
export function exitOf({ folder }: Submission, index: number): number | undefined {
  const file = join(folder, taskFiles(index).exit);
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined;
}
