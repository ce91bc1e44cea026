// An operation that the engine does not know, with its kernels and its derivative:
// swish(x) = x sigmoid(x) (Ramachandran, Zoph, Le 2017).
import { customVjp } from '@capsnet/autograd';
import { add, customOp, mul, sigmoid, sub } from '@capsnet/tensor';

const swishOf = (value) => value / (1 + Math.exp(-value));

const forward = customOp({
  name: 'swish',
  /** The result has the shape of the operand. */
  shape: (x) => x,
  /** What it is; the reference backend runs this, in double precision when derivatives are checked. */
  reference([x], output) {
    x.data.forEach((value, k) => (output.data[k] = swishOf(value)));
  },
  /** The kernel of the wasm backend, over the engine's memory. */
  host([x], output) {
    for (let k = 0; k < x.length; k++) output[k] = swishOf(x[k]);
  },
  /** The kernel of the gpu backend: one element of the result, translated by GPU.js. */
  gpu: () => `function (x) {
    const value = x[this.thread.x];
    return value / (1 + Math.exp(-value));
  }`,
});

/** With the derivative by hand: sigmoid(x) + x sigmoid(x) (1 - sigmoid(x)). */
export const swish = customVjp(forward, (dy, x) => {
  const gate = sigmoid(x);
  return [mul(dy, add(gate, mul(mul(x, gate), sub(1, gate))))];
});
