/**
 * One process at a time writes a run: `run.lock` says which. A lock of a process that was killed is none, so that nobody has to tidy up before going on. On a disk that
 * machines share, the process may be on another one: there a lock counts while its file is fresh, and who holds one keeps it so.
 */
import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
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

/** Milliseconds after which a lock is touched again, and after which one of another machine counts no more. */
const touchInterval = 20_000;
const staleAfter = 90_000;

function isFresh(file: string): boolean {
  try {
    return Math.abs(Date.now() - statSync(file).mtimeMs) < staleAfter;
  } catch {
    return false;
  }
}

const lives = (file: string, { pid, host, began }: Holder): boolean =>
  host === hostname() ? isRunning(pid) && (began === null || began === beginningOf(pid)) : isFresh(file);

/** The file of a folder's lock. */
export const lockFile = (directory: string): string => join(directory, 'run.lock');

/** The process that writes to the run of a folder now, if any: `process 7`, or `process 7 on node2`. */
export function writerOf(directory: string): string | undefined {
  const file = lockFile(directory);
  const holder = readHolder(file);
  if (!holder || !lives(file, holder)) return undefined;
  return `process ${holder.pid}${holder.host === hostname() ? '' : ` on ${holder.host}`}`;
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
          `${flag}: ${writer} is at work on the run in ${directory}. Wait for it, or stop it first.${writer.includes(' on ') ? ` If that machine is gone: its lock counts for ${staleAfter / 1000} s more at most.` : ''}`,
        );
      }
      rmSync(file, { force: true });
    }
  }
  const touching = setInterval(() => {
    try {
      utimesSync(file, new Date(), new Date());
    } catch {
      // Gone, or a disk that has become read-only: who writes there says so.
    }
  }, touchInterval);
  touching.unref();
  return () => {
    clearInterval(touching);
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
