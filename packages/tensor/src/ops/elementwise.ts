/**
 * Element-wise operations. Operands broadcast together (NumPy's rule); `scalar` is the whole meaning.
 * Conventions at kinks and ties are TensorFlow's; comparisons give 0 or 1 as float32.
 */
import { TensorError } from '../errors.js';
import { broadcastShapes } from '../shape/rules.js';
import type { DType } from '../dtype.js';
import { defineOp, type NoAttributes, type OpDefinition, type OpSample, type TensorType } from './define.js';
import { mapElements } from './loops.js';

interface ElementwiseOptions<Attributes> {
  readonly samples: readonly OpSample<Attributes>[];
  readonly result?: (operands: readonly TensorType[], attributes: Attributes) => DType;
  /** Operation on int32 operands too (moves and comparisons; never arithmetic). */
  readonly integers?: boolean;
}

function elementwise<const Name extends string, Attributes>(
  name: Name,
  scalar: (values: readonly number[], attributes: Attributes) => number,
  { samples, result, integers = false }: ElementwiseOptions<Attributes>,
): OpDefinition<Name, Attributes> {
  return defineOp({
    name,
    kind: 'elementwise',
    infer(operands, attributes) {
      const shape = broadcastShapes(name, ...operands.map((operand) => operand.shape));
      if (!integers && operands.some((operand) => operand.dtype === 'int32')) {
        throw new TensorError(
          name,
          "int32 operands take no part in arithmetic. Convert them first: cast(x, 'float32').",
        );
      }
      return { shape, dtype: result ? result(operands, attributes) : 'float32' };
    },
    scalar,
    reference: (operands, attributes, output) =>
      mapElements(operands, output, (values) => scalar(values, attributes)),
    samples,
  });
}

const unarySamples = (range?: readonly [number, number]): readonly OpSample<NoAttributes>[] =>
  [[5], [2, 3], [3, 1, 7], []].map((shape) => ({
    shapes: [shape],
    attributes: {},
    ...(range ? { range } : {}),
  }));

const binarySamples = (range?: readonly [number, number]): readonly OpSample<NoAttributes>[] =>
  [
    [[4], [4]],
    [[2, 3], [3]],
    [
      [2, 1],
      [1, 3],
    ],
    [[3, 4], []],
    [[2, 3, 3, 4], [4]],
    [
      [5, 1],
      [5, 6],
    ],
  ].map((shapes) => ({
    shapes,
    attributes: {},
    ...(range ? { range } : {}),
  }));

const unary = <const Name extends string>(
  name: Name,
  f: (x: number) => number,
  range?: readonly [number, number],
) => elementwise<Name, NoAttributes>(name, ([x]) => f(x!), { samples: unarySamples(range) });

const binary = <const Name extends string>(
  name: Name,
  f: (a: number, b: number) => number,
  range?: readonly [number, number],
) => elementwise<Name, NoAttributes>(name, ([a, b]) => f(a!, b!), { samples: binarySamples(range) });

const compare = <const Name extends string>(name: Name, f: (a: number, b: number) => boolean) =>
  elementwise<Name, NoAttributes>(name, ([a, b]) => (f(a!, b!) ? 1 : 0), {
    samples: binarySamples(),
    integers: true,
  });

export const add = binary('add', (a, b) => a + b);
export const sub = binary('sub', (a, b) => a - b);
export const mul = binary('mul', (a, b) => a * b);
export const div = binary('div', (a, b) => a / b, [0.5, 2]);
export const maximum = binary('maximum', (a, b) => (a !== a || b !== b ? NaN : a >= b ? a : b));
export const minimum = binary('minimum', (a, b) => (a !== a || b !== b ? NaN : a <= b ? a : b));
export const pow = binary('pow', (a, b) => a ** b, [0.3, 2]);

export const less = compare('less', (a, b) => a < b);
export const lessEqual = compare('lessEqual', (a, b) => a <= b);
export const greater = compare('greater', (a, b) => a > b);
export const greaterEqual = compare('greaterEqual', (a, b) => a >= b);
export const equal = compare('equal', (a, b) => a === b);
export const notEqual = compare('notEqual', (a, b) => a !== b);

export const neg = unary('neg', (x) => -x);
export const abs = unary('abs', Math.abs);
/** -1, 0 or 1; the derivative of `abs`, so 0 at 0. */
export const sign = unary('sign', Math.sign);
export const floor = unary('floor', Math.floor);
export const square = unary('square', (x) => x * x);
export const reciprocal = unary('reciprocal', (x) => 1 / x, [0.3, 2]);
export const sqrt = unary('sqrt', Math.sqrt, [0.1, 4]);
export const rsqrt = unary('rsqrt', (x) => 1 / Math.sqrt(x), [0.1, 4]);
export const exp = unary('exp', Math.exp);
export const expm1 = unary('expm1', Math.expm1);
export const log = unary('log', Math.log, [0.1, 5]);
export const log1p = unary('log1p', Math.log1p, [-0.5, 3]);
export const tanh = unary('tanh', Math.tanh, [-3, 3]);
/** 1 / (1 + exp(-x)), in the form that does not overflow on either side. */
export const sigmoid = unary(
  'sigmoid',
  (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
  [-5, 5],
);
export const relu = unary('relu', (x) => (x > 0 || x !== x ? x : 0));

/** x where x >= 0, else alpha x. */
export const leakyRelu = elementwise<'leakyRelu', { readonly alpha: number }>(
  'leakyRelu',
  ([x], { alpha }) => (x! < 0 ? alpha * x! : x!),
  {
    samples: [
      { shapes: [[3, 4]], attributes: { alpha: 0.3 } },
      { shapes: [[7]], attributes: { alpha: 0.2 } },
    ],
  },
);

/** x to a constant power. */
export const powConst = elementwise<'powConst', { readonly exponent: number }>(
  'powConst',
  ([x], { exponent }) => x! ** exponent,
  {
    samples: [2, 3, 0.5, -1.5].map((exponent) => ({
      shapes: [[2, 5]],
      attributes: { exponent },
      range: [0.3, 2],
    })),
  },
);

/** a where the condition is not 0, else b. */
export const where = elementwise<'where', NoAttributes>(
  'where',
  ([condition, a, b]) => (condition !== 0 ? a! : b!),
  {
    samples: [
      {
        shapes: [
          [3, 4],
          [3, 4],
          [3, 4],
        ],
        attributes: {},
      },
      { shapes: [[4], [3, 4], [3, 1]], attributes: {} },
    ],
  },
);

/** Between float32 and int32; to int32 by dropping the fraction. */
export const cast = elementwise<'cast', { readonly dtype: DType }>(
  'cast',
  ([x], { dtype }) => (dtype === 'int32' ? Math.trunc(x!) : x!),
  {
    samples: [
      { shapes: [[6]], attributes: { dtype: 'float32' }, dtypes: ['int32'], range: [0, 9] },
      { shapes: [[6]], attributes: { dtype: 'int32' }, range: [-9, 9] },
    ],
    result: (_, { dtype }) => dtype,
    integers: true,
  },
);

/** The value itself: a mark that differentiation puts around its variables. Removed from plans. */
export const identity = elementwise<'identity', NoAttributes>('identity', ([x]) => x!, {
  samples: unarySamples(),
  result: ([operand]) => operand!.dtype,
  integers: true,
});

/** The value itself, a constant for differentiation. Removed from plans. */
export const stopGradient = elementwise<'stopGradient', NoAttributes>('stopGradient', ([x]) => x!, {
  samples: unarySamples(),
  result: ([operand]) => operand!.dtype,
  integers: true,
});
