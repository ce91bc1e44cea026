/** Products of vectors and Jacobians, for functions with any number of arguments and outputs. */
import { sameShape, showShape, TensorError, traced, unflatten, zeros, type Tensor } from '@capsnet/tensor';
import { gradientTree, sourcesOf, tensorsOf } from './arguments.js';
import { backward, independent } from './walk.js';

/** A value and the function that pulls cotangents of it back to the arguments. */
export interface Vjp<Args extends readonly unknown[], Result> {
  readonly value: Result;
  /** From cotangents with the nesting and shapes of the value to cotangents of every argument: vᵀ J. */
  readonly pullback: (cotangents: Result) => { [K in keyof Args]: Args[K] };
}

/**
 * The value of f and its pullback v -> vᵀ J (vector-Jacobian product), by all arguments. Arguments and result are trees of tensors.
 *
 * @throws TensorError when an argument or output is not a float32 tensor; the pullback, when cotangents have other shapes than outputs
 */
export function vjp<Args extends readonly unknown[], Result>(
  f: (...args: Args) => Result,
  ...args: Args
): Vjp<Args, Result> {
  const sources = sourcesOf<Args>('vjp', args);
  const result = traced(() => f(...sources.tree));
  const outputs = tensorsOf('vjp', result, 'the result');
  return {
    // Nodes of their own: a tensor that is read lets its operands go, and the pullback, which may be called later, walks over them.
    value: unflatten<Result>(result, outputs.map(independent)),
    pullback(cotangents) {
      const given = tensorsOf('vjp', cotangents, 'the cotangents');
      checkShapes('pullback', given, outputs, 'cotangent', 'output');
      return gradientTree(args, sources.leaves, backward(outputs, given, sources.leaves)) as {
        [K in keyof Args]: Args[K];
      };
    },
  };
}

/**
 * The value of f and J t (Jacobian-vector product) for tangents t of its arguments.
 *
 * Reverse mode serves here too: u -> uᵀ J is linear in u, so its own pullback is t -> J t, and the place where it is taken
 * does not matter (the "double-backward trick"; Townsend 2017).
 *
 * @param args the arguments of f
 * @param tangents one for each argument, with its nesting and shapes
 * @throws TensorError when an argument, tangent or output is not a float32 tensor, or shapes of tangents and arguments differ
 */
export function jvp<Args extends readonly unknown[], Result>(
  f: (...args: Args) => Result,
  args: Args,
  tangents: Args,
): { readonly value: Result; readonly tangent: Result } {
  const { value, pullback } = vjp(f, ...args);
  const given = tensorsOf('jvp', tangents, 'the tangents');
  checkShapes('jvp', given, tensorsOf('jvp', args, 'the arguments'), 'tangent', 'argument');
  const outputs = tensorsOf('jvp', value, 'the result');
  const dummies = outputs.map((output) => independent(zeros(output.shape)));
  const pulled = tensorsOf('jvp', pullback(unflatten(value, dummies)), 'the result');
  return { value, tangent: gradientTree(value, outputs, backward(pulled, given, dummies)) as Result };
}

function checkShapes(
  operation: string,
  given: readonly Tensor[],
  wanted: readonly Tensor[],
  one: string,
  other: string,
): void {
  if (given.length !== wanted.length) {
    throw new TensorError(
      operation,
      `${given.length} ${one}s for ${wanted.length} ${other}s. Give one for each, in the same nesting.`,
    );
  }
  given.forEach((tensor, k) => {
    const { shape } = wanted[k]!;
    if (!sameShape(tensor.shape, shape)) {
      throw new TensorError(
        operation,
        `${one} ${k} is ${showShape(tensor.shape)}, its ${other} is ${showShape(shape)}. They must be equal.`,
      );
    }
  });
}
