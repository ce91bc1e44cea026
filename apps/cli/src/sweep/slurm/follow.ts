/** One task in the queue, as its files and the queue tell of it. */
import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Event } from '../../output/json.js';
import type { JobEnd } from '../launcher.js';
import { isLive, type Task } from './queue.js';
import { taskFiles } from './script.js';
import { exitOf, type Submission } from './submissions.js';

/** Characters of standard error that are kept. */
const keptWords = 4000;
/** Times that the queue must say that a task is over before it counts as ended without a word: on a shared disk its files may come later. */
const patience = 2;

export interface Followed {
  readonly task: Task;
  /** Reads what is new; the end, once the task has left one. */
  look(): JobEnd | undefined;
  /** Hears what the queue says; the end of a task that was ended from outside. */
  hear(state: string | undefined): JobEnd | undefined;
}

/** What a file has had since `from`, as whole lines. */
function newLines(file: string, from: number): { readonly lines: string[]; readonly next: number } {
  if (!existsSync(file)) return { lines: [], next: from };
  const descriptor = openSync(file, 'r');
  try {
    const parts: Buffer[] = [];
    const chunk = Buffer.alloc(65_536);
    for (let at = from, read = 1; read > 0; at += read) {
      read = readSync(descriptor, chunk, 0, chunk.length, at);
      parts.push(Buffer.from(chunk.subarray(0, read)));
    }
    const fresh = Buffer.concat(parts);
    const whole = fresh.lastIndexOf('\n') + 1;
    const lines = fresh.subarray(0, whole).toString('utf8').split('\n');
    return { lines: lines.filter((line) => line !== ''), next: from + whole };
  } finally {
    closeSync(descriptor);
  }
}

/** Follows a task; `onEvent` is called with what it prints. */
export function follow(submission: Submission, index: number, onEvent: (event: Event) => void): Followed {
  const { events, log } = taskFiles(index);
  let read = 0;
  let over = 0;
  const words = (): string => {
    const file = join(submission.folder, log);
    return existsSync(file) ? readFileSync(file, 'utf8').slice(-keptWords).trim() : '';
  };
  const look = (): JobEnd | undefined => {
    // Before the events: what was written when the task had ended is all that it wrote.
    const code = exitOf(submission, index);
    const { lines, next } = newLines(join(submission.folder, events), read);
    read = next;
    for (const line of lines) onEvent(JSON.parse(line) as Event);
    return code === undefined ? undefined : { code, words: words() };
  };
  return {
    task: { job: submission.job, index },
    look,
    hear(state) {
      over = isLive(state) ? 0 : over + 1;
      if (over < patience) return undefined;
      return (
        look() ?? {
          code: null,
          words: `${words()}\nSlurm ended task ${submission.job}_${index}: ${state ?? 'it is no longer in the queue'}.`,
        }
      );
    },
  };
}
