/** A whole plan as calls of kernels. */
import type { Plan } from '../../../compile/plan.js';
import { schedule, storageOf } from '../../../compile/schedule.js';
import { showShape, TensorError } from '../../../errors.js';
import type { Tensor } from '../../../graph/tensor.js';
import type { Kernel } from '../kernels/text.js';
import { largestTensor } from '../kernels/text.js';
import { Place, type Call } from './call.js';
import { lower } from './lower.js';

export interface Program {
  readonly calls: readonly Call[];
  /** Of each input of the plan; undefined where no kernel reads it and no output is it. */
  readonly inputs: readonly (Place | undefined)[];
  /** Of each output. Some may be the same, or be places of inputs or constants. */
  readonly outputs: readonly Place[];
  /** What must lie in memory from the start: given values and fills. */
  readonly constants: readonly { readonly place: Place; readonly node: Tensor }[];
}

const nothing = new Place(0, 'nothing');

/**
 * @throws TensorError for tensors that are too large for this backend, and attributes that a kernel cannot hold
 */
export function programOf(plan: Plan): Program {
  const places = new Map<Tensor, Place>();
  const calls: Call[] = [];
  const constants: { place: Place; node: Tensor }[] = [];
  const isInput = new Set(plan.inputs);

  const place = (node: Tensor): Place => {
    const storage = storageOf(node);
    if (storage.size === 0) return nothing;
    let found = places.get(storage);
    if (!found) {
      checkSize(storage);
      found = new Place(storage.size, `${storage.op} ${showShape(storage.shape)}`);
      places.set(storage, found);
      if (!isInput.has(storage) && (storage.op === 'fill' || storage.value !== undefined))
        constants.push({ place: found, node: storage });
    }
    return found;
  };
  const add = (kernel: Kernel, inputs: readonly Place[], output: Place, shape: readonly number[]): Place => {
    if (kernel.size > largestTensor) throw tooLarge(kernel.name, [kernel.size]);
    calls.push({ kernel, inputs, output, shape });
    return output;
  };
  const site = {
    place,
    emit: (kernel: Kernel, inputs: readonly Place[], result: Tensor) => {
      add(kernel, inputs, place(result), result.shape);
    },
    emitTemporary: (kernel: Kernel, inputs: readonly Place[]) =>
      add(kernel, inputs, new Place(kernel.size, kernel.name), [kernel.size]),
  };
  for (const works of schedule(plan)) for (const work of works) lower(work, site);
  const outputs = plan.outputs.map(place);
  return { calls, inputs: plan.inputs.map((node) => places.get(node)), outputs, constants };
}

const tooLarge = (what: string, shape: readonly number[]): TensorError =>
  new TensorError(
    'gpu',
    `${what} ${showShape(shape)} has more than ${largestTensor} elements, the most of one tensor on this backend. Use smaller batches.`,
  );

function checkSize(node: Tensor): void {
  if (node.size > largestTensor) throw tooLarge(node.op, node.shape);
}
