/** Running a program call by call: every kernel takes and gives arrays that stay on the device. */
import type { StepTime } from '../backend.js';
import { showShape } from '../../errors.js';
import { isDeviceArray, type GpuDevice, type Instance } from './device.js';
import type { KernelArray } from './library.js';
import type { Call, Place } from './lower/call.js';
import type { Program } from './lower/program.js';

/** The places of a program that hold something, and what. */
export type Contents = Map<Place, KernelArray>;

/** Runs a program, in one way or another. */
export interface Runner {
  /** Bytes of the results that are written over on every run. */
  readonly ownBytes: number;
  /** Runs all calls. `contents` holds inputs and constants; the results are added to it. */
  run(contents: Contents): Promise<void>;
  /** Runs with a clock on every call. */
  profile(contents: Contents): Promise<StepTime[]>;
  describe(): string;
  release(): void;
}

interface Prepared {
  readonly call: Call;
  readonly instance: Instance;
  /** Places that nobody reads after this call. */
  readonly dead: readonly Place[];
}

export class CallRunner implements Runner {
  readonly #steps: readonly Prepared[];
  readonly #instances: ReadonlySet<Instance>;
  /** Bytes of the results that the kernels write over on every run. */
  readonly ownBytes: number;

  constructor(
    program: Program,
    private readonly device: GpuDevice,
  ) {
    const { calls } = program;
    const lasting = new Set<Place>(program.outputs);
    const lastRead = new Map<Place, number>();
    calls.forEach(({ inputs, output }, at) => {
      lastRead.set(output, at);
      inputs.forEach((place) => lastRead.set(place, at));
    });
    const written = new Set(calls.map(({ output }) => output));
    const deadAfter: Place[][] = calls.map(() => []);
    for (const [place, at] of lastRead)
      if (written.has(place) && !lasting.has(place)) deadAfter[at]!.push(place);

    // Equal kernels share an instance: lasting results have memory of their own anyway; for the others the one before must be dead.
    const lent: { instance: Instance; key: string; kept: boolean; free: number }[] = [];
    this.#steps = calls.map((call, at) => {
      const kept = lasting.has(call.output);
      const sizes = call.inputs.map(({ size }) => size);
      const key = `${call.kernel.size}|${sizes.join()}|${call.kernel.source}`;
      let found = lent.find((each) => each.kept === kept && (kept || each.free < at) && each.key === key);
      if (!found)
        lent.push((found = { instance: device.acquire(call.kernel, sizes, kept), key, kept, free: -1 }));
      found.free = lastRead.get(call.output)!;
      return { call, instance: found.instance, dead: deadAfter[at]! };
    });
    this.#instances = new Set(lent.map(({ instance }) => instance));
    this.ownBytes = lent.reduce((sum, { instance, kept }) => sum + (kept ? 0 : instance.kernel.size * 4), 0);
  }

  /**
   * Runs all calls.
   *
   * @param contents inputs and constants; the results are added to it
   * @param finished told after every call, once the device has done it
   */
  async run(contents: Contents, finished?: (call: Call) => void): Promise<void> {
    this.device.check();
    for (const { call, instance, dead } of this.#steps) {
      const inputs = call.inputs.map((place) => contents.get(place)!);
      contents.set(call.output, await this.device.call(instance, inputs));
      if (finished) {
        await this.device.finish();
        finished(call);
      }
      for (const place of dead) {
        const array = contents.get(place)!;
        contents.delete(place);
        if (isDeviceArray(array)) array.delete();
      }
    }
  }

  /** Runs with a clock on every call; the device waits for it. */
  async profile(contents: Contents): Promise<StepTime[]> {
    const times: StepTime[] = [];
    await this.device.finish();
    let before = performance.now();
    await this.run(contents, ({ kernel, shape }) => {
      const now = performance.now();
      times.push({
        step: kernel.name,
        shape: showShape(shape),
        milliseconds: now - before,
        work: times.length,
        operations: kernel.operations,
      });
      before = now;
    });
    return times;
  }

  describe(): string {
    return `call by call: ${this.#steps.length} calls of ${this.#instances.size} kernels; values stay where the kernels wrote them`;
  }

  release(): void {
    for (const instance of this.#instances) this.device.give(instance);
  }
}
