/** Computing the values of tensors that are read outside a compiled function: trace nothing, plan what they need, run once. */
import type { Backend, Executable } from '../backends/backend.js';
import { TensorError } from '../errors.js';
import type { Tensor } from '../graph/tensor.js';
import { FilledValue, HostValue, type Value } from '../graph/value.js';
import { topologicalOrder, type Plan } from './plan.js';
import { simplify } from './simplify.js';
import { isTracing } from './trace.js';

function planFor(tensors: readonly Tensor[]): Plan {
  const known = (node: Tensor): boolean => node.value !== undefined;
  const unknown = topologicalOrder(tensors, known).find((node) => node.op === 'input');
  if (unknown) {
    throw new TensorError(
      'read',
      'a value was read while a function is being traced, where only shapes are known. Return the tensor and read the result.',
    );
  }
  const outputs = simplify(tensors, known);
  return {
    name: 'eager',
    inputs: [],
    nodes: topologicalOrder(outputs, known),
    outputs,
    donations: outputs.map(() => undefined),
  };
}

/** Settles values that live in the plan about to be released into host memory. */
function settleAll(tensors: readonly Tensor[], values: readonly Value[]): void {
  const forgetPast = !isTracing();
  tensors.forEach((tensor, k) => tensor.settle(values[k]!, forgetPast));
}

/** The tensors that are one number need no plan: they get their values, the others are returned. */
function settleFilled(tensors: readonly Tensor[], { precision }: Backend): Tensor[] {
  return tensors.filter((tensor) => {
    if (tensor.op !== 'fill' || tensor.value !== undefined) return true;
    const { value } = tensor.attributes<'fill'>();
    tensor.settle(new FilledValue(value, tensor.size, tensor.dtype, precision), !isTracing());
    return false;
  });
}

async function toHost(values: readonly Value[], executable: Executable): Promise<Value[]> {
  const contents = await Promise.all(values.map(async (value) => value.read()));
  executable.release();
  return contents.map((array) => new HostValue(array));
}

export async function evaluate(tensors: readonly Tensor[], backend: Backend): Promise<Value[]> {
  const rest = settleFilled(tensors, backend);
  if (rest.length > 0) {
    const executable = await backend.prepare(planFor(rest));
    settleAll(rest, await toHost(await executable.run([]), executable));
  }
  return tensors.map((tensor) => tensor.value!);
}

export function evaluateSync(tensors: readonly Tensor[], backend: Backend): Value[] {
  const fail = (): never => {
    throw new TensorError('read', `${backend.description} is asynchronous. Use \`await t.data()\`.`);
  };
  const rest = settleFilled(tensors, backend);
  if (rest.length > 0) {
    const executable = backend.prepare(planFor(rest));
    if (executable instanceof Promise) return fail();
    const values = executable.run([]);
    if (values instanceof Promise) return fail();
    const host = values.map((value) => {
      const contents = value.read();
      return contents instanceof Promise ? fail() : new HostValue(contents);
    });
    executable.release();
    settleAll(rest, host);
  }
  return tensors.map((tensor) => tensor.value!);
}
