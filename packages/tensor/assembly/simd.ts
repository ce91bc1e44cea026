/**
 * Vector arithmetic: the fused multiply-add where the engine has it, and the elementary functions.
 *
 * Each function is a range reduction and a polynomial (minimax coefficients of the usual single-precision kind), accurate to
 * about two units in the last place, with IEEE limits: NaN stays NaN, infinities and zeros give what the real function tends to.
 */

/** a * b + c; one rounding in the relaxed build, two in the plain one. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** c - a * b */
// @ts-ignore: decorator
@inline
export function nmadd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_nmadd(a, b, c);
  return f32x4.sub(c, f32x4.mul(a, b));
}

/** The four lanes added in a fixed order. */
// @ts-ignore: decorator
@inline
export function sumLanes(x: v128): f32 {
  return (f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1)) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}

// @ts-ignore: decorator
@inline
export function maxLanes(x: v128): f32 {
  return max<f32>(
    max<f32>(f32x4.extract_lane(x, 0), f32x4.extract_lane(x, 1)),
    max<f32>(f32x4.extract_lane(x, 2), f32x4.extract_lane(x, 3)),
  );
}

// @ts-ignore: decorator
@inline
export function select(mask: v128, yes: v128, no: v128): v128 {
  return v128.bitselect(yes, no, mask);
}

/** 2^n for whole n in [-126, 127], as integers. */
// @ts-ignore: decorator
@inline
function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/** e^r - 1 for |r| <= ln(2)/2. */
// @ts-ignore: decorator
@inline
function expm1Reduced(r: v128): v128 {
  let p = madd(r, f32x4.splat(<f32>0.0001984127), f32x4.splat(<f32>0.0013888889));
  p = madd(p, r, f32x4.splat(<f32>0.008333334));
  p = madd(p, r, f32x4.splat(<f32>0.041666668));
  p = madd(p, r, f32x4.splat(<f32>0.16666667));
  p = madd(p, r, f32x4.splat(0.5));
  return madd(f32x4.mul(p, r), r, r);
}

// @ts-ignore: decorator
@inline
function reduceByLn2(x: v128, n: v128): v128 {
  // ln 2 in two parts, the first short enough for n times it to be exact
  return nmadd(n, f32x4.splat(<f32>-2.12194440e-4), nmadd(n, f32x4.splat(<f32>0.693359375), x));
}

// @ts-ignore: decorator
@inline
export function expVector(x: v128): v128 {
  // pmin/pmax return their first operand when it is NaN
  const bounded = f32x4.pmax(f32x4.pmin(x, f32x4.splat(<f32>89)), f32x4.splat(<f32>-104));
  const n = f32x4.nearest(f32x4.mul(bounded, f32x4.splat(<f32>1.44269504)));
  const p = f32x4.add(expm1Reduced(reduceByLn2(bounded, n)), f32x4.splat(1));
  // In two factors: 2^n alone leaves the range of normal numbers at both ends.
  const whole = i32x4.trunc_sat_f32x4_s(n);
  const half = i32x4.shr_s(whole, 1);
  return f32x4.mul(f32x4.mul(p, powerOfTwo(half)), powerOfTwo(i32x4.sub(whole, half)));
}

// @ts-ignore: decorator
@inline
export function expm1Vector(x: v128): v128 {
  const bounded = f32x4.pmax(f32x4.pmin(x, f32x4.splat(<f32>89)), f32x4.splat(<f32>-30));
  const n = f32x4.nearest(f32x4.mul(bounded, f32x4.splat(<f32>1.44269504)));
  const p = expm1Reduced(reduceByLn2(bounded, n));
  // 2^n p + (2^n - 1), halved and doubled so that n = 128 does not overflow
  const s = powerOfTwo(i32x4.sub(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(1)));
  const y = madd(s, p, f32x4.sub(s, f32x4.splat(0.5)));
  // -0 and the smallest numbers are their own image
  return select(f32x4.lt(f32x4.abs(x), f32x4.splat(<f32>1e-8)), x, f32x4.add(y, y));
}

