/**
 * Winograd's transforms for 9 taps with stride 2: 3 results of 13 inputs. The even inputs meet the 5 even taps: F(3, 5) with the points
 * 0, 1, -1, 2, -2, 1/2, infinity; the odd ones meet the 4 odd taps: F(3, 4) with 0, 1, -1, 2, -2, infinity. 13 products an axis stand for 27. The rows
 * of Bt are the coefficients of the product of (x - a) over the other points a, those of G the powers of the point over that product at the point (Cook and
 * Toom; Winograd 1980).
 *
 * A pass transforms `count` columns of vectors of 4 channels: elements of one column `step` bytes apart, columns `next`. With 13 columns to
 * a tile a loop over them is as fast as passes that are inlined, and far shorter.
 */
import { fourInput, fourInputAdjoint } from './winogradPasses';

// @ts-ignore: decorator
@inline function add(a: v128, b: v128): v128 { return f32x4.add(a, b); }
// @ts-ignore: decorator
@inline function sub(a: v128, b: v128): v128 { return f32x4.sub(a, b); }
// @ts-ignore: decorator
@inline function times(a: v128, b: f32): v128 { return f32x4.mul(a, f32x4.splat(b)); }

/** Bt d: 13 inputs to 7 + 6 products. */
export function nineInputs(from: usize, step: usize, next: usize, to: usize, toStep: usize, toNext: usize, count: i32): void {
  const end = from + <usize>count * next;
  while (from < end) {
    const d0 = v128.load(from), d1 = v128.load(from + 2 * step), d2 = v128.load(from + 4 * step), d3 = v128.load(from + 6 * step);
    const d4 = v128.load(from + 8 * step), d5 = v128.load(from + 10 * step);
    // With P = (x^2 - 1)(x^2 - 4): 0 and 1/2 have P (x - 1/2) and x P, infinity x P (x - 1/2).
    const half = add(sub(d5, times(d3, 5)), times(d1, 4));
    v128.store(to, sub(half, times(add(sub(d4, times(d2, 5)), times(d0, 4)), 0.5)));
    const p = add(sub(d4, times(d2, 4)), sub(times(d1, 2), times(d3, 0.5)));
    const q = add(sub(d5, times(d3, 4)), sub(times(d2, 2), times(d4, 0.5)));
    v128.store(to + toStep, add(q, p));
    v128.store(to + 2 * toStep, sub(q, p));
    const r = add(times(sub(d4, d2), 2), sub(d1, d3));
    const s = add(sub(d5, d3), times(sub(d2, d4), 0.5));
    v128.store(to + 3 * toStep, add(s, r));
    v128.store(to + 4 * toStep, sub(s, r));
    v128.store(to + 5 * toStep, half);
    const d6 = v128.load(from + 12 * step);
    v128.store(to + 6 * toStep, sub(add(sub(d6, times(d4, 5)), times(d2, 4)), times(half, 0.5)));
    fourInput(from + step, 2 * step, to + 7 * toStep, toStep);
    from += next; to += toNext;
  }
}

/** At m: 13 products to 3 results. */
export function nineOutputs(from: usize, step: usize, next: usize, to: usize, toStep: usize, toNext: usize, count: i32): void {
  const end = from + <usize>count * next;
  while (from < end) {
    const m1 = add(v128.load(from + step), v128.load(from + 8 * step)), m2 = add(v128.load(from + 2 * step), v128.load(from + 9 * step));
    const m3 = add(v128.load(from + 3 * step), v128.load(from + 10 * step)), m4 = add(v128.load(from + 4 * step), v128.load(from + 11 * step));
    const half = v128.load(from + 5 * step);
    const s = add(m1, m2), t = add(m3, m4);
    v128.store(to, add(add(s, t), add(half, add(v128.load(from), v128.load(from + 7 * step)))));
    v128.store(to + toStep, add(add(sub(m1, m2), times(sub(m3, m4), 2)), times(half, 0.5)));
    const ends = add(v128.load(from + 6 * step), v128.load(from + 12 * step));
    v128.store(to + 2 * toStep, add(add(s, times(t, 4)), add(times(half, 0.25), ends)));
    from += next; to += toNext;
  }
}

