/** One case of an operation: outputs, auxiliary values and gradients in one compiled call, each held against its reference. */
import { vjp } from '@capsnet/autograd';
import { compile, type Backend, type Tensor } from '@capsnet/tensor';
import { Attributes, CaseError } from './attributes.js';
import { compare, scaleOf, toleranceOf, type Comparison } from './compare.js';
import { checkOperands, type Answer, type Operation } from './operations.js';
import type { CaseTensors, GoldenCase } from './golden.js';

/** Positions of the names with `prefix` taken off, among `names`. */
function positionsOf(
  owner: string,
  prefixed: readonly string[],
  prefix: string,
  names: readonly string[],
): number[] {
  return prefixed.map((name) => {
    const position = name.startsWith(prefix) ? names.indexOf(name.slice(prefix.length)) : -1;
    if (position < 0) throw new CaseError(`${owner}: "${name}" belongs to none of ${names.join(', ')}.`);
    return position;
  });
}

/** Runs an operation on the inputs of a case and compares everything that it gives. */
export async function runOperation(
  golden: GoldenCase,
  tensors: CaseTensors,
  operation: Operation,
  backend: Backend,
): Promise<readonly Comparison[]> {
  const { name, op } = golden;
  const attributes = new Attributes(golden.attrs, name);
  const names = (role: string): readonly string[] => tensors.names(role);
  const [inputNames, outputNames, gradientNames] = [names('inputs'), names('outputs'), names('grads')];
  checkOperands(op, operation, inputNames.length);
  const differentiable = positionsOf(name, names('cotangents'), 'ct_', outputNames);
  const wanted = positionsOf(name, gradientNames, 'd_', inputNames);

  const evaluate = compile(
    (inputs: readonly Tensor[], cotangents: readonly Tensor[]) => {
      const answer = operation.run(inputs, attributes);
      if (answer.outputs.length !== outputNames.length) {
        throw new CaseError(
          `${name}: ${op} gives ${answer.outputs.length} outputs, the case names ${outputNames.length}.`,
        );
      }
      return { answer, gradients: wanted.length > 0 ? gradientsOf(inputs, cotangents) : [] };
    },
    { backend, name },
  );
  /** Of sum over outputs of sum(output * cotangent), by the inputs that the case wants. */
  const gradientsOf = (inputs: readonly Tensor[], cotangents: readonly Tensor[]): readonly Tensor[] => {
    const outputsOf = (...varied: Tensor[]): readonly Tensor[] => {
      const given = inputs.map((input, k) => (wanted.includes(k) ? varied[wanted.indexOf(k)]! : input));
      const { outputs } = operation.run(given, attributes);
      return differentiable.map((k) => outputs[k]!);
    };
    const { pullback } = vjp(outputsOf, ...wanted.map((k) => inputs[k]!));
    return pullback(cotangents);
  };

  try {
    const { answer, gradients } = await evaluate(
      inputNames.map((input) => tensors.tensor(input)),
      names('cotangents').map((cotangent) => tensors.tensor(cotangent)),
    );
    return await compareAll(golden, tensors, answer, gradients);
  } finally {
    evaluate.release();
  }
}

async function compareAll(
  golden: GoldenCase,
  tensors: CaseTensors,
  { outputs, auxiliary = {} }: Answer,
  gradients: readonly Tensor[],
): Promise<readonly Comparison[]> {
  const scale = scaleOf(golden);
  const held = async (name: string, tensor: Tensor, role: 'outputs' | 'grads'): Promise<Comparison> => {
    const [actual, reference] = [{ shape: tensor.shape, data: await tensor.data() }, tensors.get(name)];
    return compare(name, actual, reference, toleranceOf(golden, role), { scale });
  };
  const comparisons: Comparison[] = [];
  for (const [k, name] of tensors.names('outputs').entries())
    comparisons.push(await held(name, outputs[k]!, 'outputs'));
  for (const name of tensors.names('aux')) {
    const tensor = auxiliary[name];
    if (tensor) comparisons.push(await held(name, tensor, 'outputs'));
  }
  for (const [k, name] of tensors.names('grads').entries())
    comparisons.push(await held(name, gradients[k]!, 'grads'));
  return comparisons;
}
