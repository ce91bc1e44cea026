/** What a rule is: how one operation of the engine is said in operators of ONNX. */
import type { Tensor } from '@capsnet/tensor';
import type { Length } from './batch.js';
import type { OnnxAttributes } from './messages.js';

/** The graph being written, as rules see it. Values are known by their names. */
export interface Lowering {
  /** The value of an operand: an earlier result, or a constant, which is computed and stored. */
  valueOf(operand: Tensor): string;
  /** As `valueOf`, with its axes in another order; a constant is stored so. */
  transposed(operand: Tensor, permutation: readonly number[]): string;
  /** Adds an operator and gives the name of its result. */
  node(operator: string, inputs: readonly string[], attributes?: OnnxAttributes): string;
  /** A float32 constant of shape []. */
  float(value: number): string;
  /** An int64 constant of shape [values.length]: axes, shapes. */
  integers(values: readonly number[]): string;
  /** Lengths of a tensor of the graph. */
  lengths(tensor: Tensor): readonly Length[];
  /** Lengths as an int64 vector, computed from the batch where they follow it. */
  shape(lengths: readonly Length[]): string;
}

/** Writes the operators of a tensor and gives the name of their result. */
export type Rule = (tensor: Tensor, to: Lowering) => string;
