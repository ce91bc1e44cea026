/**
 * The one-dimensional transforms of Winograd's convolution, on vectors of 4 channels that lie `step` bytes apart. An output tile is
 * y = At [(G g) . (Bt d)]; in two dimensions each matrix is applied along the columns and then along the rows. The gradients are the adjoints:
 * dM = A dy, dx += B dV, dw = Gt dU.
 *
 * `four`: F(4, 3), stride 1, 4 results of 6 inputs, points 0, 1, -1, 2, -2, infinity (Lavin and Gray 2015, section 4.3).
 * `three`: 3 taps with stride 2, 3 results of 7 inputs. The even inputs meet taps 0 and 2: F(3, 2) with points 0, 1, -1, infinity; the odd
 * ones meet tap 1 alone: 3 plain products. 7 products an axis stand for 9.
 */

// @ts-ignore: decorator
@inline function add(a: v128, b: v128): v128 { return f32x4.add(a, b); }
// @ts-ignore: decorator
@inline function sub(a: v128, b: v128): v128 { return f32x4.sub(a, b); }
// @ts-ignore: decorator
@inline function times(a: v128, b: f32): v128 { return f32x4.mul(a, f32x4.splat(b)); }

// @ts-ignore: decorator
@inline function addTo(at: usize, a: v128): void { v128.store(at, f32x4.add(v128.load(at), a)); }

// @ts-ignore: decorator
@inline export function fourInput(from: usize, step: usize, to: usize, toStep: usize): void {
  const d0 = v128.load(from), d1 = v128.load(from + step), d2 = v128.load(from + 2 * step);
  const d3 = v128.load(from + 3 * step), d4 = v128.load(from + 4 * step), d5 = v128.load(from + 5 * step);
  v128.store(to, add(sub(times(d0, 4), times(d2, 5)), d4));
  const a = sub(d4, times(d2, 4)), b = sub(d3, times(d1, 4));
  v128.store(to + toStep, add(a, b));
  v128.store(to + 2 * toStep, sub(a, b));
  const e = sub(d4, d2), f = times(sub(d3, d1), 2);
  v128.store(to + 3 * toStep, add(e, f));
  v128.store(to + 4 * toStep, sub(e, f));
  v128.store(to + 5 * toStep, add(sub(times(d1, 4), times(d3, 5)), d5));
}

// @ts-ignore: decorator
@inline export function fourOutput(from: usize, step: usize, to: usize, toStep: usize): void {
  const m1 = v128.load(from + step), m2 = v128.load(from + 2 * step);
  const m3 = v128.load(from + 3 * step), m4 = v128.load(from + 4 * step);
  const s = add(m1, m2), d = sub(m1, m2), t = add(m3, m4), e = sub(m3, m4);
  v128.store(to, add(add(v128.load(from), s), t));
  v128.store(to + toStep, add(d, times(e, 2)));
  v128.store(to + 2 * toStep, add(s, times(t, 4)));
  v128.store(to + 3 * toStep, add(add(d, times(e, 8)), v128.load(from + 5 * step)));
}

/** `fourOutput` for a row of y: with a bias, and no less than `floor`. */
// @ts-ignore: decorator
@inline export function fourResults(from: usize, to: usize, toStep: usize, bias: v128, floor: v128): void {
  const m1 = v128.load(from, 16), m2 = v128.load(from, 32), m3 = v128.load(from, 48), m4 = v128.load(from, 64);
  const s = add(m1, m2), d = sub(m1, m2), t = add(m3, m4), e = sub(m3, m4);
  v128.store(to, f32x4.pmax(add(add(add(v128.load(from), s), t), bias), floor));
  v128.store(to + toStep, f32x4.pmax(add(add(d, times(e, 2)), bias), floor));
  v128.store(to + 2 * toStep, f32x4.pmax(add(add(s, times(t, 4)), bias), floor));
  v128.store(to + 3 * toStep, f32x4.pmax(add(add(add(d, times(e, 8)), v128.load(from, 80)), bias), floor));
}

// @ts-ignore: decorator
@inline export function fourFilter(from: usize, step: usize, to: usize, toStep: usize): void {
  const g0 = v128.load(from), g1 = v128.load(from + step), g2 = v128.load(from + 2 * step);
  v128.store(to, times(g0, 0.25));
  const s = times(add(g0, g2), <f32>(-1.0 / 6)), t = times(g1, <f32>(-1.0 / 6));
  v128.store(to + toStep, add(s, t));
  v128.store(to + 2 * toStep, sub(s, t));
  const e = add(times(g0, <f32>(1.0 / 24)), times(g2, <f32>(1.0 / 6))), f = times(g1, <f32>(1.0 / 12));
  v128.store(to + 3 * toStep, add(e, f));
  v128.store(to + 4 * toStep, sub(e, f));
  v128.store(to + 5 * toStep, g2);
}

