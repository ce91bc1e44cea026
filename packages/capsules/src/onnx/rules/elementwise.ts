/** Element-wise operations. ONNX broadcasts as the engine does. */
import type { Tensor } from '@capsnet/tensor';
import { elementTypes, type ElementType } from '../messages.js';
import type { Lowering, Rule } from '../rule.js';

/** The operator of that name on all operands. */
const same =
  (operator: string): Rule =>
  (tensor, to) =>
    to.node(
      operator,
      tensor.inputs.map((operand) => to.valueOf(operand)),
    );

/** A function of the only operand. */
const of =
  (write: (x: string, to: Lowering, tensor: Tensor) => string): Rule =>
  (tensor, to) =>
    write(to.valueOf(tensor.inputs[0]!), to, tensor);

const converted = (to: Lowering, x: string, type: ElementType): string =>
  to.node('Cast', [x], { to: { int: elementTypes[type] } });

/** A comparison: true and false become 1 and 0. */
const compare =
  (operator: string, negated = false): Rule =>
  (tensor, to) => {
    const found = same(operator)(tensor, to);
    return converted(to, negated ? to.node('Not', [found]) : found, 'float32');
  };

export const add = same('Add');
export const sub = same('Sub');
export const mul = same('Mul');
export const div = same('Div');
export const maximum = same('Max');
export const minimum = same('Min');
export const pow = same('Pow');
export const less = compare('Less');
export const lessEqual = compare('LessOrEqual');
export const greater = compare('Greater');
export const greaterEqual = compare('GreaterOrEqual');
export const equal = compare('Equal');
export const notEqual = compare('Equal', true);
export const neg = same('Neg');
export const abs = same('Abs');
export const sign = same('Sign');
export const floor = same('Floor');
export const square = of((x, to) => to.node('Mul', [x, x]));
export const reciprocal = same('Reciprocal');
export const sqrt = same('Sqrt');
export const rsqrt = of((x, to) => to.node('Reciprocal', [to.node('Sqrt', [x])]));
export const exp = same('Exp');
/**
 * exp(x) - 1. ONNX has no such operator, and the difference loses the digits of a small x: there it is 2t/(1 - t) with t = tanh(x/2), which is the same
 * function.
 */
export const expm1 = of((x, to) => {
  const one = to.float(1);
  const t = to.node('Tanh', [to.node('Mul', [x, to.float(0.5)])]);
  const near = to.node('Div', [to.node('Add', [t, t]), to.node('Sub', [one, t])]);
  const far = to.node('Sub', [to.node('Exp', [x]), one]);
  return to.node('Where', [to.node('Less', [to.node('Abs', [x]), one]), near, far]);
});

/**
 * log(1 + x). Where 1 + x rounds, x log(u)/(u - 1) with u = 1 + x makes the error of the logarithm and that of the sum cancel (Higham, Accuracy and
 * Stability of Numerical Algorithms, 2nd edition, section 1.14.1).
 */
export const log1p = of((x, to) => {
  const one = to.float(1);
  const u = to.node('Add', [x, one]);
  const log = to.node('Log', [u]);
  const corrected = to.node('Div', [to.node('Mul', [log, x]), to.node('Sub', [u, one])]);
  const near = to.node('Where', [to.node('Equal', [u, one]), x, corrected]);
  return to.node('Where', [to.node('Less', [to.node('Abs', [x]), one]), near, log]);
});

export const log = same('Log');
export const tanh = same('Tanh');
export const sigmoid = same('Sigmoid');
export const relu = same('Relu');
export const leakyRelu = of((x, to, tensor) =>
  to.node('LeakyRelu', [x], { alpha: { float: tensor.attributes<'leakyRelu'>().alpha } }),
);
export const powConst = of((x, to, tensor) =>
  to.node('Pow', [x, to.float(tensor.attributes<'powConst'>().exponent)]),
);
export const where: Rule = ({ inputs }, to) => {
  const [condition, a, b] = inputs.map((operand) => to.valueOf(operand)) as [string, string, string];
  return to.node('Where', [converted(to, condition, 'bool'), a, b]);
};
export const cast = of((x, to, { dtype }) => converted(to, x, dtype));

/** Marks of differentiation: the value itself. */
const mark = of((x) => x);
export { mark as identity, mark as stopGradient, mark as customGradient };
