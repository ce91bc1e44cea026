/** What rides on a convolution or matrix product: a bias to add and an activation, computed while the sum is still in a variable. */
import type { Tensor } from '../../../graph/tensor.js';
import { expressionOf } from './elementwise.js';

export interface Epilogue {
  /** Elements of the bias: one for all, or one a channel (the last axis of the result). */
  readonly bias: number;
  readonly activation?: Tensor;
}

/** Statements after `let sum`, and the name of what to return. The bias is the parameter `bias`. */
export function epilogue(
  { bias, activation }: Epilogue,
  channel: string,
): { readonly parameters: string[]; readonly statements: string[]; readonly result: string } {
  const statements: string[] = [];
  let result = 'sum';
  if (bias > 0) {
    statements.push(`const biased = sum + bias[${bias === 1 ? '0' : channel}];`);
    result = 'biased';
  }
  if (activation) {
    statements.push(`const activated = ${expressionOf(activation, [result])};`);
    result = 'activated';
  }
  return { parameters: bias > 0 ? ['bias'] : [], statements, result };
}
