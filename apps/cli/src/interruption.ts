/**
 * Ctrl-C. The first one (or SIGTERM) asks the work to stop at the next safe point, where everything worth keeping is written; a second one ends the
 * process at once. Files are replaced atomically, so that even then none is half written.
 */
import { exitCodes } from './errors.js';

export interface Interruption {
  /** Whether the user has asked to stop. */
  readonly requested: boolean;
  /**
   * Lets pending signals in and says whether one asks to stop. Steps on the CPU keep the event loop busy: without this pause between them no signal would ever
   * arrive.
   */
  check(): Promise<boolean>;
  /** Stops listening. */
  release(): void;
}

/** Listens for SIGINT and SIGTERM until released. `announce` is called at the first one. */
export function listenForInterruption(announce: () => void, beforeExit: () => void): Interruption {
  let requested = false;
  const onSignal = (): void => {
    if (requested) {
      beforeExit();
      process.exit(exitCodes.interrupted);
    }
    requested = true;
    announce();
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    get requested() {
      return requested;
    },
    async check() {
      await new Promise<void>((resolve) => setImmediate(resolve));
      return requested;
    },
    release() {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
