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

/**
 * The device that computed is gone: its driver was reset, or took the memory away. Values that lay on it are lost with it. What was saved goes on with a
 * new backend.
 */
export class DeviceLostError extends TensorError {}

/** `[2,3]`, as shapes stand in messages. */
export const showShape = (shape: readonly number[]): string => `[${shape.join(',')}]`;
