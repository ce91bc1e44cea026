/**
 * Running the built command as a user does: a process of its own, its two streams, its exit code.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const binary = fileURLToPath(new URL('../../bin/capsnet.js', import.meta.url));

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output, each line parsed as JSON. */
  events(): Record<string, unknown>[];
}

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with everything that has come on standard error; may send a signal. */
  readonly onError?: (text: string, signal: (name: NodeJS.Signals) => void) => void;
  /** The same for standard output. */
  readonly onOutput?: (text: string, signal: (name: NodeJS.Signals) => void) => void;
}

/** Runs `capsnet` to its end. */
export function capsnet(
  args: readonly string[],
  { cwd, env, onError, onOutput }: CliOptions = {},
): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    // A clean environment: what the tester has set must not decide.
    const { CAPSNET_DATA: _data, NO_COLOR: _colour, FORCE_COLOR: _force, ...inherited } = process.env;
    const child = spawn(process.execPath, [binary, ...args], {
      cwd: cwd ?? tmpdir(),
      env: { ...inherited, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      onOutput?.(stdout, (name) => child.kill(name));
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      onError?.(stderr, (name) => child.kill(name));
    });
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({
        code,
        stdout,
        stderr,
        events: () =>
          stdout
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line) as Record<string, unknown>),
      }),
    );
  });
}

/** A folder for one test, and how to remove it. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'capsnet-e2e-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
