/**
 * Element-wise functions. Two operands broadcast together (NumPy's rule); a number stands for a scalar.
 * Each returns a float32 tensor of the broadcast shape and throws a `TensorError` when shapes do not broadcast
 * (the compiler says so first where lengths are literal).
 */
import type { DType } from '../dtype.js';
import { apply } from '../graph/apply.js';
import type { Tensor } from '../graph/tensor.js';
import type { NoAttributes } from '../ops/define.js';
import type { AttributesOf, OpName } from '../ops/table.js';
import type { Broadcast, Resolve, Shape, Valid } from '../shape/types.js';
import { asTensor, type Operand } from './create.js';

type PlainOp = { [Name in OpName]: AttributesOf<Name> extends NoAttributes ? Name : never }[OpName];

/** Shape of an operand; that of a number is []. */
type ShapeOf<Given> = Given extends Tensor<infer S> ? S : [];

/**
 * A function of two broadcasting operands.
 * Shapes broadcast by NumPy's rule: aligned at the last axis, lengths agree or one of them is 1.
 *
 * @throws TensorError when they do not broadcast; the compiler says so first where lengths are literal
 */
export interface Binary {
  <A extends Shape, B extends Shape>(
    a: Tensor<A>,
    b: Tensor<B> & Valid<Broadcast<A, B>>,
  ): Tensor<Resolve<Broadcast<A, B>>>;
  <A extends Shape>(a: Tensor<A>, b: number): Tensor<A>;
  <B extends Shape>(a: number, b: Tensor<B>): Tensor<B>;
  /** Operands of which it is not known whether they are numbers; known shapes must broadcast all the same. */
  <A extends Operand, B extends Operand>(a: A, b: B & Valid<Broadcast<ShapeOf<A>, ShapeOf<B>>>): Tensor;
}

/**
 * A function of one operand.
 * Element-wise: the result has the shape of x.
 */
export type Unary = <S extends Shape>(x: Tensor<S>) => Tensor<S>;

// Every function below is a function expression and not the result of a call: a bundler drops what nobody uses only where nothing has to run.
const binary = (name: PlainOp, a: Operand, b: Operand): Tensor =>
  apply(name, [asTensor(a), asTensor(b)], {} as never);
const unary = <S extends Shape>(name: PlainOp, x: Tensor<S>): Tensor<S> =>
  apply(name, [x], {} as never) as never;

/** a + b, element by element. */
export const add: Binary = (a: Operand, b: Operand) => binary('add', a, b);
/** a - b */
export const sub: Binary = (a: Operand, b: Operand) => binary('sub', a, b);
/** a * b, element by element. */
export const mul: Binary = (a: Operand, b: Operand) => binary('mul', a, b);
/** a / b, element by element; 0 / 0 is NaN, as in IEEE 754. */
export const div: Binary = (a: Operand, b: Operand) => binary('div', a, b);
/** The larger of the two; on ties the whole gradient goes to the first. */
export const maximum: Binary = (a: Operand, b: Operand) => binary('maximum', a, b);
/** The smaller of the two; on ties the whole gradient goes to the first. */
export const minimum: Binary = (a: Operand, b: Operand) => binary('minimum', a, b);
/** a to the power b; a constant exponent has a derivative of its own that needs no logarithm. */
export const pow: Binary = (a: Operand, b: Operand) =>
  typeof b === 'number' && typeof a !== 'number'
    ? apply('powConst', [a], { exponent: b })
    : binary('pow', a, b);

/** 1 where a < b, else 0. */
export const less: Binary = (a: Operand, b: Operand) => binary('less', a, b);
/** 1 where a <= b, else 0. */
export const lessEqual: Binary = (a: Operand, b: Operand) => binary('lessEqual', a, b);
/** 1 where a > b, else 0. */
export const greater: Binary = (a: Operand, b: Operand) => binary('greater', a, b);
/** 1 where a >= b, else 0. */
export const greaterEqual: Binary = (a: Operand, b: Operand) => binary('greaterEqual', a, b);
/** 1 where a = b, else 0; NaN equals nothing. */
export const equal: Binary = (a: Operand, b: Operand) => binary('equal', a, b);
/** 1 where a and b differ, else 0. */
export const notEqual: Binary = (a: Operand, b: Operand) => binary('notEqual', a, b);

/** -x */
export const neg: Unary = (x) => unary('neg', x);
/** |x|; gradient 0 at 0. */
export const abs: Unary = (x) => unary('abs', x);
/** -1, 0 or 1, as x is below, at or above 0; gradient 0. */
export const sign: Unary = (x) => unary('sign', x);
/** The largest integer that is not above x; gradient 0. */
export const floor: Unary = (x) => unary('floor', x);
/** x * x */
export const square: Unary = (x) => unary('square', x);
/** 1 / x */
export const reciprocal: Unary = (x) => unary('reciprocal', x);
/** The square root; NaN below 0, infinite gradient at 0. */
export const sqrt: Unary = (x) => unary('sqrt', x);
/** 1 / sqrt(x) */
export const rsqrt: Unary = (x) => unary('rsqrt', x);
/** e to the power x. */
export const exp: Unary = (x) => unary('exp', x);
/** exp(x) - 1, exact near 0. */
export const expm1: Unary = (x) => unary('expm1', x);
/** The natural logarithm; -Infinity at 0, NaN below. */
export const log: Unary = (x) => unary('log', x);
/** log(1 + x), exact near 0. */
export const log1p: Unary = (x) => unary('log1p', x);
/** The hyperbolic tangent, from -1 to 1. */
export const tanh: Unary = (x) => unary('tanh', x);
/** 1 / (1 + exp(-x)), without overflow. */
export const sigmoid: Unary = (x) => unary('sigmoid', x);
/** max(x, 0); gradient 0 at 0. */
export const relu: Unary = (x) => unary('relu', x);

/**
 * x where x >= 0, else alpha x; gradient alpha at 0.
 * Element-wise: the result has the shape of x.
 */
export const leakyRelu = <S extends Shape>(x: Tensor<S>, alpha: number): Tensor<S> =>
  apply('leakyRelu', [x], { alpha });

/** a where the condition is not 0, else b; the three broadcast together. */
export const where = <C extends Shape, A extends Shape, B extends Shape>(
  condition: Tensor<C>,
  a: Tensor<A> | number,
  b: Tensor<B> | number,
): Tensor<Resolve<Broadcast<C, Resolve<Broadcast<A, B>>>>> =>
  apply('where', [condition, asTensor(a), asTensor(b)], {});

/**
 * Converts between float32 and int32 (dropping the fraction).
 * The shape stays.
 */
export const cast = <S extends Shape>(x: Tensor<S>, dtype: DType): Tensor<S> =>
  x.dtype === dtype ? x : apply('cast', [x], { dtype });

/** x limited to [lowest, highest]. */
export const clip = <S extends Shape>(x: Tensor<S>, lowest: number, highest: number): Tensor<S> =>
  minimum(maximum(x, lowest), highest);
