/**
 * The wasm backend: plans become programs of the AssemblyScript engine, which all threads walk together.
 */
import { schedule } from '../../compile/schedule.js';
import type { Plan } from '../../compile/plan.js';
import { showShape } from '../../errors.js';
import type { Tensor } from '../../graph/tensor.js';
import type { Backend, StepListing, StepTime } from '../backend.js';
import { WasmExecutable, type Program } from './executable.js';
import { layOut } from './layout.js';
import { copyStep, kernels, type Lowered, type Step } from './lower/kernel.js';
import { lower } from './lower/lower.js';
import { ownOutputs } from './ownOutputs.js';
import { WasmRuntime, type RuntimeOptions } from './runtime.js';

/** The wasm backend, with what a doctor wants to know. */
export interface WasmBackend extends Backend {
  readonly name: 'wasm';
  readonly threads: number;
  /** The module in use: `engine`, `engine-relaxed` or `engine-single`. */
  readonly build: string;
  readonly remarks: readonly string[];
  /** Bytes of WebAssembly memory. */
  readonly memoryBytes: number;
}

/**
 * @param options threads (all processors by default), relaxed SIMD (where the machine has it)
 * @throws TensorError when WebAssembly SIMD is missing or the options are wrong
 */
export async function createWasmBackend(options: RuntimeOptions = {}): Promise<WasmBackend> {
  const runtime = await WasmRuntime.create(options);
  const { threads, build } = runtime;
  return {
    name: 'wasm',
    description: `wasm (${threads} thread${threads === 1 ? '' : 's'}, ${build === 'engine-relaxed' ? 'relaxed SIMD' : 'SIMD'})`,
    precision: 'float32',
    threads,
    build,
    remarks: runtime.features.remarks,
    get memoryBytes() {
      return runtime.bytes;
    },
    prepare: (plan) => prepare(plan, runtime),
    peak: () => runtime.peak(),
    dispose: () => runtime.dispose(),
  };
}

/** A step with what it is called in listings; `part` counts the steps of one piece of work. */
interface Named {
  readonly step: Step;
  readonly lowered: Lowered | undefined;
  readonly last: boolean;
}

function prepare(given: Plan, runtime: WasmRuntime): WasmExecutable {
  const plan = ownOutputs(given);
  const stages = schedule(plan);
  const lowered = stages.map((works) => works.map((work) => lower(work, runtime.threads)));
  const layout = layOut(
    plan,
    stages,
    lowered.map((works) => works.map((work) => work.workspaceBytes)),
  );
  const base = runtime.allocate(layout.total);
  const at = (node: Tensor): number => base + layout.offsetOf(node);

  // The works of one stage go round by round: the first round of each, a barrier, the second of each, ...
  const steps: { named: Named; barrier: boolean }[] = [];
  const addRound = (round: readonly Named[]): void => {
    // Functions of the host run between programs of the engine, so they come last.
    const engine = round.filter(({ step }) => step.kernel !== 'host');
    engine.forEach((named, k) => steps.push({ named, barrier: k === engine.length - 1 }));
    for (const named of round) if (named.step.kernel === 'host') steps.push({ named, barrier: false });
  };
  stages.forEach((works, stage) => {
    const encoded = works.map((_, k) => lowered[stage]![k]!.encode(at, base + layout.workspaces[stage]![k]!));
    const rounds = Math.max(0, ...encoded.map((list) => list.length));
    for (let round = 0; round < rounds; round++) {
      addRound(
        encoded.flatMap((list, k) =>
          [list[round] ?? []].flat().map((step, index, all) => ({
            step,
            lowered: lowered[stage]![k]!,
            last: round === list.length - 1 && index === all.length - 1,
          })),
        ),
      );
    }
  });
  addRound(
    layout.copies.map(({ from, toInput }) => ({
      step: copyStep(at(from), base + layout.inputs[toInput]!, [from.size], [1], [1]),
      lowered: undefined,
      last: true,
    })),
  );

  const words: number[] = [];
  const parts: Part[] = [];
  steps.forEach(({ named: { step }, barrier }, index) => {
    if (step.kernel === 'host') {
      parts.push({ host: step.host!, first: index });
      return;
    }
    const before = parts.at(-1);
    if (before && 'steps' in before) before.steps++;
    else parts.push({ offset: words.length * 4, steps: 1, first: index });
    words.push(kernels[step.kernel], barrier ? 1 : 0, step.words.length, ...step.words);
  });
  const program = runtime.allocate(words.length * 4);
  new Int32Array(runtime.buffer, program, words.length).set(words);
  const named = steps.map(({ named: step }) => step);
  return new WasmExecutable(
    plan,
    layout,
    runtime,
    base,
    new WasmProgram(runtime, program, parts, named, base, layout.total, layout.arena),
  );
}

/** Steps of the engine that follow each other (`offset` in bytes from the program's start), or one function of the host. */
type Part =
  | { readonly offset: number; steps: number; readonly first: number }
  | { readonly host: (memory: ArrayBufferLike) => void; readonly first: number };

class WasmProgram implements Program {
  constructor(
    private readonly runtime: WasmRuntime,
    private readonly address: number,
    private readonly parts: readonly Part[],
    private readonly named: readonly Named[],
    private readonly base: number,
    private readonly total: number,
    private readonly arena: number,
  ) {}

  run(): void {
    for (const part of this.parts) {
      if ('host' in part) part.host(this.runtime.buffer);
      else this.runtime.run(this.address + part.offset, part.steps);
    }
  }

  profile(): StepTime[] {
    const times = this.runtime.allocate(this.named.length * 8);
    try {
      for (const part of this.parts) {
        if ('host' in part) {
          const start = performance.now();
          part.host(this.runtime.buffer);
          new Float64Array(this.runtime.buffer, times, this.named.length)[part.first] =
            performance.now() - start;
        } else this.runtime.run(this.address + part.offset, part.steps, times + part.first * 8);
      }
      const milliseconds = new Float64Array(this.runtime.buffer, times, this.named.length).slice();
      const works = [...new Set(this.named.map(({ lowered }) => lowered))];
      return this.named.map(({ step, lowered, last }, index) => ({
        step: lowered ? (last ? lowered.label : `${lowered.label}: ${step.kernel}`) : 'copy donated',
        shape: lowered ? showShape(lowered.shape) : '',
        milliseconds: milliseconds[index]!,
        work: works.indexOf(lowered),
        operations: last && lowered ? lowered.operations : 0,
      }));
    } finally {
      this.runtime.free(times);
    }
  }

  describe(): string {
    const lines = this.named.map(
      ({ step, lowered }, index) =>
        `${index}: ${step.kernel}  ${lowered ? `${lowered.label} ${showShape(lowered.shape)}` : 'copy donated'}`,
    );
    return [
      `program: ${this.named.length} steps on ${this.runtime.threads} thread(s); memory ${this.total} bytes, of which arena ${this.arena}`,
      ...lines,
    ].join('\n');
  }

  steps(): StepListing[] {
    return this.named.map(({ step, lowered, last }) => ({
      label: lowered ? lowered.label : 'copy donated',
      shape: lowered ? lowered.shape : [],
      kernel: step.kernel,
      operations: last && lowered ? lowered.operations : 0,
    }));
  }

  release(): void {
    this.runtime.free(this.address);
    this.runtime.free(this.base);
  }
}
