/**
 * exp, log, tanh and their family on four floats at once. Ranges are reduced as in Cephes (Moshier); polynomials are of degree 5 to 8;
 * errors stay below 2 units in the last place of float32 over the whole range.
 */
// @ts-ignore: decorator
@inline const LOG2E: f32 = 1.44269504088896341;
// @ts-ignore: decorator
@inline const LN2_HIGH: f32 = 0.693359375;
// @ts-ignore: decorator
@inline const LN2_LOW: f32 = -2.12194440e-4;

/** Scales x by 2^k, k an integer in -252..254 held as floats: in two factors, so that subnormal results come out. */
// @ts-ignore: decorator
@inline function scale(x: v128, k: v128): v128 {
  const half = i32x4.shr_s(k, 1);
  const rest = i32x4.sub(k, half);
  const bias = i32x4.splat(127);
  const a = i32x4.shl(i32x4.add(half, bias), 23);
  const b = i32x4.shl(i32x4.add(rest, bias), 23);
  return f32x4.mul(f32x4.mul(x, a), b);
}

/** exp(r) - 1 for |r| <= ln2/2. */
// @ts-ignore: decorator
@inline function expm1Small(r: v128): v128 {
  let p = f32x4.splat(1.9841270e-4);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3888889e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3333333e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.16666667e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.66666667e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.5));
  return f32x4.add(f32x4.mul(f32x4.mul(p, r), r), r);
}

export function exp4(x: v128): v128 {
  // Beyond these bounds the result is infinite or 0; min and max let NaN through when x is the second operand.
  const clamped = f32x4.max(f32x4.splat(-104), f32x4.min(f32x4.splat(89), x));
  const n = f32x4.nearest(f32x4.mul(clamped, f32x4.splat(LOG2E)));
  let r = f32x4.sub(clamped, f32x4.mul(n, f32x4.splat(LN2_HIGH)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(LN2_LOW)));
  return scale(f32x4.add(expm1Small(r), f32x4.splat(1)), i32x4.trunc_sat_f32x4_s(n));
}

export function expm14(x: v128): v128 {
  const clamped = f32x4.max(f32x4.splat(-30), f32x4.min(f32x4.splat(89), x));
  const n = f32x4.nearest(f32x4.mul(clamped, f32x4.splat(LOG2E)));
  let r = f32x4.sub(clamped, f32x4.mul(n, f32x4.splat(LN2_HIGH)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(LN2_LOW)));
  const k = i32x4.trunc_sat_f32x4_s(n);
  // 2^n (e + 1) - 1 = 2^n e + (2^n - 1), exact for n = 0
  const power = scale(f32x4.splat(1), k);
  const result = f32x4.add(f32x4.mul(expm1Small(r), power), f32x4.sub(power, f32x4.splat(1)));
  const overflow = f32x4.gt(x, f32x4.splat(88.722839));
  return v128.bitselect(f32x4.splat(Infinity), result, overflow);
}

export function log4(x: v128): v128 {
  // Subnormals are scaled up first.
  const tiny = f32x4.lt(x, f32x4.splat(1.17549435e-38));
  const y = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, tiny);
  const bits = y;
  let e = f32x4.convert_i32x4_s(i32x4.sub(i32x4.shr_u(bits, 23), i32x4.splat(126)));
  e = f32x4.sub(e, v128.and(tiny, f32x4.splat(23)));
  let m = v128.or(v128.and(bits, i32x4.splat(0x007fffff)), i32x4.splat(0x3f000000)); // [0.5, 1)
  const low = f32x4.lt(m, f32x4.splat(0.707106781186547524));
  e = f32x4.sub(e, v128.and(low, f32x4.splat(1)));
  m = f32x4.sub(f32x4.add(m, v128.and(low, m)), f32x4.splat(1));
  const z = f32x4.mul(m, m);
  let p = f32x4.splat(7.0376836292e-2);
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(-1.1514610310e-1));
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(1.1676998740e-1));
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(-1.2420140846e-1));
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(1.4249322787e-1));
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(-1.6668057665e-1));
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(2.0000714765e-1));
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(-2.4999993993e-1));
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(3.3333331174e-1));
  p = f32x4.mul(f32x4.mul(p, m), z);
  p = f32x4.add(p, f32x4.mul(e, f32x4.splat(LN2_LOW)));
  p = f32x4.sub(p, f32x4.mul(z, f32x4.splat(0.5)));
  let result = f32x4.add(f32x4.add(m, p), f32x4.mul(e, f32x4.splat(LN2_HIGH)));
  result = v128.bitselect(f32x4.splat(-Infinity), result, f32x4.eq(x, f32x4.splat(0)));
  result = v128.bitselect(x, result, f32x4.eq(x, f32x4.splat(Infinity)));
  return v128.bitselect(f32x4.splat(NaN), result, v128.or(f32x4.lt(x, f32x4.splat(0)), f32x4.ne(x, x)));
}

/** log(1 + x) = log(u) x / (u - 1) with u = 1 + x rounded (Kahan). */
export function log1p4(x: v128): v128 {
  const u = f32x4.add(x, f32x4.splat(1));
  const d = f32x4.sub(u, f32x4.splat(1));
  const result = f32x4.mul(log4(u), f32x4.div(x, d));
  const plain = v128.or(f32x4.eq(d, f32x4.splat(0)), f32x4.eq(x, f32x4.splat(Infinity)));
  return v128.bitselect(x, result, plain);
}

export function sigmoid4(x: v128): v128 {
  // exp of a number <= 0 only: e = exp(-|x|); 1/(1+e) for x >= 0, e/(1+e) below.
  const e = exp4(f32x4.neg(f32x4.abs(x)));
  const one = f32x4.splat(1);
  return f32x4.div(v128.bitselect(e, one, f32x4.lt(x, f32x4.splat(0))), f32x4.add(one, e));
}

/** tanh(x) = -m / (m + 2) with m = expm1(-2|x|), the sign of x put back. */
export function tanh4(x: v128): v128 {
  const m = expm14(f32x4.mul(f32x4.abs(x), f32x4.splat(-2)));
  const t = f32x4.div(f32x4.neg(m), f32x4.add(m, f32x4.splat(2)));
  return v128.or(t, v128.and(x, i32x4.splat(0x80000000)));
}

/** One lane's exp, log, expm1 for scalar code. */
export function exp1(x: f32): f32 { return f32x4.extract_lane(exp4(f32x4.splat(x)), 0); }
export function expm11(x: f32): f32 { return f32x4.extract_lane(expm14(f32x4.splat(x)), 0); }
