/**
 * The event file of a run. Events are added at its end and reach the disk at once; TensorBoard may read meanwhile. A run that goes on keeps the events of what
 * its checkpoint has, and forgets those of steps that will be done again, and a last record that a crash has cut off.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join as joinPath } from 'node:path';
import { writeFileAtomically } from '../runs/atomic.js';
import { opening, readEvents, valuesEvent, type ReadEvent, type Values } from './events.js';
import { join } from './wire.js';

const prefix = 'events.out.tfevents.';

export interface EventLog {
  /** Events of the run that are kept from earlier sittings. */
  readonly kept: readonly ReadEvent[];
  /** Adds an event. @throws what the file system throws */
  add(step: number, values: Values): void;
}

export interface EventLogOptions {
  /** Which events of an earlier sitting stay; without it the run is a new one. */
  readonly keep?: (event: ReadEvent) => boolean;
  /** Seconds since 1970. */
  readonly now?: () => number;
}

/**
 * Opens the event file of a run's folder.
 *
 * TensorBoard follows a file that grows, but not one that is replaced. So events are forgotten by going over to a new file with a later name, which begins
 * with the start of a session: a reader that has seen the old one takes the new one in its place.
 */
export function openEventLog(
  directory: string,
  { keep, now = () => Date.now() / 1000 }: EventLogOptions = {},
): EventLog {
  const files = existsSync(directory)
    ? readdirSync(directory)
        .filter((name) => name.startsWith(prefix))
        .sort()
    : [];
  const last = files.at(-1);
  let file: string | undefined;
  let kept: readonly ReadEvent[] = [];
  if (keep && last !== undefined) {
    const path = joinPath(directory, last);
    const contents = readFileSync(path);
    const events = readEvents(contents);
    kept = events.filter((event) => event.tags.length > 0 && keep(event));
    const whole = events.reduce((sum, { record }) => sum + record.length, 0);
    const heads = events.filter(({ tags }) => tags.length === 0).length;
    if (heads > 0 && heads + kept.length === events.length && whole === contents.length) file = path;
  }
  if (file === undefined) {
    file = joinPath(directory, nameAfter(last, now()));
    writeFileAtomically(file, join([opening(now()), ...kept.map(({ record }) => record)]));
  }
  const path = file;
  for (const name of files) {
    const other = joinPath(directory, name);
    if (other !== path) rmSync(other, { force: true });
  }
  return {
    kept,
    add(step, values) {
      const record = valuesEvent(now(), step, values);
      // Somebody may have tidied up.
      if (!existsSync(path)) writeFileAtomically(path, opening(now()));
      const handle = openSync(path, 'a');
      try {
        for (let offset = 0; offset < record.length;) offset += writeSync(handle, record, offset);
        fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
    },
  };
}

/** A name behind that of the last file, whatever the clock says. */
function nameAfter(last: string | undefined, seconds: number): string {
  const before = last === undefined ? 0 : Number.parseInt(last.slice(prefix.length), 10) || 0;
  const stamp = Math.max(Math.floor(seconds), before + 1);
  return `${prefix}${String(stamp).padStart(10, '0')}.capsnet`;
}