/** G g: 9 taps to 7 + 6 factors. */
export function nineFilters(from: usize, step: usize, next: usize, to: usize, toStep: usize, toNext: usize, count: i32): void {
  const end = from + <usize>count * next;
  while (from < end) {
    const g0 = v128.load(from), g2 = v128.load(from + 2 * step), g4 = v128.load(from + 4 * step);
    const g6 = v128.load(from + 6 * step), g8 = v128.load(from + 8 * step);
    v128.store(to, times(g0, -0.5));
    const even = add(add(g0, g4), g8), odd = add(g2, g6);
    v128.store(to + toStep, times(add(even, odd), <f32>(-1.0 / 3)));
    v128.store(to + 2 * toStep, times(sub(even, odd), <f32>(1.0 / 9)));
    const even2 = add(add(g0, times(g4, 4)), times(g8, 16)), odd2 = add(times(g2, 2), times(g6, 8));
    v128.store(to + 3 * toStep, times(add(even2, odd2), <f32>(1.0 / 36)));
    v128.store(to + 4 * toStep, times(sub(even2, odd2), <f32>(-1.0 / 60)));
    const evenHalf = add(add(g0, times(g4, 0.25)), times(g8, 0.0625)), oddHalf = add(times(g2, 0.5), times(g6, 0.125));
    v128.store(to + 5 * toStep, times(add(evenHalf, oddHalf), <f32>(32.0 / 45)));
    v128.store(to + 6 * toStep, g8);
    const g1 = v128.load(from + step), g3 = v128.load(from + 3 * step), g5 = v128.load(from + 5 * step), g7 = v128.load(from + 7 * step);
    v128.store(to + 7 * toStep, times(g1, 0.25));
    const e = times(add(g1, g5), <f32>(-1.0 / 6)), o = times(add(g3, g7), <f32>(-1.0 / 6));
    v128.store(to + 8 * toStep, add(e, o));
    v128.store(to + 9 * toStep, sub(e, o));
    const e2 = add(times(g1, <f32>(1.0 / 24)), times(g5, <f32>(1.0 / 6))), o2 = add(times(g3, <f32>(1.0 / 12)), times(g7, <f32>(1.0 / 3)));
    v128.store(to + 10 * toStep, add(e2, o2));
    v128.store(to + 11 * toStep, sub(e2, o2));
    v128.store(to + 12 * toStep, g7);
    from += next; to += toNext;
  }
}

/** dM = A dy. */
export function nineOutputAdjoints(from: usize, step: usize, next: usize, to: usize, toStep: usize, toNext: usize, count: i32): void {
  const end = from + <usize>count * next;
  while (from < end) {
    const y0 = v128.load(from), y1 = v128.load(from + step), y2 = v128.load(from + 2 * step);
    const even = add(y0, y2), even2 = add(y0, times(y2, 4)), odd2 = times(y1, 2);
    const m1 = add(even, y1), m2 = sub(even, y1), m3 = add(even2, odd2), m4 = sub(even2, odd2);
    v128.store(to, y0);
    v128.store(to + toStep, m1);
    v128.store(to + 2 * toStep, m2);
    v128.store(to + 3 * toStep, m3);
    v128.store(to + 4 * toStep, m4);
    v128.store(to + 5 * toStep, add(add(y0, times(y1, 0.5)), times(y2, 0.25)));
    v128.store(to + 6 * toStep, y2);
    v128.store(to + 7 * toStep, y0);
    v128.store(to + 8 * toStep, m1);
    v128.store(to + 9 * toStep, m2);
    v128.store(to + 10 * toStep, m3);
    v128.store(to + 11 * toStep, m4);
    v128.store(to + 12 * toStep, y2);
    from += next; to += toNext;
  }
}

/** dd = B v. */
export function nineInputAdjoints(from: usize, step: usize, next: usize, to: usize, toStep: usize, toNext: usize, count: i32): void {
  const end = from + <usize>count * next;
  while (from < end) {
    const v0 = v128.load(from), v1 = v128.load(from + step), v2 = v128.load(from + 2 * step);
    const v3 = v128.load(from + 3 * step), v4 = v128.load(from + 4 * step), v6 = v128.load(from + 6 * step);
    // What reaches the shared terms of `nineInputs`.
    const half = add(v128.load(from + 5 * step), sub(v0, times(v6, 0.5)));
    const q = add(v1, v2), p = sub(v1, v2), s = add(v3, v4), r = sub(v3, v4);
    v128.store(to, times(v0, -2));
    v128.store(to + 2 * toStep, add(times(half, 4), add(times(p, 2), r)));
    const c = add(times(q, 2), times(s, 0.5)), d = add(times(p, 4), times(r, 2));
    v128.store(to + 4 * toStep, add(add(times(v0, 2.5), times(v6, 4)), sub(c, d)));
    v128.store(to + 6 * toStep, sub(times(half, -5), add(add(times(q, 4), times(p, 0.5)), add(s, r))));
    const e = add(p, times(r, 2)), f = times(add(q, s), 0.5);
    v128.store(to + 8 * toStep, sub(sub(e, f), add(times(v0, 0.5), times(v6, 5))));
    v128.store(to + 10 * toStep, add(half, add(q, s)));
    v128.store(to + 12 * toStep, v6);
    fourInputAdjoint(from + 7 * step, step, to + toStep, 2 * toStep);
    from += next; to += toNext;
  }
}

