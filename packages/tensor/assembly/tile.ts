/** What surrounds the micro-kernels: initial values, edges in the columns, activations. */
import { exp4, sigmoid4, tanh4 } from './math';

/** 64 bytes of zeros: where a sum begins. */
export const ZEROS: usize = memory.data(64, 16);

/** Copies n floats; short runs, for which `memory.copy`'s call would cost more than the copy. */
export function copyFloats(to: usize, from: usize, n: i32): void {
  const end = to + (<usize>n << 2);
  const whole = to + (<usize>(n >> 2) << 4);
  while (to < whole) {
    v128.store(to, v128.load(from));
    to += 16; from += 16;
  }
  while (to < end) {
    store<f32>(to, load<f32>(from));
    to += 4; from += 4;
  }
}

/** Sets n floats to zero. */
export function clearFloats(to: usize, n: i32): void {
  const end = to + (<usize>n << 2);
  const whole = to + (<usize>(n >> 2) << 4);
  const zero = f32x4.splat(0);
  while (to < whole) { v128.store(to, zero); to += 16; }
  while (to < end) { store<f32>(to, 0); to += 4; }
}

/** to := bias (n floats), or zeros without one. */
export function startRow(to: usize, bias: usize, n: i32): void {
  if (bias == 0) clearFloats(to, n);
  else copyFloats(to, bias, n);
}

/** Copies rows x columns between matrices with other row lengths (bytes). */
export function copyTile(to: usize, toRow: usize, from: usize, fromRow: usize, rows: i32, columns: i32): void {
  for (let r = 0; r < rows; r++) {
    copyFloats(to, from, columns);
    to += toRow;
    from += fromRow;
  }
}

/** 0 none, 1 relu, 2 leaky relu, 3 sigmoid, 4 tanh; over n floats, the last vector partly beyond them when n is odd. */
export function activate(at: usize, n: i32, kind: i32, alpha: f32): void {
  if (kind == 0) return;
  const zero = f32x4.splat(0);
  const slope = f32x4.splat(alpha);
  const end = at + (<usize>n << 2);
  if (kind == 1) {
    while (at + 16 <= end) {
      const x = v128.load(at);
      v128.store(at, v128.andnot(x, f32x4.lt(x, zero)));
      at += 16;
    }
  }
  while (at + 16 <= end) {
    v128.store(at, activation(v128.load(at), kind, zero, slope));
    at += 16;
  }
  while (at < end) {
    store<f32>(at, f32x4.extract_lane(activation(v128.load32_splat(at), kind, zero, slope), 0));
    at += 4;
  }
}

// @ts-ignore: decorator
@inline function activation(x: v128, kind: i32, zero: v128, slope: v128): v128 {
  if (kind == 1) return v128.andnot(x, f32x4.lt(x, zero));
  if (kind == 2) return v128.bitselect(f32x4.mul(x, slope), x, f32x4.lt(x, zero));
  if (kind == 3) return sigmoid4(x);
  return tanh4(x);
}
