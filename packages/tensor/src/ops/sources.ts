/** Operations without operands: given data, the inputs of a plan, and constants that need no memory. */
import { TensorError } from '../errors.js';
import type { DType } from '../dtype.js';
import { defineOp, type TensorType } from './define.js';

/** Values that the caller gave, kept beside the node. */
export const data = defineOp({
  name: 'data',
  kind: 'source',
  infer: (_, attributes: TensorType) => attributes,
  reference() {
    throw new TensorError('data', 'the value of a data node is read, not computed.');
  },
  samples: [],
});

/** The `index`-th argument of a compiled function. */
export const input = defineOp({
  name: 'input',
  kind: 'source',
  infer: (_, attributes: TensorType & { readonly index: number }) => ({
    shape: attributes.shape,
    dtype: attributes.dtype,
  }),
  reference() {
    throw new TensorError('input', 'the value of an input is bound when the plan runs.');
  },
  samples: [],
});

/** Every element has one value. */
export const fill = defineOp({
  name: 'fill',
  kind: 'source',
  infer: (
    _,
    { shape, dtype }: { readonly value: number; readonly shape: readonly number[]; readonly dtype: DType },
  ) => ({ shape, dtype }),
  reference: (_, { value }, output) => {
    output.data.fill(value);
  },
  samples: [{ shapes: [], attributes: { value: 2.5, shape: [2, 3], dtype: 'float32' } }],
});
