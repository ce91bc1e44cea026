/** A lowered plan on a device: brings inputs there, runs the calls, hands out results that stay there. */
import type { Executable, MemoryUse, StepListing, StepTime } from '../backend.js';
import type { Plan } from '../../compile/plan.js';
import { showShape, TensorError } from '../../errors.js';
import { HostValue, type Value } from '../../graph/value.js';
import { isDeviceArray, type GpuDevice } from './device.js';
import type { KernelArray } from './library.js';
import type { Place } from './lower/call.js';
import type { Program } from './lower/program.js';
import { DeviceValue } from './residence.js';
import { runnerFor } from './pipeline.js';
import type { Contents, Runner } from './runner.js';

/** A host value that was brought to the device for an input. */
interface Bound {
  readonly value: Value;
  readonly array: KernelArray;
}

const remove = (array: KernelArray | undefined): void => {
  if (array && isDeviceArray(array)) array.delete();
};

export class GpuExecutable implements Executable {
  readonly #runner: Runner;
  /** Uploads of the call before: a host value that comes again is not brought again. */
  readonly #bound: (Bound | undefined)[];
  #constants: Map<Place, KernelArray> | undefined;
  #released = false;

  constructor(
    readonly plan: Plan,
    readonly program: Program,
    private readonly device: GpuDevice,
  ) {
    this.#runner = runnerFor(program, device);
    this.#bound = plan.inputs.map(() => undefined);
  }

  run(inputs: readonly Value[]): Promise<readonly Value[]> {
    return this.device.exclusively(async () => {
      const contents = await this.bind(inputs);
      await this.#runner.run(contents);
      const results = this.collect(contents);
      this.takeDonations(inputs);
      return results;
    });
  }

  profile(inputs: readonly Value[]): Promise<readonly StepTime[]> {
    return this.device.exclusively(async () => {
      const contents = await this.bind(inputs);
      const times = await this.#runner.profile(contents);
      this.collect(contents);
      return times;
    });
  }

  get memory(): MemoryUse {
    const bytes = (places: readonly (Place | undefined)[]): number =>
      [...new Set(places)].reduce((sum, place) => sum + (place?.size ?? 0) * 4, 0);
    const { ownBytes } = this.#runner;
    const constants = this.program.constants.map(({ place }) => place);
    return { total: ownBytes + bytes([...this.program.inputs, ...constants]), arena: ownBytes };
  }

  inspect(): string {
    const lines = this.program.calls.map(
      ({ kernel, shape }, at) => `${at}: ${kernel.name} ${showShape(shape)}\n${kernel.source}`,
    );
    return [`gpu:${this.device.mode}, ${this.#runner.describe()}`, ...lines].join('\n');
  }

  steps(): StepListing[] {
    return this.program.calls.map(({ kernel: { name, source, operations }, shape }) => ({
      label: name,
      shape,
      kernel: name,
      source,
      operations,
    }));
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    void this.device.exclusively(async () => {
      this.#bound.forEach((bound) => remove(bound?.array));
      this.#constants?.forEach(remove);
      this.#runner.release();
    });
  }

  /** Everything that the calls read from outside, on the device. */
  private async bind(inputs: readonly Value[]): Promise<Contents> {
    if (this.#released)
      throw new TensorError(this.plan.name, 'the plan has been released and cannot run again.');
    const contents: Contents = new Map(await this.constants());
    for (const [position, place] of this.program.inputs.entries()) {
      if (!place || place.size === 0) continue;
      contents.set(place, await this.inputArray(inputs[position]!, position));
    }
    return contents;
  }

  private async inputArray(value: Value, position: number): Promise<KernelArray> {
    if (value instanceof DeviceValue && value.device === this.device) return value.array;
    const before = this.#bound[position];
    if (before?.value === value) return before.array;
    const array = await this.device.upload(await value.read(), this.plan.inputs[position]!.dtype);
    remove(before?.array);
    this.#bound[position] = { value, array };
    return array;
  }

  private async constants(): Promise<Map<Place, KernelArray>> {
    if (this.#constants) return this.#constants;
    const arrays = new Map<Place, KernelArray>();
    for (const { place, node } of this.program.constants) {
      const { value } = node;
      if (value instanceof DeviceValue && value.device === this.device) {
        arrays.set(place, value.array.clone());
        continue;
      }
      const contents =
        value === undefined
          ? new Float32Array(node.size).fill(node.attributes<'fill'>().value)
          : await value.read();
      arrays.set(place, await this.device.upload(contents, node.dtype));
    }
    this.#constants = arrays;
    return arrays;
  }

  /** Results as values. A place that is an input, a constant or given out before gets an owner more. */
  private collect(contents: Contents): Value[] {
    const given = new Set<Place>([
      ...this.program.inputs.filter((place) => place !== undefined),
      ...this.program.constants.map(({ place }) => place),
    ]);
    return this.program.outputs.map((place, k) => {
      const { dtype } = this.plan.outputs[k]!;
      if (place.size === 0) return new HostValue(dtype === 'int32' ? new Int32Array(0) : new Float32Array(0));
      const array = contents.get(place)!;
      if (!isDeviceArray(array)) return new HostValue(dtype === 'int32' ? Int32Array.from(array) : array);
      const own = given.has(place) ? array.clone() : array;
      given.add(place);
      return new DeviceValue(this.device, own, dtype);
    });
  }

  /** Donated values have been read for the last time: their memory is free. */
  private takeDonations(inputs: readonly Value[]): void {
    const donated = new Set(this.plan.donations.filter((position) => position !== undefined));
    for (const position of donated) {
      const value = inputs[position]!;
      const elsewhere = inputs.some((other, at) => other === value && !donated.has(at));
      if (value instanceof DeviceValue && value.device === this.device && !elsewhere) value.release();
      const bound = this.#bound[position];
      if (bound) {
        remove(bound.array);
        this.#bound[position] = undefined;
      }
    }
  }
}
