/**
 * A tensor is a node of a lazy graph: an operation, its operands and attributes, and the type of the result.
 * Nothing is computed when a tensor is made. Values appear when one is read (`await t.data()`) or when a compiled
 * function runs; until then the graph *is* the record that differentiation and compilation work on.
 */
import type { NdArray } from 'ndarray';
import type { DType, TypedArray } from '../dtype.js';
import { TensorError, showShape } from '../errors.js';
import type { AttributesOf, OpName } from '../ops/table.js';
import { sizeOf } from '../shape/rules.js';
import type { Shape } from '../shape/types.js';
import { bringEngine, currentEngine, loadEngine } from './engine.js';
import { HostValue, type Value } from './value.js';

let nextId = 0;

/** An immutable array of numbers of shape `S`, known by how it is computed. */
export class Tensor<S extends Shape = Shape> {
  /** Position in the order of creation: operands come before results. */
  readonly id: number = nextId++;
  #op: OpName;
  #inputs: readonly Tensor[];
  #attributes: unknown;
  #value: Value | undefined;
  #donatedTo: string | undefined;
  #discarded = false;

  constructor(
    op: OpName,
    inputs: readonly Tensor[],
    attributes: unknown,
    readonly shape: S,
    readonly dtype: DType,
    value?: Value,
  ) {
    this.#op = op;
    this.#inputs = inputs;
    this.#attributes = attributes;
    this.#value = value;
  }

  /** The operation that makes this tensor. */
  get op(): OpName {
    return this.#op;
  }

  /** Operands of the operation. */
  get inputs(): readonly Tensor[] {
    return this.#inputs;
  }

  /** Attributes of the operation; `Name` says which operation the caller knows this to be. */
  attributes<Name extends OpName>(): AttributesOf<Name> {
    return this.#attributes as AttributesOf<Name>;
  }

  get rank(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** The contents where they are, when they have been computed. @internal */
  get value(): Value | undefined {
    if (this.#discarded)
      throw new TensorError(
        'read',
        `this tensor ${showShape(this.shape)} was discarded. Read it before, or do not discard it.`,
      );
    if (this.#donatedTo !== undefined) {
      throw new TensorError(
        'read',
        `this tensor ${showShape(this.shape)} was donated to ${this.#donatedTo}, which has reused its memory. ` +
          'Use the tensor that the call returned in its place, or leave the argument out of `donate`.',
      );
    }
    return this.#value;
  }

  /**
   * Records the computed contents. Outside a trace the operands are let go, so that a long eager computation does not
   * keep its whole past alive. @internal
   */
  settle(value: Value, forgetPast: boolean): void {
    this.#value = value;
    if (forgetPast) {
      this.#op = 'data';
      this.#inputs = [];
      this.#attributes = { shape: this.shape, dtype: this.dtype };
    }
  }

  /** Gives the contents up; touching them afterwards is an error. @internal */
  discard(): void {
    this.#value?.abandon?.();
    this.#value = undefined;
    this.#discarded = true;
  }

  /** Marks the contents as handed over to `receiver`; touching them afterwards is an error. @internal */
  donateTo(receiver: string): void {
    this.#donatedTo = receiver;
    this.#value = undefined;
  }

  /** The elements, row-major, as a fresh or shared host array that is not to be written to. */
  async data(): Promise<TypedArray> {
    const value = this.value ?? (await (await loadEngine()).evaluate([this]))[0]!;
    return value.read();
  }

  /** As `data()`, at once; for synchronous backends (`reference`, `wasm`) once one has been chosen with `setBackend`. */
  dataSync(): TypedArray {
    const value = this.value ?? currentEngine('dataSync').evaluateSync([this])[0]!;
    const contents = value.read();
    if (contents instanceof Promise)
      throw new TensorError('dataSync', 'this backend reads asynchronously. Use `await t.data()`.');
    return contents;
  }

  /** The only element of a tensor of size 1. */
  async item(): Promise<number> {
    if (this.size !== 1)
      throw new TensorError(
        'item',
        `${showShape(this.shape)} has ${this.size} elements, item() wants 1. Use data().`,
      );
    return (await this.data())[0]!;
  }

  /** Nested arrays, a number for a scalar. */
  async toArray(): Promise<NestedNumbers> {
    const data = await this.data();
    const build = (axis: number, start: number): NestedNumbers =>
      axis === this.shape.length
        ? data[start]!
        : Array.from({ length: this.shape[axis]! }, (_, k) =>
            build(axis + 1, start + k * sizeOf(this.shape.slice(axis + 1))),
          );
    return build(0, 0);
  }

  /** A host view as `ndarray`, sharing the memory of `data()`. */
  async toNdarray(): Promise<NdArray<TypedArray>> {
    const [{ default: ndarray }, data] = await Promise.all([import('ndarray'), this.data()]);
    return ndarray(data, [...this.shape]);
  }

  toString(): string {
    return `Tensor ${showShape(this.shape)} ${this.dtype} (${this.#op})`;
  }
}

/** What `toArray` gives: a number for shape [], else an array of such values, one an element of the first axis. */
export type NestedNumbers = number | NestedNumbers[];

/**
 * A tensor whose contents are given.
 *
 * @param contents the elements, row-major, as many as `shape` says; shared, not copied, and not checked (`tensor` does)
 */
export function fromHost<S extends Shape>(contents: TypedArray, shape: S, dtype: DType): Tensor<S> {
  bringEngine();
  return new Tensor('data', [], { shape, dtype }, shape, dtype, new HostValue(contents));
}
