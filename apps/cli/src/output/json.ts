/**
 * Events for programs: with `--json`, standard output carries one JSON object a line and nothing else.
 */
import type { Console } from './console.js';

/** Any event; `event` says which. */
export type Event = { readonly event: string } & Readonly<Record<string, unknown>>;

/** One line. JSON has no NaN: a value that is not finite stands as null. */
export const eventLine = (event: Event): string => `${JSON.stringify(event)}\n`;

/** Writes one event to standard output. */
export const emit = (console: Console, event: Event): void => console.result(eventLine(event));
