/**
 * `capsnet bench`: how fast the engine is, alone and beside other libraries. Nothing is claimed about speed that this command does not measure.
 */
import { cpus } from 'node:os';
import type { HashModelName } from '@capsnet/capsules';
import { TensorError, type Backend, type GpuBackend, type StepTime } from '@capsnet/tensor';
import { FailedRun } from '../errors.js';
import { startBackend } from '../machine/start.js';
import type { EngineFlags } from '../options/flags.js';
import { createConsole, type Console } from '../output/console.js';
import { emit } from '../output/json.js';
import { comparedModels as models, parts, type Part } from './flags.js';
import {
  benchConvolution,
  benchProduct,
  convolutionsOf,
  largeProducts,
  products,
  type KernelResult,
} from './kernels.js';
import { alternate, ratioOf, summary, type Effort, type Ratio, type Times } from './measure.js';
import { contestant, type Split, type Task } from './models.js';
import { startPeers, type Peer } from './peers.js';
import { besideTable, kernelTable, modelTable, profileTable, splitLine } from './report.js';

export interface BenchFlags extends EngineFlags {
  readonly model?: readonly HashModelName[];
  readonly batch?: readonly number[];
  readonly only?: readonly Part[];
  readonly seconds: number;
  readonly peers?: boolean;
  readonly profile?: boolean;
  readonly json?: boolean;
}

export interface ModelResult {
  readonly task: Task;
  readonly model: HashModelName;
  readonly batch: number;
  readonly times: Times;
  readonly imagesPerSecond: number;
  readonly firstMilliseconds: number;
  readonly memory: { readonly total: number; readonly arena: number };
  readonly losses?: readonly number[];
  readonly peers: readonly (Ratio & {
    readonly peer: string;
    readonly times: Times;
    readonly imagesPerSecond: number;
  })[];
}

/** Whether this is a graphics processor, not a software driver of one: it gets larger work. */
const isReal = (backend: Backend): boolean => backend.name === 'gpu' && !(backend as GpuBackend).software;
/** Whether a call only hands work over to a device. */
const isDevice = (backend: Backend): boolean =>
  backend.name === 'gpu' && !['webasm', 'cpu'].includes((backend as GpuBackend).mode);

/** Runs what the flags ask for and prints it as it comes. */
export async function bench(flags: BenchFlags): Promise<void> {
  const console = createConsole();
  const backend = await startBackend(flags, console);
  const threads = flags.threads ?? cpus().length;
  const effort: Effort = { seconds: flags.seconds, rounds: 5 };
  const chosen = new Set<Part>(flags.only ?? (flags.profile ? [] : parts));
  const peak = backend.peak?.();
  const peers = flags.peers
    ? await startPeers(threads, isDevice(backend) ? 'gpu' : 'cpu', (reason) => {
        console.warn(reason);
      })
    : [];
  if (flags.peers && peers.length === 0) throw new FailedRun('bench --peers: no peer is installed here.');
  try {
    const machine = {
      processor: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      node: process.versions.node,
    };
    if (flags.json)
      emit(console, {
        event: 'machine',
        ...machine,
        backend: backend.description,
        microKernelGigaflops: peak,
        peers: peers.map(({ name, version, device }) => ({ name, version, device })),
      });
    else
      console.result(
        `${machine.processor}, ${machine.cores} cores, Node ${machine.node}; ${backend.description}${peak === undefined ? '' : `; micro-kernel ${peak.toFixed(1)} GFLOP/s a thread`}\n${peers.map(({ name, version, device }) => `beside ${name} ${version} on ${device}\n`).join('')}`,
      );
    await benchKernels(flags, chosen, backend, peers, effort, peak, console);
    await benchModels(flags, chosen, backend, peers, effort, console);
    if (flags.profile) await profileModels(flags, backend, peak, console);
    if (flags.json) emit(console, { event: 'done' });
  } finally {
    for (const peer of peers) peer.close();
    await backend.dispose();
  }
}

async function benchKernels(
  flags: BenchFlags,
  chosen: ReadonlySet<Part>,
  backend: Backend,
  peers: readonly Peer[],
  effort: Effort,
  peak: number | undefined,
  console: Console,
): Promise<void> {
  if (!chosen.has('products') && !chosen.has('convolutions')) return;
  // A kernel needs less time than a model to be measured well.
  const short = { ...effort, seconds: effort.seconds / 4 };
  const results: KernelResult[] = [];
  const add = (result: KernelResult): void => {
    results.push(result);
    if (flags.json)
      emit(console, {
        event: 'kernel',
        ...result,
        toMicroKernel: peak === undefined ? null : result.gigaflops / peak,
      });
  };
  if (chosen.has('products'))
    for (const product of [...products, ...(isReal(backend) ? largeProducts : [])])
      add(await benchProduct(product, backend, short, peers));
  if (chosen.has('convolutions'))
    for (const model of flags.model ?? models)
      for (const convolution of convolutionsOf(model, 16))
        for await (const result of benchConvolution(convolution, backend, short)) add(result);
  if (flags.json) return;
  console.result(`\n${kernelTable(results, peak).join('\n')}\n`);
  if (peers.length > 0 && chosen.has('products')) console.result(`\n${besideTable(results).join('\n')}\n`);
}

