/**
 * What an operation is: its name, the rule for its result's type, its meaning as plain loops over `ndarray` (the
 * living definition that every other backend is tested against) and sample operands that tests draw from.
 *
 * One operation stands in one place. The table of all of them (`table.ts`) gives the type `OpName`; derivatives and
 * backends are records over `OpName`, so that a missing rule is a compile error.
 */
import type { NdArray } from 'ndarray';
import type { DType, TypedArray } from '../dtype.js';

/** Shape and kind of number of an operand or result. */
export interface TensorType {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** Host view that reference code reads and writes. */
export type HostArray = NdArray<TypedArray>;

/** Operands to try an operation on: one shape an operand, values drawn from `range` (floats) or `[0, range[1])` (int32). */
export interface OpSample<Attributes> {
  readonly shapes: readonly (readonly number[])[];
  readonly dtypes?: readonly DType[];
  readonly attributes: Attributes;
  readonly range?: readonly [number, number];
}

/**
 * - `source`: no operands; its value is given or follows from the attributes
 * - `elementwise`: operands broadcast together, each result element depends on one element of each operand
 * - `reduction`, `contraction`, `movement`, `capsule`: what backends have kernels for
 */
export type OpKind = 'source' | 'elementwise' | 'reduction' | 'contraction' | 'movement' | 'capsule';

/** What an operation is: the type of its result, its meaning in plain loops, and what it is tried on. */
export interface OpDefinition<Name extends string = string, Attributes = unknown> {
  readonly name: Name;
  readonly kind: OpKind;
  /** Type of the result. Throws a `TensorError` when the operands do not fit. */
  infer(operands: readonly TensorType[], attributes: Attributes): TensorType;
  /** Computes the result into `output` (allocated, zeroed). */
  reference(operands: readonly HostArray[], attributes: Attributes, output: HostArray): void;
  /** For element-wise operations: the function of one element of each operand. */
  readonly scalar?: (values: readonly number[], attributes: Attributes) => number;
  readonly samples: readonly OpSample<Attributes>[];
}

/** Declares an operation; the identity function, there to infer the types. */
export const defineOp = <const Name extends string, Attributes>(
  definition: OpDefinition<Name, Attributes>,
): OpDefinition<Name, Attributes> => definition;

/** Attributes of an operation that has none. */
export type NoAttributes = Readonly<Record<never, never>>;
