/**
 * One loop for each operation of fused groups, over tiles that lie in the first-level cache.
 *
 * Addresses are those of float32 vectors; `end` bounds the destination and is a whole number of 64-byte blocks beyond it. The
 * code of an operation is a constant at each call of `unary` and `binary`, so each loop holds only its own arithmetic.
 */
import { expVector, expm1Vector, log1pVector, logVector, madd, power, select, sigmoidVector, tanhVector } from '../simd';
import * as code from './codes';

// @ts-ignore: decorator
@inline
function ones(mask: v128): v128 {
  return v128.and(mask, f32x4.splat(1));
}

// @ts-ignore: decorator
@inline
function unaryVector(op: i32, x: v128): v128 {
  if (op == code.NEG) return f32x4.neg(x);
  if (op == code.ABS) return f32x4.abs(x);
  if (op == code.SQUARE) return f32x4.mul(x, x);
  if (op == code.SQRT) return f32x4.sqrt(x);
  if (op == code.RSQRT) return f32x4.div(f32x4.splat(1), f32x4.sqrt(x));
  if (op == code.RECIPROCAL) return f32x4.div(f32x4.splat(1), x);
  if (op == code.EXP) return expVector(x);
  if (op == code.EXPM1) return expm1Vector(x);
  if (op == code.LOG) return logVector(x);
  if (op == code.LOG1P) return log1pVector(x);
  if (op == code.TANH) return tanhVector(x);
  if (op == code.SIGMOID) return sigmoidVector(x);
  if (op == code.RELU) return f32x4.pmax(x, f32x4.splat(0));
  if (op == code.FLOOR) return f32x4.floor(x);
  if (op == code.SIGN) {
    const one = v128.or(v128.and(x, i32x4.splat(0x80000000)), f32x4.splat(1));
    // 0 stays 0 and NaN stays NaN
    return select(v128.and(f32x4.ne(x, f32x4.splat(0)), f32x4.eq(x, x)), one, x);
  }
  if (op == code.INT_TO_FLOAT) return f32x4.convert_i32x4_s(x);
  if (op == code.FLOAT_TO_INT) return i32x4.trunc_sat_f32x4_s(x);
  return x;
}

// @ts-ignore: decorator
@inline
function binaryVector(op: i32, a: v128, b: v128): v128 {
  if (op == code.ADD) return f32x4.add(a, b);
  if (op == code.SUB) return f32x4.sub(a, b);
  if (op == code.MUL) return f32x4.mul(a, b);
  if (op == code.DIV) return f32x4.div(a, b);
  if (op == code.MAXIMUM) return f32x4.max(a, b);
  if (op == code.MINIMUM) return f32x4.min(a, b);
  if (op == code.LESS) return ones(f32x4.lt(a, b));
  if (op == code.LESS_EQUAL) return ones(f32x4.le(a, b));
  if (op == code.GREATER) return ones(f32x4.gt(a, b));
  if (op == code.GREATER_EQUAL) return ones(f32x4.ge(a, b));
  if (op == code.EQUAL) return ones(f32x4.eq(a, b));
  if (op == code.NOT_EQUAL) return ones(f32x4.ne(a, b));
  if (op == code.INT_LESS) return ones(i32x4.lt_s(a, b));
  if (op == code.INT_LESS_EQUAL) return ones(i32x4.le_s(a, b));
  if (op == code.INT_GREATER) return ones(i32x4.gt_s(a, b));
  if (op == code.INT_GREATER_EQUAL) return ones(i32x4.ge_s(a, b));
  if (op == code.INT_EQUAL) return ones(i32x4.eq(a, b));
  if (op == code.INT_NOT_EQUAL) return ones(i32x4.ne(a, b));
  return a;
}

// @ts-ignore: decorator
@inline
function unary(op: i32, d: usize, a: usize, end: usize): void {
  while (d < end) {
    v128.store(d, unaryVector(op, v128.load(a)));
    v128.store(d, unaryVector(op, v128.load(a, 16)), 16);
    d += 32;
    a += 32;
  }
}

// @ts-ignore: decorator
@inline
function binary(op: i32, d: usize, a: usize, b: usize, end: usize): void {
  while (d < end) {
    v128.store(d, binaryVector(op, v128.load(a), v128.load(b)));
    v128.store(d, binaryVector(op, v128.load(a, 16), v128.load(b, 16)), 16);
    v128.store(d, binaryVector(op, v128.load(a, 32), v128.load(b, 32)), 32);
    v128.store(d, binaryVector(op, v128.load(a, 48), v128.load(b, 48)), 48);
    d += 64;
    a += 64;
    b += 64;
  }
}

