/**
 * Element-wise operations as expressions of a kernel. They are written so that no device needs infinities or NaN on the way: shading
 * languages may assume that there are none.
 */
import type { Tensor } from '../../../graph/tensor.js';
import type * as elementwise from '../../../ops/elementwise.js';
import { literal } from './text.js';

/** Names of the operations that work element by element. */
export type ElementwiseName = keyof typeof elementwise;

/** The value of a node as an expression of its operands, which are names of variables. */
type Expression = (operands: readonly string[], node: Tensor) => string;

const infix =
  (operator: string): Expression =>
  ([a, b]) =>
    `${a} ${operator} ${b}`;
const comparison =
  (operator: string): Expression =>
  ([a, b]) =>
    `${a} ${operator} ${b} ? 1 : 0`;
const call =
  (name: string): Expression =>
  ([x]) =>
    `Math.${name}(${x})`;

/** x^n by squaring, as an expression. */
function wholePower(x: string, exponent: number): string {
  if (exponent === 1) return x;
  const half = wholePower(x, Math.floor(exponent / 2));
  return exponent % 2 === 0 ? `(${half}) * (${half})` : `(${half}) * (${half}) * ${x}`;
}

/** Exponents up to this are multiplied out: exact for negative x too, where the devices' own power is not defined. */
const multipliedOut = 8;

/**
 * a^b for every sign of a: |a|^b, negated for odd whole b. (a negative with a broken b has no real power: the logarithm of a
 * negative number stands for NaN.)
 */
const power = (a: string, b: string): string =>
  `${a} < 0 ? ` +
  `(Math.floor(${b}) === ${b} ? (1 - 2 * Math.abs(${b} - 2 * Math.floor(${b} * 0.5))) * Math.pow(Math.abs(${a}), ${b}) : Math.log(${a}))` +
  ` : Math.pow(Math.abs(${a}), ${b})`;

function constantPower(x: string, exponent: number): string {
  const size = Math.abs(exponent);
  const whole = Math.floor(size);
  if (whole <= multipliedOut && (size === whole || size === whole + 0.5)) {
    const factors = [
      ...(whole > 0 ? [wholePower(x, whole)] : []),
      ...(size > whole ? [`Math.sqrt(${x})`] : []),
    ];
    const product = factors.length === 0 ? '1' : factors.join(' * ');
    return exponent < 0 ? `1 / (${product})` : product;
  }
  return power(x, literal(exponent));
}

/** e^x - 1 without cancellation: the series near 0 (the next term is below 2e-8 of the first). */
export const expm1 = (x: string): string =>
  `Math.abs(${x}) < 0.35 ? ` +
  `${x} * (1 + ${x} / 2 * (1 + ${x} / 3 * (1 + ${x} / 4 * (1 + ${x} / 5 * (1 + ${x} / 6 * (1 + ${x} / 7)))))) : ` +
  `Math.exp(${x}) - 1`;

/** log(1 + x) = 2 artanh(z), z = x / (2 + x), by the series near 0. */
function log1p(x: string): string {
  const z = `(${x} / (2 + ${x}))`;
  const series = `2 * ${z} * (1 + ${z} * ${z} * (1 / 3 + ${z} * ${z} * (1 / 5 + ${z} * ${z} * (1 / 7 + ${z} * ${z} / 9))))`;
  return `Math.abs(${x}) < 0.25 ? ${series} : Math.log(1 + ${x})`;
}

const same: Expression = ([x]) => x!;

export const expressions: Record<ElementwiseName, Expression> = {
  add: infix('+'),
  sub: infix('-'),
  mul: infix('*'),
  div: infix('/'),
  // The sum in the last branch is reached by NaN alone, and hands it on.
  maximum: ([a, b]) => `${a} >= ${b} ? ${a} : (${a} < ${b} ? ${b} : ${a} + ${b})`,
  minimum: ([a, b]) => `${a} <= ${b} ? ${a} : (${a} > ${b} ? ${b} : ${a} + ${b})`,
  pow: ([a, b]) => power(a!, b!),
  less: comparison('<'),
  lessEqual: comparison('<='),
  greater: comparison('>'),
  greaterEqual: comparison('>='),
  equal: comparison('==='),
  notEqual: comparison('!=='),
  neg: ([x]) => `-${x}`,
  abs: call('abs'),
  sign: ([x]) => `${x} > 0 ? 1 : (${x} < 0 ? -1 : 0)`,
  floor: call('floor'),
  square: ([x]) => `${x} * ${x}`,
  reciprocal: ([x]) => `1 / ${x}`,
  sqrt: call('sqrt'),
  rsqrt: ([x]) => `1 / Math.sqrt(${x})`,
  exp: call('exp'),
  expm1: ([x]) => expm1(x!),
  log: call('log'),
  log1p: ([x]) => log1p(x!),
  // Beyond 15 the result is 1 in float32, and some devices divide infinity by infinity.
  tanh: ([x]) => `Math.tanh(Math.max(-15, Math.min(15, ${x})))`,
  sigmoid: ([x]) => `(${x} >= 0 ? 1 : Math.exp(-Math.abs(${x}))) / (1 + Math.exp(-Math.abs(${x})))`,
  relu: ([x]) => `${x} <= 0 ? 0 : ${x}`,
  leakyRelu: ([x], node) => `${x} < 0 ? ${literal(node.attributes<'leakyRelu'>().alpha)} * ${x} : ${x}`,
  powConst: ([x], node) => constantPower(x!, node.attributes<'powConst'>().exponent),
  where: ([condition, a, b]) => `${condition} !== 0 ? ${a} : ${b}`,
  cast: ([x], node) => (node.dtype === 'int32' ? `${x} < 0 ? Math.ceil(${x}) : Math.floor(${x})` : x!),
  identity: same,
  stopGradient: same,
};

/** The value of an element-wise node, from the names of its operands' values. */
export const expressionOf = (node: Tensor, operands: readonly string[]): string =>
  expressions[node.op as ElementwiseName](operands, node);