// @ts-ignore: decorator
@inline
export function logVector(x: v128): v128 {
  const tiny = f32x4.lt(x, f32x4.splat(<f32>1.17549435e-38));
  const normal = select(tiny, f32x4.mul(x, f32x4.splat(<f32>8388608)), x);
  // m in [sqrt(1/2), sqrt(2)), x = m 2^e: the bits of sqrt(1/2) are 0x3f3504f3
  const shifted = i32x4.sub(normal, i32x4.splat(0x3f3504f3));
  const exponent = i32x4.shr_s(shifted, 23);
  const m = i32x4.sub(normal, i32x4.shl(exponent, 23));
  const e = f32x4.sub(f32x4.convert_i32x4_s(exponent), v128.and(tiny, f32x4.splat(23)));
  const f = f32x4.sub(m, f32x4.splat(1));
  let p = madd(f, f32x4.splat(<f32>7.0376836292e-2), f32x4.splat(<f32>-1.1514610310e-1));
  p = madd(p, f, f32x4.splat(<f32>1.1676998740e-1));
  p = madd(p, f, f32x4.splat(<f32>-1.2420140846e-1));
  p = madd(p, f, f32x4.splat(<f32>1.4249322787e-1));
  p = madd(p, f, f32x4.splat(<f32>-1.6668057665e-1));
  p = madd(p, f, f32x4.splat(<f32>2.0000714765e-1));
  p = madd(p, f, f32x4.splat(<f32>-2.4999993993e-1));
  p = madd(p, f, f32x4.splat(<f32>3.3333331174e-1));
  const f2 = f32x4.mul(f, f);
  let y = f32x4.mul(f32x4.mul(p, f), f2);
  y = madd(e, f32x4.splat(<f32>-2.12194440e-4), y);
  y = nmadd(f2, f32x4.splat(0.5), y);
  y = madd(e, f32x4.splat(<f32>0.693359375), f32x4.add(f, y));
  // log(inf) = inf, log(0) = -inf, log of a negative number or NaN = NaN
  y = select(f32x4.eq(x, f32x4.splat(Infinity)), x, y);
  y = select(f32x4.eq(x, f32x4.splat(0)), f32x4.splat(-Infinity), y);
  return select(f32x4.ge(x, f32x4.splat(0)), y, f32x4.splat(NaN));
}

// @ts-ignore: decorator
@inline
export function log1pVector(x: v128): v128 {
  // log(u) for u = 1 + x rounded, plus the first-order effect of that rounding
  const u = f32x4.add(x, f32x4.splat(1));
  const lost = f32x4.sub(x, f32x4.sub(u, f32x4.splat(1)));
  const y = logVector(u);
  const regular = v128.and(f32x4.gt(u, f32x4.splat(0)), f32x4.lt(u, f32x4.splat(Infinity)));
  const corrected = f32x4.add(y, v128.and(regular, f32x4.div(lost, u)));
  return select(f32x4.lt(f32x4.abs(x), f32x4.splat(<f32>1e-8)), x, corrected);
}

// @ts-ignore: decorator
@inline
export function tanhVector(x: v128): v128 {
  // tanh |x| = e / (e + 2), e = exp(2|x|) - 1; beyond 10 it rounds to 1
  const size = f32x4.pmin(f32x4.abs(x), f32x4.splat(10));
  const e = expm1Vector(f32x4.add(size, size));
  const y = f32x4.div(e, f32x4.add(e, f32x4.splat(2)));
  return v128.or(y, v128.and(x, i32x4.splat(0x80000000)));
}

// @ts-ignore: decorator
@inline
export function sigmoidVector(x: v128): v128 {
  return f32x4.div(f32x4.splat(1), f32x4.add(expVector(f32x4.neg(x)), f32x4.splat(1)));
}

/** Natural logarithm of a positive finite number in double precision (atanh series; error below 1e-15). */
function logDouble(x: f64): f64 {
  let bits = reinterpret<i64>(x);
  const exponent = (bits - 0x3fe6a09e667f3bcd) >> 52;
  bits -= exponent << 52;
  const m = reinterpret<f64>(bits);
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let p: f64 = 1.0 / 21;
  p = p * z + 1.0 / 19;
  p = p * z + 1.0 / 17;
  p = p * z + 1.0 / 15;
  p = p * z + 1.0 / 13;
  p = p * z + 1.0 / 11;
  p = p * z + 1.0 / 9;
  p = p * z + 1.0 / 7;
  p = p * z + 1.0 / 5;
  p = p * z + 1.0 / 3;
  return <f64>exponent * 0.6931471805599453 + 2 * s * (1 + z * p);
}

/** e^x in double precision, for |x| < 700 (error below 1e-14). */
function expDouble(x: f64): f64 {
  const n = nearest<f64>(x * 1.4426950408889634);
  const r = x - n * 0.6931471805599453;
  let p: f64 = 1.0 / 479001600;
  p = p * r + 1.0 / 39916800;
  p = p * r + 1.0 / 3628800;
  p = p * r + 1.0 / 362880;
  p = p * r + 1.0 / 40320;
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 0.5;
  p = p * r + 1;
  p = p * r + 1;
  return p * reinterpret<f64>((<i64>n + 1023) << 52);
}

/** x to the power y with the conventions of JavaScript (1 to the power of NaN or infinity is NaN). */
export function power(x: f32, y: f32): f32 {
  if (y == 0) return 1;
  if (isNaN(x) || isNaN(y)) return NaN;
  const size = abs<f64>(<f64>x);
  const whole = floor<f32>(y) == y;
  const odd = whole && abs<f32>(y) < 16777216 && (<i64>y & 1) == 1;
  const sign: f64 = odd && (x < 0 || (x == 0 && 1 / x < 0)) ? -1 : 1;
  if (size == 1 && !isFinite(y)) return NaN;
  if (x < 0 && !whole && isFinite(x)) return NaN;
  let magnitude: f64;
  if (size == 0) magnitude = y > 0 ? 0 : Infinity;
  else if (!isFinite(size)) magnitude = y > 0 ? Infinity : 0;
  else {
    const exponent = <f64>y * logDouble(size);
    magnitude = exponent > 90 ? Infinity : exponent < -110 ? 0 : expDouble(exponent);
  }
  return <f32>(sign * magnitude);
}
