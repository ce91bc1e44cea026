/**
 * One process at a time writes a run: `run.lock` says which. A lock of a process that was killed is none, so that nobody has to tidy up before going on.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { UserError, systemReason } from '../errors.js';
import { isRunning } from './process.js';

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, in the kernel's ticks, where the system tells: a number that another process has taken over is not taken for it. */
  readonly began: string | null;
}

/** Field 22 of /proc/PID/stat (proc(5)); the name in field 2 may hold anything, so it is counted from its closing bracket. */
function beginningOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    // Gone meanwhile, or cut off as its process was killed.
    return undefined;
  }
}

const lives = ({ pid, host, began }: Holder): boolean =>
  host === hostname() && isRunning(pid) && (began === null || began === beginningOf(pid));

/** The file of a folder's lock. */
export const lockFile = (directory: string): string => join(directory, 'run.lock');

/** The process that writes to the run of a folder now, if any. */
export function writerOf(directory: string): number | undefined {
  const holder = readHolder(lockFile(directory));
  return holder && lives(holder) ? holder.pid : undefined;
}

/**
 * Takes the run of a folder for this process.
 *
 * @param flag that named the folder, for the error
 * @returns gives it back
 * @throws UserError when another process writes there
 */
export function lockRun(flag: string, directory: string): () => void {
  const file = lockFile(directory);
  const own: Holder = { pid: process.pid, host: hostname(), began: beginningOf(process.pid) };
  const text = `${JSON.stringify(own)}\n`;
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(file, text, { flag: 'wx' });
      break;
    } catch (error) {
      const reason = systemReason(error);
      if (reason === undefined) throw error;
      const taken = (error as NodeJS.ErrnoException).code === 'EEXIST';
      if (!taken || attempt > 2)
        throw new UserError(`${flag}: ${file} cannot be written (${reason}). Choose another folder.`);
      const writer = writerOf(directory);
      if (writer !== undefined) {
        throw new UserError(
          `${flag}: process ${writer} is at work on the run in ${directory}. Wait for it, or stop it first.`,
        );
      }
      rmSync(file, { force: true });
    }
  }
  return () => {
    const holder = readHolder(file);
    if (holder?.pid !== own.pid || holder.host !== own.host) return;
    try {
      rmSync(file, { force: true });
    } catch (error) {
      // A disk that has become read-only, which has been told already: the lock of a process that is gone is none.
      if (systemReason(error) === undefined) throw error;
    }
  };
}
