/** Gradients of scalar functions. */
import { ones, reshape, showShape, TensorError, traced, type Tensor } from '@capsnet/tensor';
import { gradientTree, isTensor, sourcesOf } from './arguments.js';
import { backward } from './walk.js';

/** The gradient: as the argument, every tensor replaced by the derivative of the result by it (same shape). */
export type Gradient<T> = T;

/** What `valueAndGrad` gives: the function's value and its gradient. */
export interface ValueAndGradient<T> {
  /** Result of the function, shape []. */
  readonly value: Tensor<[]>;
  readonly gradient: Gradient<T>;
}

/** What `valueAndGrad` gives for a function that returns `[result, anything]`. */
export interface ValueGradientAndAuxiliary<T, Auxiliary> extends ValueAndGradient<T> {
  /** What the function returned beside its result. */
  readonly auxiliary: Auxiliary;
}

/**
 * `valueAndGrad(f)(x, ...rest)`: the value of f and its gradient by its first argument, a tree of tensors. Further arguments are
 * passed on. With `auxiliary`, f returns `[result, anything]`.
 *
 * ```ts
 * const { value, gradient } = valueAndGrad((w: Tensor) => sum(square(w)))(w); // gradient = 2 w
 * ```
 *
 * Nothing is computed here: value and gradient are tensors like any other, and f may itself use gradients.
 *
 * @throws TensorError when f does not return a float32 tensor of one element, or a leaf of x is not a float32 tensor
 */
export function valueAndGrad<T, Rest extends readonly unknown[], Auxiliary>(
  f: (x: T, ...rest: Rest) => readonly [Tensor, Auxiliary],
  options: { readonly auxiliary: true },
): (x: T, ...rest: Rest) => ValueGradientAndAuxiliary<T, Auxiliary>;
export function valueAndGrad<T, Rest extends readonly unknown[]>(
  f: (x: T, ...rest: Rest) => Tensor,
): (x: T, ...rest: Rest) => ValueAndGradient<T>;
export function valueAndGrad<T>(
  f: (x: T, ...rest: readonly unknown[]) => unknown,
  { auxiliary = false }: { readonly auxiliary?: boolean } = {},
): (x: T, ...rest: readonly unknown[]) => ValueAndGradient<T> {
  return (x, ...rest) => {
    const sources = sourcesOf('grad', x);
    // Inside, tensors that are read keep their past: the walk needs it.
    const returned = traced(() => f(sources.tree, ...rest));
    const [value, extra] = auxiliary ? (returned as readonly [unknown, unknown]) : [returned, undefined];
    if (!isTensor(value) || value.size !== 1 || value.dtype !== 'float32') {
      const found = isTensor(value) ? `a tensor ${value.dtype} ${showShape(value.shape)}` : typeof value;
      throw new TensorError(
        'grad',
        `the function returned ${found}, wanted one float32 number. Reduce it first, for example with sum or mean; for several outputs use vjp.`,
      );
    }
    const cotangents = backward([value], [ones(value.shape)], sources.leaves);
    return {
      value: reshape(value, []),
      gradient: gradientTree(x, sources.leaves, cotangents) as T,
      ...(auxiliary ? { auxiliary: extra } : {}),
    };
  };
}

/**
 * `grad(f)(x, ...rest)`: the gradient of a scalar function by its first argument; as `valueAndGrad`, without the value.
 *
 * ```ts
 * const slope = grad((x: Tensor<[]>) => mul(x, mul(x, x)));
 * await slope(scalar(2)).item(); // 12
 * ```
 *
 * @throws TensorError when the result is not a float32 scalar, or the argument holds something that has no derivative
 */
export const grad =
  <T, Rest extends readonly unknown[]>(f: (x: T, ...rest: Rest) => Tensor) =>
  (x: T, ...rest: Rest): Gradient<T> =>
    valueAndGrad(f)(x, ...rest).gradient;
