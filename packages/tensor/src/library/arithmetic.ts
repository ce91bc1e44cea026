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

/** A function of two broadcasting operands. */
export interface Binary {
  <A extends Shape, B extends Shape>(
    a: Tensor<A>,
    b: Tensor<B> & Valid<Broadcast<A, B>>,
  ): Tensor<Resolve<Broadcast<A, B>>>;
  <A extends Shape>(a: Tensor<A>, b: number): Tensor<A>;
  <B extends Shape>(a: number, b: Tensor<B>): Tensor<B>;
  (a: Operand, b: Operand): Tensor;
}

/** A function of one operand. */
export type Unary = <S extends Shape>(x: Tensor<S>) => Tensor<S>;

const binary =
  (name: PlainOp): Binary =>
  (a: Operand, b: Operand) =>
    apply(name, [asTensor(a), asTensor(b)], {} as never);
const unary =
  (name: PlainOp): Unary =>
  (x) =>
    apply(name, [x], {} as never) as never;

export const add = binary('add');
/** a - b */
export const sub = binary('sub');
export const mul = binary('mul');
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
export const lessEqual = binary('lessEqual');
export const greater = binary('greater');
export const greaterEqual = binary('greaterEqual');
export const equal = binary('equal');
export const notEqual = binary('notEqual');

export const neg = unary('neg');
/** |x|; gradient 0 at 0. */
export const abs = unary('abs');
export const sign = unary('sign');
export const floor = unary('floor');
export const square = unary('square');
export const reciprocal = unary('reciprocal');
export const sqrt = unary('sqrt');
/** 1 / sqrt(x) */
export const rsqrt = unary('rsqrt');
export const exp = unary('exp');
/** exp(x) - 1, exact near 0. */
export const expm1 = unary('expm1');
export const log = unary('log');
/** log(1 + x), exact near 0. */
export const log1p = unary('log1p');
export const tanh = unary('tanh');
/** 1 / (1 + exp(-x)), without overflow. */
export const sigmoid = unary('sigmoid');
/** max(x, 0); gradient 0 at 0. */
export const relu = unary('relu');

/** x where x >= 0, else alpha x; gradient alpha at 0. */
export const leakyRelu = <S extends Shape>(x: Tensor<S>, alpha: number): Tensor<S> =>
  apply('leakyRelu', [x], { alpha });

/** a where the condition is not 0, else b; the three broadcast together. */
export const where = <C extends Shape, A extends Shape, B extends Shape>(
  condition: Tensor<C>,
  a: Tensor<A> | number,
  b: Tensor<B> | number,
): Tensor<Resolve<Broadcast<C, Resolve<Broadcast<A, B>>>>> =>
  apply('where', [condition, asTensor(a), asTensor(b)], {});

/** Converts between float32 and int32 (dropping the fraction). */
export const cast = <S extends Shape>(x: Tensor<S>, dtype: DType): Tensor<S> =>
  x.dtype === dtype ? x : apply('cast', [x], { dtype });

/** x limited to [lowest, highest]. */
export const clip = <S extends Shape>(x: Tensor<S>, lowest: number, highest: number): Tensor<S> =>
  minimum(maximum(x, lowest), highest);
