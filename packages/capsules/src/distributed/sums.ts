/**
 * Sums over all processes as nodes of the graph. A plan runs on all its threads in one go; a node like these interrupts it, and the main thread calls the
 * communicator. The compiler sets the start of a sum where its operands are ready and its end where the last gradient is: between the two the network works
 * while the engine computes the gradients of earlier layers, as far as the library goes on by itself.
 */
import { concat, customOp, reshape, sameShape, slice, type HostArray, type Tensor } from '@capsnet/tensor';
import { bucketsOf } from './buckets.js';
import type { Communicator, Lane } from './communicator.js';

/** Interpreters may compute in double precision; what travels is single. */
function sumHost(communicator: Communicator, from: HostArray, to: HostArray, lane: Lane): void {
  const sums = new Float32Array(to.size);
  communicator.allReduce(Float32Array.from(from.data), sums, lane)();
  to.data.set(sums);
}

/** The sum of a tensor over all processes, in the order of `statistics`. It has no derivative of its own: whoever differentiates through it writes it down. */
export const sumOver = (communicator: Communicator): ((x: Tensor) => Tensor) =>
  customOp({
    name: 'sum over processes',
    shape: (x) => x,
    reference: ([x], sums) => sumHost(communicator, x!, sums, 'statistics'),
    host: ([x], sums) => communicator.allReduce(x!, sums, 'statistics')(),
  });

/** A sum in two parts. Both take the values, which so stay where they are until the end; what else they take only has to be there before. */
function splitSum(communicator: Communicator) {
  let wait: (() => void) | undefined;
  const start = customOp({
    name: 'start of a sum over processes',
    shape: (values) => values,
    reference: ([values], sums) => sumHost(communicator, values!, sums, 'gradients'),
    host: ([values], sums) => void (wait = communicator.allReduce(values!, sums, 'gradients')),
  });
  const end = customOp({
    name: 'end of a sum over processes',
    shape: (sums) => sums,
    reference: ([sums], output) => output.data.set(sums!.data),
    host([sums], output) {
      wait!();
      wait = undefined;
      output.set(sums!);
    },
  });
  return { start, end };
}

/**
 * The sums of many tensors over all processes. They go in buckets, in the given order, which should be that in which they become ready.
 *
 * @param tensors float32, the same shapes in every process
 */
export function sumsOver(communicator: Communicator, tensors: readonly Tensor[]): Tensor[] {
  const started = bucketsOf(tensors.map(({ size }) => size)).map((positions) => {
    const flat = positions.map((position) => {
      const tensor = tensors[position]!;
      return reshape(tensor, [tensor.size]) as Tensor;
    });
    return { positions, values: flat.length === 1 ? flat[0]! : concat(flat, 0), ...splitSum(communicator) };
  });
  let last: Tensor | undefined;
  const running = started.map(({ start, ...bucket }) => {
    last = start(bucket.values, ...(last ? [last] : []));
    return { ...bucket, sums: last };
  });
  const summed: Tensor[] = [];
  for (const { positions, values, sums, end } of running) {
    const whole = end(sums, values, last!);
    let offset = 0;
    for (const position of positions) {
      const { size, shape } = tensors[position]!;
      const own = positions.length === 1 ? whole : (slice(whole, [offset], [size]) as Tensor);
      summed[position] = sameShape(own.shape, shape) ? own : reshape(own, shape);
      offset += size;
    }
  }
  return summed;
}
