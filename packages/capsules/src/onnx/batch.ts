/**
 * Which lengths of a graph follow the batch. The engine's graphs have a number for every length; a graph that serves any batch needs a name for one. So the
 * function is traced for two batches: a length that is the same in both is fixed, one that grows with the batch is a multiple of it, and a function that
 * differs in anything else cannot be written down once for all batches, which is said.
 */
import { apply, showShape, TensorError, traced, type Tensor } from '@capsnet/tensor';

/** A fixed length, or so many times the batch. */
export type Length = number | { readonly batches: number };

/** The two batches. Neither is 1, a length that some functions treat in its own way. */
const sizes = [2, 3] as const;

export interface BatchTrace {
  readonly input: Tensor;
  readonly outputs: readonly Tensor[];
  /** Lengths of a tensor of the graph, or of a constant. */
  lengths(tensor: Tensor): readonly Length[];
  /** Whether a length of the tensor follows the batch. */
  followsBatch(tensor: Tensor): boolean;
}

const differs = (node: Tensor, what: string): TensorError =>
  new TensorError(
    'onnx',
    `${node.op} ${showShape(node.shape)}: ${what} with the batch (${sizes[0]} and ${sizes[1]} were tried). Only lengths may: leave out what counts images, as means over the batch do.`,
  );

/** Attributes that say lengths, which are compared as shapes. */
function withoutLengths(node: Tensor): string {
  const { shape: _shape, size: _size, ...rest } = node.attributes() as unknown as Record<string, unknown>;
  return JSON.stringify(rest, (_, value: unknown) => (typeof value === 'number' ? String(value) : value));
}

/** The nodes of one trace with their counterparts in the other. */
async function twinsOf(first: readonly Tensor[], second: readonly Tensor[]): Promise<Map<Tensor, Tensor>> {
  const twins = new Map<Tensor, Tensor>();
  const open = first.map((node, index) => [node, second[index]!] as const);
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [node, twin] = pair;
    if (node === twin) continue;
    const known = twins.get(node);
    if (known === twin) continue;
    if (known !== undefined || node.op !== twin.op || node.inputs.length !== twin.inputs.length)
      throw differs(node, 'the operations differ');
    if (withoutLengths(node) !== withoutLengths(twin)) throw differs(node, 'its attributes differ');
    if (node.op === 'data' && String(await node.data()) !== String(await twin.data()))
      throw differs(node, 'its values differ');
    twins.set(node, twin);
    node.inputs.forEach((operand, index) => open.push([operand, twin.inputs[index]!]));
  }
  return twins;
}

/**
 * Traces a function of one batch-first tensor.
 *
 * @param shape of one example, without the batch
 * @throws TensorError when the graph depends on the batch by more than lengths
 */
export async function traceBatch(
  body: (x: Tensor) => readonly Tensor[],
  shape: readonly number[],
): Promise<BatchTrace> {
  const [first, second] = sizes.map((size) => {
    const input: Tensor = apply('input', [], { index: 0, shape: [size, ...shape], dtype: 'float32' });
    return { input, outputs: traced(() => body(input)) };
  }) as [Pick<BatchTrace, 'input' | 'outputs'>, Pick<BatchTrace, 'input' | 'outputs'>];
  const twins = await twinsOf(first.outputs, second.outputs);
  const lengths = (tensor: Tensor): readonly Length[] =>
    tensor.shape.map((length, axis) => {
      const other = twins.get(tensor)?.shape[axis] ?? length;
      if (other === length) return length;
      const batches = length / sizes[0];
      if (!Number.isInteger(batches) || other !== batches * sizes[1])
        throw differs(tensor, `axis ${axis} grows by a part`);
      return { batches };
    });
  return {
    ...first,
    lengths,
    followsBatch: (tensor) => lengths(tensor).some((length) => typeof length !== 'number'),
  };
}
