/** Functions with a derivative of one's own. */
import { apply, sameShape, showShape, TensorError, type Tensor } from '@capsnet/tensor';

/**
 * The function `forward` with the derivative `backward`: when a gradient is taken, the walk does not look inside `forward` but asks
 * `backward` for the cotangents of the operands. Use it where a derivative by hand is cheaper or stays finite.
 *
 * ```ts
 * // The identity, whose gradient is cut off at 1.
 * const gentle = customVjp((x: Tensor) => x, (dy) => [clip(dy, -1, 1)]);
 * await grad((x: Tensor) => sum(mul(gentle(x), 3)))(tensor([5])).item(); // 1
 * ```
 *
 * `forward` must take everything that gradients shall flow to as an operand: what it captures is constant. `backward` is made of tensor
 * operations and linear in dy, so that gradients of gradients work.
 *
 * @param backward from the cotangent of the result (its shape) and the operands to one cotangent for each operand (its shape), `undefined`
 *   where there is none
 * @throws TensorError when a gradient is taken and `backward` gives another number of cotangents, or one of another shape
 */
export function customVjp<Operands extends readonly Tensor[], Result extends Tensor>(
  forward: (...operands: Operands) => Result,
  backward: (dy: Result, ...operands: Operands) => { readonly [K in keyof Operands]: Tensor | undefined },
): (...operands: Operands) => Result {
  return (...operands) => {
    const value = forward(...operands);
    const pullback = (dy: Result, given: Operands) => {
      const cotangents: readonly (Tensor | undefined)[] = backward(dy, ...given);
      checkCotangents(cotangents, given);
      return cotangents;
    };
    return apply('customGradient', [value, ...operands], { pullback }) as unknown as Result;
  };
}

/** A cotangent of another shape would broadcast where it is added up, and pass as a gradient. */
function checkCotangents(cotangents: readonly (Tensor | undefined)[], operands: readonly Tensor[]): void {
  if (cotangents.length !== operands.length) {
    throw new TensorError(
      'customVjp',
      `backward gave ${cotangents.length} cotangents for ${operands.length} operands. Give one for each, undefined where there is none.`,
    );
  }
  cotangents.forEach((cotangent, k) => {
    const { shape } = operands[k]!;
    if (cotangent && !sameShape(cotangent.shape, shape)) {
      throw new TensorError(
        'customVjp',
        `backward gave a cotangent ${showShape(cotangent.shape)} for operand ${k}, which is ${showShape(shape)}. They must be equal.`,
      );
    }
  });
}
