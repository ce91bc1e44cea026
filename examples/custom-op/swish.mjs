// swish(x) = x sigmoid(x) (Ramachandran, Zoph, Le 2017), with its derivative by hand: sigmoid(x) + swish(x) (1 - sigmoid(x)).
import { customVjp } from '@capsnet/autograd';
import { add, mul, sigmoid, sub } from '@capsnet/tensor';

export const swish = customVjp(
  (x) => mul(x, sigmoid(x)),
  (dy, x) => {
    const gate = sigmoid(x);
    return [mul(dy, add(gate, mul(mul(x, gate), sub(1, gate))))];
  },
);
