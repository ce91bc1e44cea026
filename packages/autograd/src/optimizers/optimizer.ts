/**
 * Optimisers as pairs of pure functions, as in Optax: `init` makes the state for given parameters, `update` turns gradients, state and
 * parameters into the next parameters and state. Everything is a tree of tensors, so that a step compiles as a whole, and state is saved
 * and restored like parameters.
 */
import { asTensor, mapTree, type Operand, type Tensor } from '@capsnet/tensor';

/** Nested records of tensors. */
export interface ParameterTree {
  readonly [name: string]: Tensor | ParameterTree;
}

/** What an update gives: the parameters to use from now on, and the optimiser's state. */
export interface Updated<Parameters, State> {
  readonly parameters: Parameters;
  readonly state: State;
}

/** An optimiser: two pure functions over trees of tensors. State and parameters go in, new ones come out. */
export interface Optimizer<Parameters = ParameterTree, State = unknown> {
  readonly init: (parameters: Parameters) => State;
  /**
   * @param gradients as the parameters
   * @param learningRate a number, or a scalar tensor (which may change without compiling again)
   */
  readonly update: (
    gradients: Parameters,
    state: State,
    parameters: Parameters,
    learningRate: Tensor | number,
  ) => Updated<Parameters, State>;
}

/** A learning rate as an operand. */
export const rateOf = (learningRate: Operand): Tensor => asTensor(learningRate);

/** Applies `f` to the tensors at the same place of each tree; the nesting is that of the first. */
export const mapTensors = <T>(
  f: (...tensors: Tensor[]) => Tensor,
  tree: T,
  ...others: readonly unknown[]
): T => mapTree(f as (leaf: never, ...rest: never[]) => Tensor, tree, ...others) as T;
