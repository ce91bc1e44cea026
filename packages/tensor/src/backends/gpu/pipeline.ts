/**
 * Running a program as one GPU.js pipeline: every kernel in one WebAssembly memory, one call of the whole plan, one copy in for each input and one out
 * for each result.
 *
 * This is for the `webasm` mode, where values are arrays of the host anyway. On WebGPU a pipeline takes and gives arrays of the host too: parameters would
 * travel there and back on every step, so plans go call by call there, with values that stay on the device.
 */
import type { StepTime } from '../backend.js';
import type { GpuDevice, Instance } from './device.js';
import type { KernelArray, RunnablePipeline } from './library.js';
import type { Place } from './lower/call.js';
import type { Program } from './lower/program.js';
import { CallRunner, type Contents, type Runner } from './runner.js';

export class PipelineRunner implements Runner {
  readonly #pipeline: RunnablePipeline;
  readonly #instances: readonly Instance[];
  /** Places that the calls read and do not write, and places that they write and the plan gives out. */
  readonly #inputs: readonly Place[];
  readonly #outputs: readonly Place[];
  /** Call by call, for profiles: made when it is asked for. */
  #calls: CallRunner | undefined;
  readonly ownBytes: number;

  constructor(
    private readonly program: Program,
    private readonly device: GpuDevice,
  ) {
    const { calls } = program;
    const written = new Set(calls.map(({ output }) => output));
    const inputs = (this.#inputs = [...new Set(calls.flatMap((call) => call.inputs))].filter(
      (place) => !written.has(place),
    ));
    const outputs = (this.#outputs = [...new Set(program.outputs)].filter((place) => written.has(place)));
    const instances = new Map<string, Instance>();
    const steps = calls.map(({ kernel, inputs: read, output }) => {
      const sizes = read.map(({ size }) => size);
      const key = `${kernel.size}|${sizes.join()}|${kernel.source}`;
      const found = instances.get(key) ?? device.acquire(kernel, sizes);
      instances.set(key, found);
      return { run: found.run, read, output };
    });
    this.#instances = [...instances.values()];
    this.ownBytes = [...written].reduce((sum, { size }) => sum + size * 4, 0);
    this.#pipeline = device.pipeline(inputs.length, (handles) => {
      const at = new Map(inputs.map((place, k) => [place, handles[k]!]));
      for (const { run, read, output } of steps)
        at.set(output, run(...read.map((place) => at.get(place)!)) as KernelArray);
      return outputs.map((place) => at.get(place)!);
    });
  }

  async run(contents: Contents): Promise<void> {
    this.device.check();
    const given = this.#inputs.map((place) => contents.get(place) as Float32Array);
    const results = await this.device.callPipeline(this.#pipeline, given);
    this.#outputs.forEach((place, k) => contents.set(place, results[k]!));
  }

  profile(contents: Contents): Promise<StepTime[]> {
    return (this.#calls ??= new CallRunner(this.program, this.device)).profile(contents);
  }

  describe(): string {
    const { executorKind, fallbackReason } = this.#pipeline;
    return `one pipeline of ${this.program.calls.length} calls of ${this.#instances.length} kernels (${executorKind}${fallbackReason ? `: ${fallbackReason}` : ''})`;
  }

  release(): void {
    void this.#pipeline.destroy();
    this.#calls?.release();
    for (const instance of this.#instances) this.device.give(instance);
  }
}

/** How a program is run in the mode of the device. */
export const runnerFor = (program: Program, device: GpuDevice): Runner =>
  device.mode === 'webasm' && program.calls.length > 0
    ? new PipelineRunner(program, device)
    : new CallRunner(program, device);