export function opCopy(d: usize, a: usize, end: usize): void { unary(code.COPY, d, a, end); }
export function opNeg(d: usize, a: usize, end: usize): void { unary(code.NEG, d, a, end); }
export function opAbs(d: usize, a: usize, end: usize): void { unary(code.ABS, d, a, end); }
export function opSquare(d: usize, a: usize, end: usize): void { unary(code.SQUARE, d, a, end); }
export function opSqrt(d: usize, a: usize, end: usize): void { unary(code.SQRT, d, a, end); }
export function opRsqrt(d: usize, a: usize, end: usize): void { unary(code.RSQRT, d, a, end); }
export function opReciprocal(d: usize, a: usize, end: usize): void { unary(code.RECIPROCAL, d, a, end); }
export function opExp(d: usize, a: usize, end: usize): void { unary(code.EXP, d, a, end); }
export function opExpm1(d: usize, a: usize, end: usize): void { unary(code.EXPM1, d, a, end); }
export function opLog(d: usize, a: usize, end: usize): void { unary(code.LOG, d, a, end); }
export function opLog1p(d: usize, a: usize, end: usize): void { unary(code.LOG1P, d, a, end); }
export function opTanh(d: usize, a: usize, end: usize): void { unary(code.TANH, d, a, end); }
export function opSigmoid(d: usize, a: usize, end: usize): void { unary(code.SIGMOID, d, a, end); }
export function opRelu(d: usize, a: usize, end: usize): void { unary(code.RELU, d, a, end); }
export function opSign(d: usize, a: usize, end: usize): void { unary(code.SIGN, d, a, end); }
export function opFloor(d: usize, a: usize, end: usize): void { unary(code.FLOOR, d, a, end); }
export function opIntToFloat(d: usize, a: usize, end: usize): void { unary(code.INT_TO_FLOAT, d, a, end); }
export function opFloatToInt(d: usize, a: usize, end: usize): void { unary(code.FLOAT_TO_INT, d, a, end); }

export function opAdd(d: usize, a: usize, b: usize, end: usize): void { binary(code.ADD, d, a, b, end); }
export function opSub(d: usize, a: usize, b: usize, end: usize): void { binary(code.SUB, d, a, b, end); }
export function opMul(d: usize, a: usize, b: usize, end: usize): void { binary(code.MUL, d, a, b, end); }
export function opDiv(d: usize, a: usize, b: usize, end: usize): void { binary(code.DIV, d, a, b, end); }
export function opMaximum(d: usize, a: usize, b: usize, end: usize): void { binary(code.MAXIMUM, d, a, b, end); }
export function opMinimum(d: usize, a: usize, b: usize, end: usize): void { binary(code.MINIMUM, d, a, b, end); }
export function opLess(d: usize, a: usize, b: usize, end: usize): void { binary(code.LESS, d, a, b, end); }
export function opLessEqual(d: usize, a: usize, b: usize, end: usize): void { binary(code.LESS_EQUAL, d, a, b, end); }
export function opGreater(d: usize, a: usize, b: usize, end: usize): void { binary(code.GREATER, d, a, b, end); }
export function opGreaterEqual(d: usize, a: usize, b: usize, end: usize): void { binary(code.GREATER_EQUAL, d, a, b, end); }
export function opEqual(d: usize, a: usize, b: usize, end: usize): void { binary(code.EQUAL, d, a, b, end); }
export function opNotEqual(d: usize, a: usize, b: usize, end: usize): void { binary(code.NOT_EQUAL, d, a, b, end); }
export function opIntLess(d: usize, a: usize, b: usize, end: usize): void { binary(code.INT_LESS, d, a, b, end); }
export function opIntLessEqual(d: usize, a: usize, b: usize, end: usize): void { binary(code.INT_LESS_EQUAL, d, a, b, end); }
export function opIntGreater(d: usize, a: usize, b: usize, end: usize): void { binary(code.INT_GREATER, d, a, b, end); }
export function opIntGreaterEqual(d: usize, a: usize, b: usize, end: usize): void { binary(code.INT_GREATER_EQUAL, d, a, b, end); }
export function opIntEqual(d: usize, a: usize, b: usize, end: usize): void { binary(code.INT_EQUAL, d, a, b, end); }
export function opIntNotEqual(d: usize, a: usize, b: usize, end: usize): void { binary(code.INT_NOT_EQUAL, d, a, b, end); }

export function opLeakyRelu(d: usize, a: usize, end: usize, alpha: f32): void {
  const slope = f32x4.splat(alpha);
  while (d < end) {
    const x = v128.load(a);
    v128.store(d, select(f32x4.lt(x, f32x4.splat(0)), f32x4.mul(x, slope), x));
    d += 16;
    a += 16;
  }
}

export function opWhere(d: usize, condition: usize, a: usize, b: usize, end: usize): void {
  while (d < end) {
    v128.store(d, select(f32x4.ne(v128.load(condition), f32x4.splat(0)), v128.load(a), v128.load(b)));
    d += 16;
    condition += 16;
    a += 16;
    b += 16;
  }
}

export function opMulAdd(d: usize, a: usize, b: usize, c: usize, end: usize): void {
  while (d < end) {
    v128.store(d, madd(v128.load(a), v128.load(b), v128.load(c)));
    v128.store(d, madd(v128.load(a, 16), v128.load(b, 16), v128.load(c, 16)), 16);
    d += 32;
    a += 32;
    b += 32;
    c += 32;
  }
}

export function opPow(d: usize, a: usize, b: usize, end: usize): void {
  while (d < end) {
    store<f32>(d, power(load<f32>(a), load<f32>(b)));
    d += 4;
    a += 4;
    b += 4;
  }
}

export function opPowConst(d: usize, a: usize, end: usize, exponent: f32): void {
  while (d < end) {
    store<f32>(d, power(load<f32>(a), exponent));
    d += 4;
    a += 4;
  }
}
