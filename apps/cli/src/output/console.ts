/**
 * The two streams of a command and the rules for using them: results go to standard output, everything about the way there (notes, progress) to
 * standard error. Colour and cursor codes appear on a terminal only, and colours not at all under NO_COLOR (no-color.org).
 */
import pc from 'picocolors';

export interface Stream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export type Colours = ReturnType<typeof pc.createColors>;

export interface Console {
  /** Text of the result, to standard output, as it is. */
  result(text: string): void;
  /** One line about the work, to standard error; silent under `--quiet`. */
  note(line: string): void;
  /** One line that even `--quiet` does not hide: something that the user should know. */
  warn(line: string): void;
  /** Colours for standard output, and for standard error. */
  readonly colours: { readonly result: Colours; readonly note: Colours };
  /** Whether a progress bar may be drawn on standard error. */
  readonly interactive: boolean;
  /** Columns of the terminal, 80 where there is none. */
  readonly columns: number;
  readonly quiet: boolean;
  /** Standard error itself, for the progress bar. */
  readonly errorStream: Stream;
}

export interface ConsoleOptions {
  readonly quiet?: boolean;
  readonly stdout?: Stream;
  readonly stderr?: Stream;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Columns of a stream; 80 where it has none, or says 0 as a terminal of unknown size does. */
export const columnsOf = ({ columns }: Stream): number => columns || 80;

/** A console that says nothing: that of a process which works for another. */
export const silentConsole = (): Console => {
  const nowhere = { write: () => true };
  return createConsole({ quiet: true, stdout: nowhere, stderr: nowhere });
};

/** A console on the process's own streams, or on those given. */
export function createConsole({
  quiet = false,
  stdout = process.stdout,
  stderr = process.stderr,
  env = process.env,
}: ConsoleOptions = {}): Console {
  const capable = (stream: Stream): boolean => stream.isTTY === true && env['TERM'] !== 'dumb';
  const coloured = (stream: Stream): boolean => capable(stream) && !env['NO_COLOR'];
  return {
    result: (text) => void stdout.write(text),
    note: (line) => void (quiet || stderr.write(`${line}\n`)),
    warn: (line) => void stderr.write(`${line}\n`),
    colours: { result: pc.createColors(coloured(stdout)), note: pc.createColors(coloured(stderr)) },
    interactive: capable(stderr) && !quiet,
    columns: columnsOf(stderr),
    quiet,
    errorStream: stderr,
  };
}
