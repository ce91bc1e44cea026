/**
 * A lowered plan with its memory: binds inputs, runs the program, hands out results.
 */
import type { MemoryUse, StepListing, StepTime } from '../backend.js';
import type { Plan } from '../../compile/plan.js';
import { TensorError } from '../../errors.js';
import { FilledValue, type Value } from '../../graph/value.js';
import type { Layout } from './layout.js';
import { ResidentValue, viewOf, type Heap, type Slot } from './residence.js';

/** Runs the plan's program to the end. */
export interface Program {
  run(): void;
  /** Runs with a clock on every step. */
  profile(): StepTime[];
  /** Steps and kernels as text. */
  describe(): string;
  steps(): StepListing[];
  /** Gives the plan's memory back. */
  release(): void;
}

export class WasmExecutable {
  readonly #inputs: Slot[];
  readonly #outputs: Slot[];
  /** What each input slot holds: a value that is in place is not copied again. */
  readonly #bound: (Value | undefined)[];
  /** Results of earlier runs that still lie in this plan's memory. */
  readonly #resident = new Set<ResidentValue>();
  #released = false;

  constructor(
    readonly plan: Plan,
    readonly layout: Layout,
    readonly heap: Heap,
    /** Address of the plan's memory in the heap. */
    base: number,
    private readonly program: Program,
  ) {
    const slot = (offset: number, node: { size: number; dtype: Slot['dtype'] }): Slot => ({
      address: base + offset,
      length: node.size,
      dtype: node.dtype,
    });
    this.#inputs = plan.inputs.map((node, position) => slot(layout.inputs[position]!, node));
    this.#outputs = plan.outputs.map((node, position) => slot(layout.outputs[position]!, node));
    this.#bound = plan.inputs.map(() => undefined);
    for (const { node, offset } of layout.constants) {
      const view = viewOf(heap, slot(offset, node));
      if (node.value === undefined) view.fill(node.attributes<'fill'>().value);
      else view.set(contentsOf(node.value));
    }
  }

  run(inputs: readonly Value[]): Value[] {
    this.bind(inputs);
    this.program.run();
    return this.collect();
  }

  profile(inputs: readonly Value[]): StepTime[] {
    this.bind(inputs);
    const times = this.program.profile();
    this.collect();
    return times;
  }

  get memory(): MemoryUse {
    return { total: this.layout.total, arena: this.layout.arena };
  }

  inspect(): string {
    return this.program.describe();
  }

  steps(): StepListing[] {
    return this.program.steps();
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.evict(new Set());
    this.program.release();
  }

  /** Brings every input to its slot and every older result to safety. */
  private bind(inputs: readonly Value[]): void {
    if (this.#released)
      throw new TensorError(this.plan.name, 'the plan has been released and cannot run again.');
    // Donated results that come back as the input whose memory they took over are where they should be.
    const staying = new Set<Value>(inputs.filter((value, position) => this.isInPlace(value, position)));
    this.evict(staying);
    inputs.forEach((value, position) => {
      if (this.#bound[position] === value || this.isInPlace(value, position)) return;
      const target = viewOf(this.heap, this.#inputs[position]!);
      const near = value instanceof ResidentValue && value.heap === this.heap ? value.location : undefined;
      if (value instanceof FilledValue) target.fill(value.number);
      else target.set(near ? viewOf(this.heap, near) : contentsOf(value));
      this.#bound[position] = value;
    });
    for (const position of this.plan.donations) if (position !== undefined) this.#bound[position] = undefined;
  }

  private isInPlace(value: Value, position: number): boolean {
    return (
      value instanceof ResidentValue &&
      value.heap === this.heap &&
      value.location?.address === this.#inputs[position]!.address
    );
  }

  /** Copies older results to the host, except those that stay; the run is about to write over them. */
  private evict(staying: ReadonlySet<Value>): void {
    for (const value of this.#resident) if (!staying.has(value)) value.evict();
    this.#resident.clear();
  }

  private collect(): Value[] {
    return this.#outputs.map((slot) => {
      const value = new ResidentValue(this.heap, slot);
      this.#resident.add(value);
      return value;
    });
  }
}

function contentsOf(value: Value): ArrayLike<number> {
  const contents = value.read();
  if (contents instanceof Promise)
    throw new TensorError(
      'wasm',
      'an operand lives on an asynchronous device. Read it first: await t.data().',
    );
  return contents;
}
