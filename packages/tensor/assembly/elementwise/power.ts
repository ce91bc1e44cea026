/** Powers, in double precision inside: rarely hot, so lane by lane. */

/** x^y by exp(y log|x|) with pow's rules for signs and zeros. Lane by lane: rarely hot. */
export function pow4(x: v128, y: v128): v128 {
  let r = f32x4.splat(0);
  r = f32x4.replace_lane(r, 0, pow1(f32x4.extract_lane(x, 0), f32x4.extract_lane(y, 0)));
  r = f32x4.replace_lane(r, 1, pow1(f32x4.extract_lane(x, 1), f32x4.extract_lane(y, 1)));
  r = f32x4.replace_lane(r, 2, pow1(f32x4.extract_lane(x, 2), f32x4.extract_lane(y, 2)));
  return f32x4.replace_lane(r, 3, pow1(f32x4.extract_lane(x, 3), f32x4.extract_lane(y, 3)));
}

function exponential(y: f64): f64 {
  if (y > 709) return Infinity;
  if (y < -745) return 0;
  const n = nearest<f64>(y * 1.4426950408889634);
  const r = (y - n * 0.6931471803691238) - n * 1.9082149292705877e-10;
  let p: f64 = 2.505210838544172e-8;
  p = p * r + 2.755731922398589e-7; p = p * r + 2.7557319223985893e-6; p = p * r + 2.48015873015873e-5;
  p = p * r + 1.984126984126984e-4; p = p * r + 1.388888888888889e-3; p = p * r + 8.333333333333333e-3;
  p = p * r + 4.1666666666666664e-2; p = p * r + 1.6666666666666666e-1; p = p * r + 0.5; p = p * r + 1; p = p * r + 1;
  const k = <i64>n;
  const half = k >> 1;
  return p * reinterpret<f64>((half + 1023) << 52) * reinterpret<f64>((k - half + 1023) << 52);
}

function logarithm(x: f64): f64 {
  let bits = reinterpret<i64>(x);
  let e = <f64>((bits >> 52) - 1022);
  let m = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3fe0000000000000);
  if (m < 0.7071067811865476) { m *= 2; e -= 1; }
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let p: f64 = 0.06666666666666667;
  p = p * z + 0.07692307692307693; p = p * z + 0.09090909090909091; p = p * z + 0.1111111111111111;
  p = p * z + 0.14285714285714285; p = p * z + 0.2; p = p * z + 0.3333333333333333;
  return e * 0.6931471805599453 + 2 * s + 2 * s * z * p;
}

function pow1(x: f32, y: f32): f32 {
  if (y == 0) return 1;
  if (x != x || y != y) return NaN;
  if (x == 1) return 1;
  const magnitude = <f64>abs<f32>(x);
  const whole = floor<f32>(y) == y;
  const odd = whole && abs<f32>(y) < 16777216 && (<i32>y & 1) != 0;
  let r: f64;
  if (magnitude == 0) r = y > 0 ? 0 : Infinity;
  else if (magnitude == Infinity) r = y > 0 ? Infinity : 0;
  else if (abs<f32>(y) == Infinity) r = magnitude == 1 ? NaN : (magnitude > 1) == (y > 0) ? Infinity : 0;
  else r = exponential(<f64>y * logarithm(magnitude));
  if (x < 0 || (x == 0 && 1 / x < 0)) {
    if (!whole && x != 0 && x != -Infinity) return NaN;
    if (odd) r = -r;
  }
  return <f32>r;
}
