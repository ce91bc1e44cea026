/** Operations that the engine does not know. */
import { apply } from '../graph/apply.js';
import type { Tensor } from '../graph/tensor.js';
import type { CustomOp } from '../ops/custom.js';

let count = 0;

/**
 * A function on tensors from an operation of one's own, with a kernel for each backend that shall run it. It takes its place in graphs and
 * compiled plans like any other; element-wise chains are not fused through it. For a derivative wrap it:
 * `customVjp(customOp({ ... }), (dy, x) => [...])` (@capsnet/autograd).
 *
 * ```ts
 * const swish = customOp({
 *   name: 'swish',
 *   shape: (x) => x,
 *   reference: ([x], output) => x!.data.forEach((value, k) => (output.data[k] = value / (1 + Math.exp(-value)))),
 *   host: ([x], output) => x!.forEach((value, k) => (output[k] = value / (1 + Math.exp(-value)))),
 *   gpu: () => 'function (x) { const value = x[this.thread.x]; return value / (1 + Math.exp(-value)); }',
 * });
 * ```
 *
 * @returns from float32 operands to a float32 result of the shape that `definition.shape` gives
 * @throws TensorError, when called, for operands that are not float32; whatever `definition.shape` throws
 */
export function customOp(definition: CustomOp): (...operands: readonly Tensor[]) => Tensor {
  const attributes = { id: count++, definition };
  return (...operands) => apply('custom', operands, attributes);
}
