import { sameShape, showShape, TensorError, type Tensor } from '@capsnet/tensor';

/** @throws TensorError when two operands of a loss have different shapes. */
export function checkSameShape(operation: string, nameA: string, a: Tensor, nameB: string, b: Tensor): void {
  if (!sameShape(a.shape, b.shape)) {
    throw new TensorError(
      operation,
      `${nameA} ${showShape(a.shape)} and ${nameB} ${showShape(b.shape)} must have one shape. Labels are one-hot tensors, images have a channel axis.`,
    );
  }
}
