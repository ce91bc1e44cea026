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
import type { Rival, Runner } from './measure.js';
import { checkLosses, type Task } from './models.js';

/** What a peer is asked for, in the words that go to its script. */
export type Work =
  | { readonly task: Task; readonly model: HashModelName; readonly batch: number }
  | {
      /** [m, k] x [k, n], of which one may lie transposed. */
      readonly task: 'product';
      readonly shape: readonly number[];
      readonly transposed?: 'a' | 'b' | undefined;
    }
  | {
      readonly task: 'convolution';
      readonly direction: 'forward' | 'input gradient' | 'filter gradient';
      readonly input: readonly number[];
      readonly filter: readonly number[];
      readonly strides: readonly number[];
      readonly groups: number;
    };

/** What a script says of itself in its first line. */
interface Hello {
  readonly version: string;
  /** What it computes on: the name of a graphics processor, or "the processor". */
  readonly device: string;
  /** What a reader of its figures must know. */
  readonly remark?: string;
  /** What it can do. */
  readonly models: readonly string[];
  readonly kernels: readonly string[];
}

export interface Peer extends Hello {
  readonly name: string;
  runner(work: Work): Runner;
  close(): void;
}

/** Those of the peers that can do a piece of work, ready to do it. */
export const rivals = (peers: readonly Peer[], work: Work): Rival[] =>
  peers
    .filter(({ models, kernels }) =>
      'model' in work ? models.includes(work.model) : kernels.includes(work.task),
    )
    .map((peer) => ({ peer: peer.name, run: peer.runner(work) }));

interface Answer {
  readonly milliseconds: readonly number[];
  readonly losses: readonly number[];
}

const script = (name: string): string =>
  fileURLToPath(new URL(`../../../../benchmarks/peers/${name}`, import.meta.url));

/** Where a peer is to compute: `gpu` is the graphics processor if the peer can use one, else the processor, which its `device` tells. */
export type PeerDevice = 'cpu' | 'gpu';

/** Starts the peers that are installed; `missing` is told of the others. */
export async function startPeers(
  threads: number,
  device: PeerDevice,
  missing: (reason: string) => void,
): Promise<Peer[]> {
  const started = await Promise.all([
    startFirst('PyTorch', pythons(), 'pytorch.py', [String(threads), device]),
    startFirst('jax-js', [process.execPath], 'jax-js.mjs', [String(threads)]),
    startFirst('TensorFlow.js', [process.execPath], 'tensorflow.mjs', []),
  ]);
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
    const child = new PeerProcess(program, [script(file), ...args]);
    const hello = await child.line();
    if (hello === undefined) {
      reason = await child.lastWords();
      continue;
    }
    return {
      name,
      ...(JSON.parse(hello) as Hello),
      runner: (work) => async (runs) => {
        const { milliseconds, losses } = await child.ask({ ...work, runs });
        if (work.task === 'training' && work.batch === 16)
          checkLosses(
            `${name} trains ${work.model}`,
            work.model,
            losses,
            'its script does other work than ours.',
          );
        return milliseconds;
      },
      close: () => child.close(),
    };
  }
  return `${name} is left out: ${reason}`;
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
