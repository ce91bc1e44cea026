/**
 * Progress of long work: a bar where there is a terminal, elsewhere one plain line every few seconds (a log file stays readable). Both say the rate
 * and the time left.
 */
import { createRequire } from 'node:module';
import type * as CliProgress from 'cli-progress';
import { columnsOf, type Colours, type Console } from './console.js';
import { duration, loss as showLoss } from './format.js';

export interface ProgressReport {
  /** What is going on: `epoch 2/10`, `test`. */
  readonly label: string;
  /** Images done and to do. */
  readonly done: number;
  readonly total: number;
  readonly imagesPerSecond: number;
  /** Of the whole command, not of this label. */
  readonly secondsLeft: number;
  readonly loss?: number;
  /** As a share, 0 to 1. */
  readonly accuracy?: number;
}

export interface Progress {
  /** Says how far the work is; as often as one likes. */
  report(report: ProgressReport): void;
  /** Takes the bar off the screen, for a line of text or for the end. The next report draws it again. */
  clear(): void;
}

/** Seconds between plain lines. */
const lineInterval = 3;

/** `0:07`, `12:05`, `3:02:01`. */
const clock = (seconds: number): string => {
  if (!Number.isFinite(seconds)) return '-:--';
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
};

const share = ({ done, total }: ProgressReport): number => (total > 0 ? Math.min(1, done / total) : 1);
const whole = (report: ProgressReport): string => `${Math.floor(100 * share(report))} %`;

/** The bar and its figures in at most `columns` columns. */
export function barLine(report: ProgressReport, columns: number, colours: Colours): string {
  const figures = [
    whole(report).padStart(5),
    `${Math.round(report.imagesPerSecond)} img/s`,
    ...(report.loss === undefined ? [] : [`loss ${showLoss(report.loss)}`]),
    ...(report.accuracy === undefined ? [] : [`acc ${(100 * report.accuracy).toFixed(1)} %`]),
    `${clock(report.secondsLeft)} left`,
  ].join('  ');
  // One column stays free: some terminals wrap a line that fills the last one.
  const room = columns - 1 - report.label.length - 1 - figures.length - 1;
  if (room < 6) return `${report.label} ${figures}`.slice(0, Math.max(0, columns - 1));
  const width = Math.min(30, room);
  const full = Math.round(width * share(report));
  return `${report.label} ${colours.cyan('█'.repeat(full))}${colours.dim('░'.repeat(width - full))} ${figures}`;
}

/** The same as a line of text. */
export const plainLine = (report: ProgressReport): string =>
  [
    report.label,
    whole(report),
    `${Math.round(report.imagesPerSecond)} images/s`,
    ...(report.loss === undefined ? [] : [`loss ${showLoss(report.loss)}`]),
    ...(report.accuracy === undefined ? [] : [`accuracy ${(100 * report.accuracy).toFixed(2)} %`]),
    `${duration(report.secondsLeft)} left`,
  ].join('  ');

/** The progress display that fits the console: a bar, lines, or nothing under `--quiet`. */
export function createProgress(
  console: Console,
  now: () => number = () => performance.now() / 1000,
): Progress {
  if (console.quiet) return { report: () => undefined, clear: () => undefined };
  return console.interactive ? barProgress(console) : lineProgress(console, now);
}

function lineProgress(console: Console, now: () => number): Progress {
  let last = now();
  return {
    report(report) {
      if (now() - last < lineInterval) return;
      last = now();
      console.note(plainLine(report));
    },
    clear: () => undefined,
  };
}

function barProgress(console: Console): Progress {
  // CommonJS, and needed on terminals only: loaded here.
  const { SingleBar: Bar } = createRequire(import.meta.url)('cli-progress') as typeof CliProgress;
  let bar: CliProgress.SingleBar | undefined;
  return {
    report(report) {
      if (!bar) {
        bar = new Bar({
          stream: console.errorStream as NodeJS.WritableStream,
          format: (_options, _params, payload: { report: ProgressReport }) =>
            barLine(payload.report, columnsOf(console.errorStream), console.colours.note),
          clearOnComplete: true,
          hideCursor: true,
          // The work runs in long synchronous stretches: a timer would not fire, so each report draws, at most 10 a second.
          synchronousUpdate: true,
          fps: 10,
          gracefulExit: false,
        });
        bar.start(report.total, report.done, { report });
      } else {
        bar.setTotal(report.total);
        bar.update(report.done, { report });
      }
    },
    clear() {
      bar?.stop();
      bar = undefined;
    },
  };
}
