/** Operations of a user: what they are, and their kernels, come with the node. */
import { TensorError } from '../errors.js';
import { defineOp, type HostArray, type TensorType } from './define.js';

/** An operation of a user on float32 tensors. Its derivative is given with `customVjp` of @capsnet/autograd. */
export interface CustomOp {
  /** For messages, listings and profiles. */
  readonly name: string;
  /** Shape of the result. Throws when the operands do not fit. */
  readonly shape: (...operands: readonly (readonly number[])[]) => readonly number[];
  /** What it is, in plain loops: computes into `output` (allocated, zeroed). The reference backend runs it, in double precision too. */
  readonly reference: (operands: readonly HostArray[], output: HostArray) => void;
  /**
   * The kernel of the wasm backend: row-major contents, in the engine's memory; `output` holds anything and must be filled. It runs on one thread,
   * between the steps of the others. The arrays must not be kept.
   */
  readonly host: (operands: readonly Float32Array[], output: Float32Array) => void;
  /**
   * The kernel of the gpu backend: text of a function that GPU.js translates, run for every element `this.thread.x` of the result. Its
   * parameters are the operands as flat arrays; it must be closed (docs/kernels.md). Without it the operation runs on the other backends.
   */
  readonly gpu?: (...operands: readonly (readonly number[])[]) => string;
}

/** `id` tells definitions apart where nodes are compared. */
export interface CustomAttributes {
  readonly id: number;
  readonly definition: CustomOp;
}

/** An operation that `customOp` made. */
export const custom = defineOp({
  name: 'custom',
  kind: 'movement',
  infer(operands: readonly TensorType[], { definition }: CustomAttributes) {
    const { name, shape } = definition;
    operands.forEach(({ dtype }, position) => {
      if (dtype !== 'float32')
        throw new TensorError(
          name,
          `operand ${position} is ${dtype}: operations of a user take float32. Convert it: cast(x, 'float32').`,
        );
    });
    return { shape: shape(...operands.map((operand) => operand.shape)), dtype: 'float32' };
  },
  reference(operands, { definition }, output) {
    definition.reference(operands, output);
  },
  samples: [],
});
