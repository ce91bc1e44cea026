/** From a traced graph to the operators and constants of ONNX. */
import { apply, topologicalOrder, type DType, type Tensor, type TypedArray } from '@capsnet/tensor';
import type { BatchTrace, Length } from './batch.js';
import type { ElementType, OnnxAttributes, OnnxNode, OnnxTensor } from './messages.js';
import type { Lowering } from './rule.js';
import { rules } from './rules/table.js';

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxTensor[];
}

/** Little-endian bytes of numbers, on any machine. */
function littleEndian(values: ArrayLike<number>, type: ElementType): Uint8Array {
  const width = type === 'int64' ? 8 : 4;
  const view = new DataView(new ArrayBuffer(values.length * width));
  for (let at = 0; at < values.length; at++) {
    if (type === 'float32') view.setFloat32(4 * at, values[at]!, true);
    else if (type === 'int64') view.setBigInt64(8 * at, BigInt(values[at]!), true);
    else view.setInt32(4 * at, values[at]!, true);
  }
  return new Uint8Array(view.buffer);
}

/**
 * Writes the graph down. What does not depend on the input (the scale of a batch norm, a filter in another layout) is computed now, by the engine, and stored.
 *
 * @param inputName of the input's value
 * @param outputNames of the results' values, in the order of the trace's outputs
 * @param named names for tensors that are constants of the graph: parameters
 */
export async function lowerGraph(
  trace: BatchTrace,
  inputName: string,
  outputNames: readonly string[],
  named: ReadonlyMap<Tensor, string>,
): Promise<OnnxGraph> {
  const nodes: OnnxNode[] = [];
  const stored = new Map<string, OnnxTensor>();
  const computed = new Map<string, Tensor>();
  const names = new Map<Tensor, string>([[trace.input, inputName]]);
  const varying = new Set<Tensor>([trace.input]);

  const node = (operator: string, inputs: readonly string[], attributes: OnnxAttributes = {}): string => {
    const name = `${operator}_${nodes.length}`;
    nodes.push({ name, operator, inputs, output: name, attributes });
    return name;
  };
  const store = (
    name: string,
    type: ElementType,
    shape: readonly number[],
    values: readonly number[],
  ): string => {
    if (!stored.has(name)) stored.set(name, { name, type, shape, contents: littleEndian(values, type) });
    return name;
  };
  const integers = (values: readonly number[]): string =>
    store(`integers_${values.join('_')}`, 'int64', [values.length], values);

  /** A tensor that the engine computes now, under the name of the parameter that it is or comes from. */
  const keep = (tensor: Tensor, name = `constant_${computed.size}`): string => {
    computed.set(name, tensor);
    return name;
  };
  const valueOf = (operand: Tensor): string => {
    const known = names.get(operand);
    if (known !== undefined) return known;
    if (operand.op === 'fill' && operand.rank === 0 && operand.dtype === 'float32')
      return float(operand.attributes<'fill'>().value);
    const name = keep(operand, named.get(operand));
    names.set(operand, name);
    return name;
  };
  const transposed = (operand: Tensor, permutation: readonly number[]): string => {
    if (varying.has(operand)) return node('Transpose', [valueOf(operand)], { perm: { ints: permutation } });
    const path = named.get(operand);
    const label = path === undefined ? undefined : `${path}/transposed_${permutation.join('_')}`;
    return keep(apply('transpose', [operand], { permutation }), label);
  };
  const float = (value: number): string =>
    store(`float_${Object.is(value, -0) ? '-0' : value}`, 'float32', [], [value]);

  const lowering: Lowering = {
    valueOf,
    node,
    float,
    integers,
    lengths: (tensor) => trace.lengths(tensor),
    transposed,
    shape(lengths) {
      if (lengths.every((length) => typeof length === 'number')) return integers(lengths);
      const batch = node('Shape', [inputName], { start: { int: 0 }, end: { int: 1 } });
      const parts = lengths.map((length: Length) => {
        if (typeof length === 'number') return integers([length]);
        return length.batches === 1 ? batch : node('Mul', [batch, integers([length.batches])]);
      });
      return node('Concat', parts, { axis: { int: 0 } });
    },
  };

  for (const tensor of topologicalOrder(trace.outputs)) {
    if (tensor === trace.input) continue;
    if (!tensor.inputs.some((operand) => varying.has(operand)) && !trace.followsBatch(tensor)) continue;
    varying.add(tensor);
    names.set(tensor, rules[tensor.op](tensor, lowering));
  }
  trace.outputs.forEach((output, index) => {
    const name = outputNames[index]!;
    nodes.push({ name, operator: 'Identity', inputs: [valueOf(output)], output: name, attributes: {} });
  });
  const constants = await Promise.all(
    [...computed].map(([name, tensor]) => constantOf(name, tensor, tensor.dtype)),
  );
  return { nodes, constants: [...stored.values(), ...constants] };
}

async function constantOf(name: string, tensor: Tensor, type: DType): Promise<OnnxTensor> {
  const values: TypedArray = await tensor.data();
  return { name, type, shape: tensor.shape, contents: littleEndian(values, type) };
}