/** dg = Gt u. */
export function nineFilterAdjoints(from: usize, step: usize, next: usize, to: usize, toStep: usize, toNext: usize, count: i32): void {
  const end = from + <usize>count * next;
  while (from < end) {
    const a1 = times(v128.load(from + step), <f32>(-1.0 / 3)), a2 = times(v128.load(from + 2 * step), <f32>(1.0 / 9));
    const b1 = times(v128.load(from + 3 * step), <f32>(1.0 / 36)), b2 = times(v128.load(from + 4 * step), <f32>(-1.0 / 60));
    const half = times(v128.load(from + 5 * step), <f32>(32.0 / 45));
    const even = add(a1, a2), odd = sub(a1, a2), even2 = add(b1, b2), odd2 = sub(b1, b2);
    v128.store(to, add(add(even, even2), sub(half, times(v128.load(from), 0.5))));
    v128.store(to + 2 * toStep, add(odd, add(times(odd2, 2), times(half, 0.5))));
    v128.store(to + 4 * toStep, add(even, add(times(even2, 4), times(half, 0.25))));
    v128.store(to + 6 * toStep, add(odd, add(times(odd2, 8), times(half, 0.125))));
    v128.store(to + 8 * toStep, add(add(even, times(even2, 16)), add(times(half, 0.0625), v128.load(from + 6 * step))));
    const u8 = v128.load(from + 8 * step), u9 = v128.load(from + 9 * step), u10 = v128.load(from + 10 * step), u11 = v128.load(from + 11 * step);
    const e = times(add(u8, u9), <f32>(-1.0 / 6)), o = times(sub(u9, u8), <f32>(1.0 / 6));
    const e2 = times(add(u10, u11), <f32>(1.0 / 24)), o2 = times(sub(u10, u11), <f32>(1.0 / 24));
    v128.store(to + toStep, add(times(v128.load(from + 7 * step), 0.25), add(e, e2)));
    v128.store(to + 3 * toStep, add(o, times(o2, 2)));
    v128.store(to + 5 * toStep, add(e, times(e2, 4)));
    v128.store(to + 7 * toStep, add(add(o, times(o2, 8)), v128.load(from + 12 * step)));
    from += next; to += toNext;
  }
}

// The two-dimensional transforms of a tile, four channels at a time: along the columns into `temp`, along the rows out of it.

/** V = Bt d B: 13 x 13 pixels to 169 planes. */
export function nineInputTile(from: usize, fromRow: usize, fromPixel: usize, to: usize, plane: usize, temp: usize, channels: i32): void {
  const end = from + (<usize>channels << 2);
  while (from < end) {
    nineInputs(from, fromRow, fromPixel, temp, 208, 16, 13);
    nineInputs(temp, 16, 208, to, plane, 13 * plane, 13);
    from += 16; to += 16;
  }
}

/** y = At M A: 169 planes to 3 x 3 pixels. */
export function nineOutputTile(from: usize, plane: usize, to: usize, toRow: usize, toPixel: usize, temp: usize, channels: i32): void {
  const end = from + (<usize>channels << 2);
  while (from < end) {
    nineOutputs(from, 13 * plane, plane, temp, 208, 16, 13);
    nineOutputs(temp, 16, 208, to, toPixel, toRow, 3);
    from += 16; to += 16;
  }
}

/** U = G g Gt: 9 x 9 taps to 169 planes. */
export function nineFilterTile(from: usize, fromRow: usize, fromPixel: usize, to: usize, plane: usize, temp: usize, channels: i32): void {
  const end = from + (<usize>channels << 2);
  while (from < end) {
    nineFilters(from, fromRow, fromPixel, temp, 144, 16, 9);
    nineFilters(temp, 16, 144, to, plane, 13 * plane, 13);
    from += 16; to += 16;
  }
}

/** dM = A dy At: 3 x 3 pixels to 169 planes. */
export function nineOutputAdjointTile(from: usize, fromRow: usize, fromPixel: usize, to: usize, plane: usize, temp: usize, channels: i32): void {
  const end = from + (<usize>channels << 2);
  while (from < end) {
    nineOutputAdjoints(from, fromRow, fromPixel, temp, 48, 16, 3);
    nineOutputAdjoints(temp, 16, 48, to, plane, 13 * plane, 13);
    from += 16; to += 16;
  }
}

/** dx = B dV Bt: 169 planes to 13 x 13 pixels. */
export function nineInputAdjointTile(from: usize, plane: usize, to: usize, toRow: usize, toPixel: usize, temp: usize, channels: i32): void {
  const end = from + (<usize>channels << 2);
  while (from < end) {
    nineInputAdjoints(from, 13 * plane, plane, temp, 208, 16, 13);
    nineInputAdjoints(temp, 16, 208, to, toPixel, toRow, 13);
    from += 16; to += 16;
  }
}

/** dw = Gt dU G: 169 planes to 9 x 9 taps. */
export function nineFilterAdjointTile(from: usize, plane: usize, to: usize, toRow: usize, toPixel: usize, temp: usize, channels: i32): void {
  const end = from + (<usize>channels << 2);
  while (from < end) {
    nineFilterAdjoints(from, 13 * plane, plane, temp, 208, 16, 13);
    nineFilterAdjoints(temp, 16, 208, to, toPixel, toRow, 9);
    from += 16; to += 16;
  }
}
