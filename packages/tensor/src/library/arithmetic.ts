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

const binary =
  (name: PlainOp): Binary =>
  (a: Operand, b: Operand) =>
    apply(name, [asTensor(a), asTensor(b)], {} as never);
const unary =
  (name: PlainOp): Unary =>
  (x) =>
    apply(name, [x], {} as never) as never;

/** a + b, element by element. */
export const add = binary('add');
/** a - b */
export const sub = binary('sub');
/** a * b, element by element. */
export const mul = binary('mul');
/** a / b, element by element; 0 / 0 is NaN, as in IEEE 754. */
export const div = binary('div');
/** The larger of the two; on ties the whole gradient goes to the first. */
export const maximum = binary('maximum');
/** The smaller of the two; on ties the whole gradient goes to the first. */
export const minimum = binary('minimum');
const powTensors = binary('pow');

/** a to the power b; a constant exponent has a derivative of its own that needs no logarithm. */
export const pow: Binary = (a: Operand, b: Operand) =>
  typeof b === 'number' && typeof a !== 'number' ? apply('powConst', [a], { exponent: b }) : powTensors(a, b);

/** 1 where a < b, else 0. */
export const less = binary('less');
/** 1 where a <= b, else 0. */
export const lessEqual = binary('lessEqual');
/** 1 where a > b, else 0. */
export const greater = binary('greater');
/** 1 where a >= b, else 0. */
export const greaterEqual = binary('greaterEqual');
/** 1 where a = b, else 0; NaN equals nothing. */
export const equal = binary('equal');
/** 1 where a and b differ, else 0. */
export const notEqual = binary('notEqual');

/** -x */
export const neg = unary('neg');
/** |x|; gradient 0 at 0. */
export const abs = unary('abs');
/** -1, 0 or 1, as x is below, at or above 0; gradient 0. */
export const sign = unary('sign');
/** The largest integer that is not above x; gradient 0. */
export const floor = unary('floor');
/** x * x */
export const square = unary('square');
/** 1 / x */
export const reciprocal = unary('reciprocal');
/** The square root; NaN below 0, infinite gradient at 0. */
export const sqrt = unary('sqrt');
/** 1 / sqrt(x) */
export const rsqrt = unary('rsqrt');
/** e to the power x. */
export const exp = unary('exp');
/** exp(x) - 1, exact near 0. */
export const expm1 = unary('expm1');
/** The natural logarithm; -Infinity at 0, NaN below. */
export const log = unary('log');
/** log(1 + x), exact near 0. */
export const log1p = unary('log1p');
/** The hyperbolic tangent, from -1 to 1. */
export const tanh = unary('tanh');
/** 1 / (1 + exp(-x)), without overflow. */
export const sigmoid = unary('sigmoid');
/** max(x, 0); gradient 0 at 0. */
export const relu = unary('relu');

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