// @ts-ignore: decorator
@inline export function fourOutputAdjoint(from: usize, step: usize, to: usize, toStep: usize): void {
  const y0 = v128.load(from), y1 = v128.load(from + step), y2 = v128.load(from + 2 * step), y3 = v128.load(from + 3 * step);
  v128.store(to, y0);
  const a = add(y0, y2), b = add(y1, y3);
  v128.store(to + toStep, add(a, b));
  v128.store(to + 2 * toStep, sub(a, b));
  const c = add(y0, times(y2, 4)), d = add(times(y1, 2), times(y3, 8));
  v128.store(to + 3 * toStep, add(c, d));
  v128.store(to + 4 * toStep, sub(c, d));
  v128.store(to + 5 * toStep, y3);
}

// @ts-ignore: decorator
@inline export function fourInputAdjoint(from: usize, step: usize, to: usize, toStep: usize): void {
  const v0 = v128.load(from), v1 = v128.load(from + step), v2 = v128.load(from + 2 * step);
  const v3 = v128.load(from + 3 * step), v4 = v128.load(from + 4 * step), v5 = v128.load(from + 5 * step);
  const s = add(v1, v2), d = sub(v1, v2), t = add(v3, v4), e = times(sub(v3, v4), 2);
  v128.store(to, times(v0, 4));
  v128.store(to + toStep, sub(times(sub(v5, d), 4), e));
  v128.store(to + 2 * toStep, sub(sub(times(v0, -5), times(s, 4)), t));
  v128.store(to + 3 * toStep, add(sub(d, times(v5, 5)), e));
  v128.store(to + 4 * toStep, add(add(v0, s), t));
  v128.store(to + 5 * toStep, v5);
}

/** `fourInputAdjoint` for a row of dx, added to what is there. */
// @ts-ignore: decorator
@inline export function fourInputsAdd(from: usize, to: usize, toStep: usize): void {
  const v0 = v128.load(from), v1 = v128.load(from, 16), v2 = v128.load(from, 32);
  const v3 = v128.load(from, 48), v4 = v128.load(from, 64), v5 = v128.load(from, 80);
  const s = add(v1, v2), d = sub(v1, v2), t = add(v3, v4), e = times(sub(v3, v4), 2);
  addTo(to, times(v0, 4));
  addTo(to + toStep, sub(times(sub(v5, d), 4), e));
  addTo(to + 2 * toStep, sub(sub(times(v0, -5), times(s, 4)), t));
  addTo(to + 3 * toStep, add(sub(d, times(v5, 5)), e));
  addTo(to + 4 * toStep, add(add(v0, s), t));
  addTo(to + 5 * toStep, v5);
}

// @ts-ignore: decorator
@inline export function fourFilterAdjoint(from: usize, step: usize, to: usize, toStep: usize): void {
  const u1 = v128.load(from + step), u2 = v128.load(from + 2 * step);
  const u3 = v128.load(from + 3 * step), u4 = v128.load(from + 4 * step);
  const s = times(add(u1, u2), <f32>(-1.0 / 6)), t = add(u3, u4);
  v128.store(to, add(add(times(v128.load(from), 0.25), s), times(t, <f32>(1.0 / 24))));
  v128.store(to + toStep, add(times(sub(u2, u1), <f32>(1.0 / 6)), times(sub(u3, u4), <f32>(1.0 / 12))));
  v128.store(to + 2 * toStep, add(add(s, times(t, <f32>(1.0 / 6))), v128.load(from + 5 * step)));
}

// @ts-ignore: decorator
@inline export function threeInput(from: usize, step: usize, to: usize, toStep: usize): void {
  const d0 = v128.load(from), d2 = v128.load(from + 2 * step), d4 = v128.load(from + 4 * step), d6 = v128.load(from + 6 * step);
  v128.store(to, sub(d0, d4));
  v128.store(to + toStep, add(d2, d4));
  v128.store(to + 2 * toStep, sub(d4, d2));
  v128.store(to + 3 * toStep, sub(d6, d2));
  v128.store(to + 4 * toStep, v128.load(from + step));
  v128.store(to + 5 * toStep, v128.load(from + 3 * step));
  v128.store(to + 6 * toStep, v128.load(from + 5 * step));
}

