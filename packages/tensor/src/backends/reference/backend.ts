/**
 * The reference backend: an interpreter that walks the plan and calls each operation's own definition on `ndarray` views. Slow, plain, in
 * single or double precision: the oracle that the other backends are held to, and the text to learn an operation from.
 */
import ndarray from 'ndarray';
import { showPlan, type Plan } from '../../compile/plan.js';
import { allocateHost, convertHost, type Precision, type TypedArray } from '../../dtype.js';
import { TensorError } from '../../errors.js';
import type { Tensor } from '../../graph/tensor.js';
import { HostValue, type Value } from '../../graph/value.js';
import type { HostArray, OpDefinition } from '../../ops/define.js';
import { ops } from '../../ops/table.js';
import type { Backend, Executable, StepTime } from '../backend.js';

export function createReferenceBackend({
  precision = 'float32',
}: { readonly precision?: Precision } = {}): Backend {
  return {
    name: 'reference',
    description: `reference (${precision})`,
    precision,
    prepare: (plan) => prepare(plan, precision),
    dispose() {},
  };
}

const hostContents = (value: Value): TypedArray => {
  const contents = value.read();
  if (contents instanceof Promise)
    throw new TensorError(
      'reference',
      'operands live on an asynchronous device. Read them first: await t.data().',
    );
  return contents;
};

function prepare(plan: Plan, precision: Precision): Executable {
  // How many nodes still need a result: it is let go after the last.
  const uses = new Map<Tensor, number>();
  for (const node of plan.nodes)
    for (const input of node.value === undefined ? node.inputs : [])
      uses.set(input, (uses.get(input) ?? 0) + 1);
  for (const output of plan.outputs) uses.set(output, Infinity);

  const interpret = (
    inputs: readonly Value[],
    timed?: (node: Tensor, milliseconds: number) => void,
  ): Value[] => {
    const views = new Map<Tensor, HostArray>();
    const remaining = new Map(uses);
    const view = (node: Tensor, contents: TypedArray): void => {
      views.set(node, ndarray(convertHost(contents, node.dtype, precision), [...node.shape]));
    };
    plan.inputs.forEach((node, position) => view(node, hostContents(inputs[position]!)));
    for (const node of plan.nodes) {
      if (views.has(node)) continue;
      if (node.value !== undefined) {
        view(node, hostContents(node.value));
        continue;
      }
      const start = performance.now();
      const output = ndarray(allocateHost(node.dtype, node.size, precision), [...node.shape]);
      const definition = ops[node.op] as unknown as OpDefinition;
      definition.reference(
        node.inputs.map((input) => views.get(input)!),
        node.attributes(),
        output,
      );
      views.set(node, output);
      timed?.(node, performance.now() - start);
      for (const input of node.inputs) {
        const left = remaining.get(input)! - 1;
        remaining.set(input, left);
        if (left === 0) views.delete(input);
      }
    }
    return plan.outputs.map((output) => new HostValue(views.get(output)!.data));
  };

  return {
    run: (inputs) => interpret(inputs),
    inspect: () =>
      `reference interpreter, ${precision}: one definition a node, in the order above\n${showPlan(plan)}`,
    steps: () =>
      plan.nodes
        .filter((node) => node.value === undefined && node.op !== 'input')
        .map(({ op, shape }) => ({
          label: op,
          shape,
          kernel: op,
          source: String(Reflect.get(ops[op], 'reference')),
          operations: 0,
        })),
    memory: { total: 0, arena: 0 },
    profile(inputs) {
      const times: StepTime[] = [];
      interpret(inputs, (node, milliseconds) =>
        times.push({
          step: node.op,
          shape: `[${node.shape.join(',')}]`,
          milliseconds,
          work: times.length,
          operations: 0,
        }),
      );
      return times;
    },
    release() {},
  };
}
