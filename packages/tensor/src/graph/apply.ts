/** Making nodes. */
import { ops, type AttributesOf, type OpName } from '../ops/table.js';
import type { OpDefinition } from '../ops/define.js';
import type { Shape } from '../shape/types.js';
import { Tensor } from './tensor.js';

/**
 * The node of an operation on operands; checks the operands. Library code calls this; the functions in `library/`
 * carry the types that users see.
 *
 * @param inputs operands, in the order of the operation's definition
 * @returns a tensor of the shape and type that the operation's `infer` gives
 * @throws TensorError when the operands do not fit the operation
 */
export function apply<Name extends OpName, S extends Shape = Shape>(
  name: Name,
  inputs: readonly Tensor[],
  attributes: AttributesOf<Name>,
): Tensor<S> {
  const { shape, dtype } = (ops[name] as unknown as OpDefinition<Name, AttributesOf<Name>>).infer(
    inputs,
    attributes,
  );
  return new Tensor(name, inputs, attributes, shape as S, dtype);
}
