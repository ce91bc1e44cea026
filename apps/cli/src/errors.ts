/**
 * How a command ends when it does not succeed. Whoever throws one of these has already written the sentence that the user reads; anything else that
 * escapes is a defect of ours, and keeps its stack trace.
 */

/** What the shell sees. 130 is the convention for a process ended by Ctrl-C (128 + SIGINT). */
export const exitCodes = { success: 0, failedRun: 1, userMistake: 2, interrupted: 130 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The user asked for something that cannot be done: one sentence says what, where and what to do. Exit code 2. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** The work itself failed, for example a loss that became infinite. Exit code 1. */
export class FailedRun extends Error {
  override readonly name = 'FailedRun';
}

/** Ctrl-C; what was kept is in the message. Exit code 130. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** The exit code that belongs to an error. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UserError) return exitCodes.userMistake;
  if (error instanceof Interrupted) return exitCodes.interrupted;
  return exitCodes.failedRun;
}

/** Whether a message is all that the user needs; otherwise the stack trace belongs in the report. */
export const isExpected = (error: unknown): error is Error =>
  error instanceof UserError || error instanceof FailedRun || error instanceof Interrupted;

/** What the operating system says about a failed file operation, in words. */
const systemReasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  ENOENT: 'no such file or directory',
  ENOTDIR: 'a part of the path is a file, not a directory',
  EISDIR: 'it is a directory',
  EEXIST: 'a file of that name is in the way',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the disk quota is used up',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many files are open',
  EFBIG: 'the file would be larger than the system allows',
  EIO: 'the device reports an error',
};

/** The reason of a system error in words, or undefined for other errors. */
export function systemReason(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  return systemReasons[error.code] ?? (/^E[A-Z0-9]+$/.test(error.code) ? error.code : undefined);
}