async function benchModels(
  flags: BenchFlags,
  chosen: ReadonlySet<Part>,
  backend: Backend,
  peers: readonly Peer[],
  effort: Effort,
  console: Console,
): Promise<void> {
  const results: ModelResult[] = [];
  for (const task of ['training', 'inference'] as const) {
    if (!chosen.has(task)) continue;
    for (const model of flags.model ?? models)
      for (const batch of flags.batch ?? (isReal(backend) ? [16, 128, 1024] : [1, 16, 128])) {
        const result = await unlessTooLarge(() => benchModel(task, model, batch, backend, peers, effort));
        if (typeof result === 'string') {
          console.warn(`${task} ${model} batch ${batch} is left out: ${result}`);
          if (flags.json) emit(console, { event: 'left out', task, model, batch, reason: result });
          continue;
        }
        results.push(result);
        if (flags.json) emit(console, { event: task, ...result });
        else console.note(`${task} ${model} batch ${batch}: ${result.imagesPerSecond.toFixed(0)} images/s`);
      }
  }
  if (!flags.json && results.length > 0) console.result(`\n${modelTable(results).join('\n')}\n`);
}

/** What does not fit a backend (a tensor beyond its largest) is told, and the others are measured. */
async function unlessTooLarge<Result>(work: () => Promise<Result>): Promise<Result | string> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof TensorError && error.message.includes('smaller batches')) return error.message;
    throw error;
  }
}

async function benchModel(
  task: Task,
  model: HashModelName,
  batch: number,
  backend: Backend,
  peers: readonly Peer[],
  effort: Effort,
): Promise<ModelResult> {
  const { run, firstMilliseconds, memory, losses, release } = await contestant(task, model, batch, backend);
  try {
    const [ours, ...theirs] = await alternate(
      [run, ...peers.map((peer) => peer.runner(task, model, batch))],
      {
        ...effort,
        seconds: effort.seconds * (1 + peers.length),
      },
    );
    const times = summary(ours!.flat());
    return {
      task,
      model,
      batch,
      times,
      imagesPerSecond: (1000 * batch) / times.median,
      firstMilliseconds,
      memory,
      ...(losses ? { losses } : {}),
      peers: peers.map((peer, index) => {
        const their = summary(theirs[index]!.flat());
        return {
          peer: peer.name,
          times: their,
          imagesPerSecond: (1000 * batch) / their.median,
          ...ratioOf(ours!, theirs[index]!),
        };
      }),
    };
  } finally {
    release();
  }
}

/** The fastest time of each step over some runs. */
async function fastestProfile(profile: () => Promise<readonly StepTime[]>): Promise<StepTime[]> {
  let best = await profile();
  for (let run = 0; run < 8; run++) {
    const next = await profile();
    best = best.map((step, index) => (next[index]!.milliseconds < step.milliseconds ? next[index]! : step));
  }
  return [...best];
}

/** The run of median length among some. */
async function medianSplit(split: () => Promise<Split>): Promise<Split> {
  const runs: Split[] = [];
  for (let run = 0; run < 9; run++) runs.push(await split());
  return runs.sort((a, b) => a.done - b.done)[4]!;
}

async function profileModels(
  flags: BenchFlags,
  backend: Backend,
  peak: number | undefined,
  console: Console,
): Promise<void> {
  const tasks = (['training', 'inference'] as const).filter(
    (task) => flags.only === undefined || flags.only.includes(task),
  );
  for (const task of tasks)
    for (const model of flags.model ?? models)
      for (const batch of flags.batch ?? [16]) {
        const { profile, split, memory, release } = await contestant(task, model, batch, backend);
        try {
          const steps = await fastestProfile(profile);
          const total = steps.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
          const halves = isDevice(backend) ? await medianSplit(split) : undefined;
          if (flags.json) {
            steps.forEach((step, index) =>
              emit(console, {
                event: 'step',
                task,
                model,
                batch,
                index,
                op: step.step,
                shape: step.shape,
                milliseconds: step.milliseconds,
                gigaflops: step.operations === 0 ? null : step.operations / step.milliseconds / 1e6,
                toMicroKernel:
                  step.operations === 0 || peak === undefined
                    ? null
                    : step.operations / step.milliseconds / 1e6 / peak,
                share: step.milliseconds / total,
              }),
            );
            emit(console, {
              event: 'profile',
              task,
              model,
              batch,
              milliseconds: total,
              steps: steps.length,
              memory,
              ...(halves ? { issuedMilliseconds: halves.issued, doneMilliseconds: halves.done } : {}),
            });
          } else
            console.result(
              `\n${task} ${model}, batch ${batch}\n${[...profileTable(steps, total, memory, peak), ...(halves ? [splitLine(halves)] : [])].join('\n')}\n`,
            );
        } finally {
          release();
        }
      }
}
