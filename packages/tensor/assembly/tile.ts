/** What surrounds the micro-kernels: initial values, edges in the columns, activations. */
import { exp4, sigmoid4, tanh4 } from './math';

/** rows x columns of C at c := bias (bias 0: zero). */
export function initTile(c: usize, cRow: usize, rows: i32, columns: i32, bias: usize): void {
  for (let r = 0; r < rows; r++) {
    let d = c;
    const end = c + (<usize>columns << 2);
    if (bias != 0) { memory.copy(d, bias, end - d); }
    else memory.fill(d, 0, end - d);
    c += cRow;
  }
}

/** Copies rows x columns between matrices with other row lengths (bytes). */
export function copyTile(to: usize, toRow: usize, from: usize, fromRow: usize, rows: i32, columns: i32): void {
  const bytes = <usize>columns << 2;
  for (let r = 0; r < rows; r++) {
    memory.copy(to, from, bytes);
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
