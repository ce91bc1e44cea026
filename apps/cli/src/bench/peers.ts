/**
 * Other libraries on the same work, each in a process of its own that runs what it is asked to, so that the two sides alternate within one run.
 * The scripts are in `benchmarks/peers`; what is not installed is named and left out.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { HashModelName } from '@capsnet/capsules';
import { FailedRun } from '../errors.js';
import type { Runner } from './measure.js';
import { lossTolerance, expectedLosses, type Task } from './models.js';

export interface Peer {
  readonly name: string;
  readonly version: string;
  /** What it computes on: the name of a graphics processor, or "the processor". */
  readonly device: string;
  /** A product [m, k] x [k, n]. */
  product(shape: readonly number[]): Runner;
  runner(task: Task, model: HashModelName, batch: number): Runner;
  close(): void;
}

interface Answer {
  readonly milliseconds: readonly number[];
  readonly losses: readonly number[];
}

const script = (name: string): string =>
  fileURLToPath(new URL(`../../../../benchmarks/peers/${name}`, import.meta.url));

/** `device` of a peer that computes without a graphics processor; its script says so. */
const processor = 'the processor';

/** Where a peer is to compute: `gpu` is the graphics processor if the peer can use one, else the processor, which its `device` tells. */
export type PeerDevice = 'cpu' | 'gpu';

/** Starts the peers that are installed; `missing` is told of the others. */
export async function startPeers(
  threads: number,
  device: PeerDevice,
  missing: (reason: string) => void,
): Promise<Peer[]> {
  const started = [await startFirst('PyTorch', pythons(), 'pytorch.py', [String(threads), device])];
  return started.flatMap((peer) => {
    if (typeof peer !== 'string') return [peer];
    missing(peer);
    return [];
  });
}

/** Interpreters to try: the one that is asked for, the one in the path, the system's (which sees the system's packages). */
const pythons = (): string[] => {
  const asked = process.env['CAPSNET_PYTHON'];
  return asked ? [asked] : ['python3', '/usr/bin/python3'];
};

async function startFirst(
  name: string,
  programs: readonly string[],
  file: string,
  args: readonly string[],
): Promise<Peer | string> {
  if (!existsSync(script(file))) return `${name}: ${script(file)} is not here.`;
  let reason = '';
  for (const program of programs) {
    const process = new PeerProcess(program, [script(file), ...args]);
    const hello = await process.line();
    if (hello === undefined) {
      reason = await process.lastWords();
      continue;
    }
    const { version, device } = JSON.parse(hello) as { readonly version: string; readonly device: string };
    return {
      name,
      version,
      device,
      product: (shape) => async (runs) => (await process.ask({ task: 'product', shape, runs })).milliseconds,
      runner: (task, model, batch) => async (runs) => {
        const { milliseconds, losses } = await process.ask({ task, model, batch, runs });
        checkPeer({ name, device }, task, model, batch, losses);
        return milliseconds;
      },
      close: () => process.close(),
    };
  }
  return `${name} is left out: ${reason}`;
}

function checkPeer(
  { name, device }: Pick<Peer, 'name' | 'device'>,
  task: Task,
  model: HashModelName,
  batch: number,
  losses: readonly number[],
): void {
  if (task !== 'training' || batch !== 16) return;
  losses.forEach((loss, index) => {
    const expected = expectedLosses[model][index]!;
    if (Math.abs(loss - expected) > lossTolerance[device === processor ? 'processor' : 'graphics'])
      throw new FailedRun(
        `${name} has loss ${loss.toFixed(5)} at step ${index + 1} of ${model}, wanted ${expected}: its script does other work than ours.`,
      );
  });
}

/** A child that answers a line with a line. */
class PeerProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #errors = '';

  constructor(program: string, args: readonly string[]) {
    this.#child = spawn(program, args);
    this.#child.on('error', (error) => (this.#errors += `\n${error.message}`));
    this.#child.stdin.on('error', () => undefined);
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** The next line; undefined when the process has ended. */
  async line(): Promise<string | undefined> {
    const next = await this.#lines.next();
    return next.done ? undefined : next.value;
  }

  /** The last line of its error output. */
  async lastWords(): Promise<string> {
    if (this.#child.exitCode === null && this.#child.pid !== undefined) await once(this.#child, 'exit');
    return this.#errors.trim().split('\n').at(-1) ?? 'it ended without a word.';
  }

  async ask(request: object): Promise<Answer> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    const line = await this.line();
    if (line === undefined)
      throw new FailedRun(`a peer ended in the middle of the benchmark: ${await this.lastWords()}`);
    return JSON.parse(line) as Answer;
  }

  close(): void {
    this.#child.stdin.end();
    this.#child.kill();
  }
}
