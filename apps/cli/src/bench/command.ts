/**
 * `capsnet bench`: how fast the engine is, alone and beside other libraries. Nothing is claimed about speed that this command does not measure.
 */
import { cpus } from 'node:os';
import type { HashModelName } from '@capsnet/capsules';
import { TensorError, type Backend, type GpuBackend } from '@capsnet/tensor';
import { FailedRun, UserError } from '../errors.js';
import { startBackend } from '../machine/start.js';
import type { EngineFlags } from '../options/flags.js';
import { createConsole, type Console } from '../output/console.js';
import { emit } from '../output/json.js';
import { comparedModels, parts, type Part } from './flags.js';
import {
  benchConvolution,
  benchProduct,
  convolutionsOf,
  largeProducts,
  products,
  type KernelResult,
} from './kernels.js';
import { compare, type Beside, type Effort, type Times } from './measure.js';
import { contestant, type Task } from './models.js';
import { rivals, startPeers, type Peer } from './peers.js';
import { medianSplit, profileOf } from './profile.js';
import { kernelTable, kernelsBeside, modelTable, modelsBeside, profileTable, splitLine } from './report.js';

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
  readonly peers: readonly (Beside & { readonly imagesPerSecond: number })[];
}

/** Whether this is a graphics processor, not a software driver of one: it gets larger work. */
const isReal = (backend: Backend): boolean => backend.name === 'gpu' && !(backend as GpuBackend).software;
/** Whether a call only hands work over to a device. */
const isDevice = (backend: Backend): boolean =>
  backend.name === 'gpu' && !['webasm', 'cpu'].includes((backend as GpuBackend).mode);

/** What is measured; with `--profile` nothing: the steps of the tasks are listed instead. */
const partsOf = ({ only = parts, profile }: BenchFlags): ReadonlySet<Part> => new Set(profile ? [] : only);

/** The tasks whose steps are listed. */
function profiledTasks({ only, peers }: BenchFlags): Task[] {
  const tasks = (['training', 'inference'] as const).filter((task) => only?.includes(task) ?? true);
  if (tasks.length === 0)
    throw new UserError(
      'bench --profile lists the steps of training and of inference; --only has neither of them.',
    );
  if (peers)
    throw new UserError(
      'bench --profile lists the steps of this engine alone; leave one of --profile and --peers out.',
    );
  return tasks;
}

/** What is to be measured and a peer cannot do. */
function lacking({ models, kernels }: Peer, flags: BenchFlags): string[] {
  const chosen = partsOf(flags);
  const wanted = [
    ...(chosen.has('products') && !kernels.includes('product') ? ['products'] : []),
    ...(chosen.has('convolutions') && !kernels.includes('convolution') ? ['convolutions'] : []),
  ];
  return chosen.has('training') || chosen.has('inference')
    ? [...wanted, ...(flags.model ?? comparedModels).filter((model) => !models.includes(model))]
    : wanted;
}

/** Runs what the flags ask for and prints it as it comes. */
export async function bench(flags: BenchFlags): Promise<void> {
  const console = createConsole();
  const profiled = flags.profile ? profiledTasks(flags) : [];
  const backend = await startBackend(flags, console);
  const threads = flags.threads ?? cpus().length;
  const effort: Effort = { seconds: flags.seconds, rounds: 5 };
  const chosen = partsOf(flags);
  const peak = backend.peak?.();
  const peers = flags.peers
    ? await startPeers(threads, isDevice(backend) ? 'gpu' : 'cpu', (reason) => {
        console.warn(reason);
      })
    : [];
  try {
    if (flags.peers && peers.length === 0) throw new FailedRun('bench --peers: no peer is installed here.');
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
        peers: peers.map((peer) => ({
          name: peer.name,
          version: peer.version,
          device: peer.device,
          remark: peer.remark,
          lacks: lacking(peer, flags),
        })),
      });
    else
      console.result(
        `${machine.processor}, ${machine.cores} cores, Node ${machine.node}; ${backend.description}${peak === undefined ? '' : `; micro-kernel ${peak.toFixed(1)} GFLOP/s a thread`}\n${peers.map(({ name, version, device, remark }) => `beside ${name} ${version} on ${device}${remark === undefined ? '' : `, ${remark}`}\n`).join('')}`,
      );
    for (const peer of peers) {
      const lacks = lacking(peer, flags);
      if (lacks.length > 0)
        console.note(`${peer.name} is left out of what it cannot do: ${lacks.join(', ')}`);
    }
    await benchKernels(flags, chosen, backend, peers, effort, peak, console);
    await benchModels(flags, chosen, backend, peers, effort, console);
    for (const task of profiled)
      for (const model of flags.model ?? comparedModels)
        for (const batch of flags.batch ?? [16])
          await profileModel(task, model, batch, backend, flags, peak, console);
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
    for (const model of flags.model ?? comparedModels)
      for (const convolution of convolutionsOf(model, 16))
        for await (const result of benchConvolution(convolution, backend, short, peers)) add(result);
  if (flags.json) return;
  console.result(`\n${kernelTable(results, peak).join('\n')}\n`);
  if (results.some(({ peers }) => peers.length > 0))
    console.result(`\n${kernelsBeside(results).join('\n')}\n`);
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
    for (const model of flags.model ?? comparedModels)
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
  if (flags.json || results.length === 0) return;
  console.result(`\n${modelTable(results).join('\n')}\n`);
  if (results.some(({ peers }) => peers.length > 0))
    console.result(`\n${modelsBeside(results).join('\n')}\n`);
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
    const speed = (times: Times): number => (1000 * batch) / times.median;
    const { times, peers: others } = await compare(run, rivals(peers, { task, model, batch }), effort);
    return {
      task,
      model,
      batch,
      times,
      imagesPerSecond: speed(times),
      firstMilliseconds,
      memory,
      ...(losses ? { losses } : {}),
      peers: others.map((peer) => ({ ...peer, imagesPerSecond: speed(peer.times) })),
    };
  } finally {
    release();
  }
}

async function profileModel(
  task: Task,
  model: HashModelName,
  batch: number,
  backend: Backend,
  flags: BenchFlags,
  peak: number | undefined,
  console: Console,
): Promise<void> {
  const { profile, split, memory, release } = await contestant(task, model, batch, backend);
  try {
    const { steps, milliseconds } = await profileOf(profile);
    const halves = isDevice(backend) ? await medianSplit(split) : undefined;
    if (flags.json) {
      const where = { task, model, batch };
      steps.forEach(({ step, gigaflops, ...rest }, index) =>
        emit(console, {
          event: 'step',
          ...where,
          index,
          op: step,
          ...rest,
          gigaflops: gigaflops ?? null,
          toMicroKernel: gigaflops === undefined || peak === undefined ? null : gigaflops / peak,
          share: rest.milliseconds / milliseconds,
        }),
      );
      emit(console, {
        event: 'profile',
        ...where,
        milliseconds,
        steps: steps.length,
        memory,
        ...(halves ? { issuedMilliseconds: halves.issued, doneMilliseconds: halves.done } : {}),
      });
    } else
      console.result(
        `\n${task} ${model}, batch ${batch}\n${[...profileTable(steps, milliseconds, memory, peak), ...(halves ? [splitLine(halves)] : [])].join('\n')}\n`,
      );
  } finally {
    release();
  }
}
