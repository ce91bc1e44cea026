/** Operations of a user: their kernel is a function of the host over the engine's memory. */
import type { Tensor } from '../../../graph/tensor.js';
import type { Lowered } from './kernel.js';

export const lowerCustom = (node: Tensor, result: Tensor): Lowered => {
  const { definition } = node.attributes<'custom'>();
  return {
    label: definition.name,
    shape: node.shape,
    operations: 0,
    workspaceBytes: 0,
    encode: (at) => [
      {
        kernel: 'host',
        words: [],
        host(memory) {
          const view = (tensor: Tensor): Float32Array => new Float32Array(memory, at(tensor), tensor.size);
          definition.host(node.inputs.map(view), view(result));
        },
      },
    ],
  };
};