// @ts-ignore: decorator
@inline export function threeOutput(from: usize, step: usize, to: usize, toStep: usize): void {
  const m1 = v128.load(from + step), m2 = v128.load(from + 2 * step);
  const s = add(m1, m2);
  v128.store(to, add(add(v128.load(from), s), v128.load(from + 4 * step)));
  v128.store(to + toStep, add(sub(m1, m2), v128.load(from + 5 * step)));
  v128.store(to + 2 * toStep, add(add(s, v128.load(from + 3 * step)), v128.load(from + 6 * step)));
}

/** `threeOutput` for a row of y: with a bias, and no less than `floor`. */
// @ts-ignore: decorator
@inline export function threeResults(from: usize, to: usize, toStep: usize, bias: v128, floor: v128): void {
  const m1 = v128.load(from, 16), m2 = v128.load(from, 32);
  const s = add(m1, m2);
  v128.store(to, f32x4.pmax(add(add(add(v128.load(from), s), v128.load(from, 64)), bias), floor));
  v128.store(to + toStep, f32x4.pmax(add(add(sub(m1, m2), v128.load(from, 80)), bias), floor));
  v128.store(to + 2 * toStep, f32x4.pmax(add(add(add(s, v128.load(from, 48)), v128.load(from, 96)), bias), floor));
}

/** Five distinct points: the plain products all meet tap 1. */
// @ts-ignore: decorator
@inline export function threeFilter(from: usize, step: usize, to: usize, toStep: usize): void {
  const g0 = v128.load(from), g2 = v128.load(from + 2 * step);
  v128.store(to, g0);
  v128.store(to + toStep, times(add(g0, g2), 0.5));
  v128.store(to + 2 * toStep, times(sub(g0, g2), 0.5));
  v128.store(to + 3 * toStep, g2);
  v128.store(to + 4 * toStep, v128.load(from + step));
}

// @ts-ignore: decorator
@inline export function threeOutputAdjoint(from: usize, step: usize, to: usize, toStep: usize): void {
  const y0 = v128.load(from), y1 = v128.load(from + step), y2 = v128.load(from + 2 * step);
  const s = add(y0, y2);
  v128.store(to, y0);
  v128.store(to + toStep, add(s, y1));
  v128.store(to + 2 * toStep, sub(s, y1));
  v128.store(to + 3 * toStep, y2);
  v128.store(to + 4 * toStep, y0);
  v128.store(to + 5 * toStep, y1);
  v128.store(to + 6 * toStep, y2);
}

// @ts-ignore: decorator
@inline export function threeInputAdjoint(from: usize, step: usize, to: usize, toStep: usize): void {
  const v0 = v128.load(from), v1 = v128.load(from + step), v2 = v128.load(from + 2 * step), v3 = v128.load(from + 3 * step);
  v128.store(to, v0);
  v128.store(to + toStep, v128.load(from + 4 * step));
  v128.store(to + 2 * toStep, sub(sub(v1, v2), v3));
  v128.store(to + 3 * toStep, v128.load(from + 5 * step));
  v128.store(to + 4 * toStep, sub(add(v1, v2), v0));
  v128.store(to + 5 * toStep, v128.load(from + 6 * step));
  v128.store(to + 6 * toStep, v3);
}

/** `threeInputAdjoint` for a row of dx, added to what is there. */
// @ts-ignore: decorator
@inline export function threeInputsAdd(from: usize, to: usize, toStep: usize): void {
  const v0 = v128.load(from), v1 = v128.load(from, 16), v2 = v128.load(from, 32), v3 = v128.load(from, 48);
  addTo(to, v0);
  addTo(to + toStep, v128.load(from, 64));
  addTo(to + 2 * toStep, sub(sub(v1, v2), v3));
  addTo(to + 3 * toStep, v128.load(from, 80));
  addTo(to + 4 * toStep, sub(add(v1, v2), v0));
  addTo(to + 5 * toStep, v128.load(from, 96));
  addTo(to + 6 * toStep, v3);
}

// @ts-ignore: decorator
@inline export function threeFilterAdjoint(from: usize, step: usize, to: usize, toStep: usize): void {
  const u1 = v128.load(from + step), u2 = v128.load(from + 2 * step);
  v128.store(to, add(v128.load(from), times(add(u1, u2), 0.5)));
  v128.store(to + toStep, v128.load(from + 4 * step));
  v128.store(to + 2 * toStep, add(times(sub(u1, u2), 0.5), v128.load(from + 3 * step)));
}
