/**
 * An operation was given operands that it cannot take.
 *
 * The message says the operation, the operands, the rule that is broken and the remedy, for example
 * `matmul: [32,784] and [10,784] disagree on the inner axis (784, 784 wanted 10). Transpose the second?`
 */
export class TensorError extends Error {
  override readonly name = 'TensorError';

  constructor(
    /** The operation (or function of the library) that refused. */
    readonly operation: string,
    problem: string,
  ) {
    super(`${operation}: ${problem}`);
  }
}

/** `[2,3]`, as shapes stand in messages. */
export const showShape = (shape: readonly number[]): string => `[${shape.join(',')}]`;
