/**
 * Long sums with few results. A thread a result would leave most of the device idle, so the sum is cut into parts, which are summed in a
 * second kernel. The cut depends on the sizes alone: the same bits on every run.
 */
import type { Tensor } from '../../../graph/tensor.js';
import { sizeOf } from '../../../shape/rules.js';
import { reductionKernel } from '../kernels/fused.js';
import { Tensor as TensorNode } from '../../../graph/tensor.js';
import type { Place, Site } from './call.js';

/** Threads that keep a device busy. */
const enoughThreads = 2 ** 14;
/** Shorter sums than this are not worth a second kernel. */
const shortest = 64;

/** Into how many parts to cut `count` summands of each of `results` sums. */
export function partsFor(results: number, count: number): number {
  if (results >= enoughThreads || count < 4 * shortest) return 1;
  return Math.max(1, Math.min(Math.ceil(enoughThreads / results), Math.floor(count / shortest)));
}

/** Adds the kernels that bring [results, parts] together into `result`. */
export function sumOfParts(
  op: 'sum' | 'max',
  partial: Place,
  result: Tensor,
  parts: number,
  site: Site,
): void {
  const shape = [sizeOf(result.shape), parts];
  const operand = new TensorNode('input', [], { index: 0, shape, dtype: 'float32' }, shape, 'float32');
  const node = new TensorNode(op, [operand], { axes: [1], keepDims: false }, [shape[0]!], 'float32');
  const again = partsFor(shape[0]!, parts);
  const kernel = reductionKernel({ shape, members: [], inputs: [operand] }, node, again);
  if (again === 1) site.emit(kernel, [partial], result);
  else sumOfParts(op, site.emitTemporary(kernel, [partial]), result, again, site);
}
