/** Softmax and the squashes. Row by row; a row is computed by one thread. */
import { word, address, real } from './memory';
import { exp1, exp4, expm11 } from './math';

/** Words: x, y, outer, length, inner. */
export function softmax(args: usize, thread: i32, threads: i32): void {
  const x = address(args, 0), y = address(args, 1);
  const outer = word(args, 2), length = word(args, 3), inner = word(args, 4);
  const step = <usize>inner << 2;
  // Four neighbouring columns at once where there are four.
  const groups = (inner + 3) >> 2;
  const jobs = outer * groups;
  const last = jobs * (thread + 1) / threads;
  for (let job = jobs * thread / threads; job < last; job++) {
    const o = job / groups;
    const column = (job - o * groups) << 2;
    const offset = <usize>(o * length * inner + column) << 2;
    if (column + 4 <= inner) softmaxColumns(x + offset, y + offset, length, step);
    else for (let c = column; c < inner; c++) softmaxColumn(x + offset + (<usize>(c - column) << 2), y + offset + (<usize>(c - column) << 2), length, step);
  }
}

export function softmaxColumns(x: usize, y: usize, length: i32, step: usize): void {
  let at = x;
  let m = v128.load(x);
  for (let k = 1; k < length; k++) { at += step; m = f32x4.max(m, v128.load(at)); }
  let total = f32x4.splat(0);
  let to = y;
  at = x;
  for (let k = 0; k < length; k++) {
    const e = exp4(f32x4.sub(v128.load(at), m));
    v128.store(to, e);
    total = f32x4.add(total, e);
    at += step; to += step;
  }
  const share = f32x4.div(f32x4.splat(1), total);
  to = y;
  for (let k = 0; k < length; k++) { v128.store(to, f32x4.mul(v128.load(to), share)); to += step; }
}

export function softmaxColumn(x: usize, y: usize, length: i32, step: usize): void {
  let at = x;
  let m = load<f32>(x);
  for (let k = 1; k < length; k++) { at += step; m = max(m, load<f32>(at)); }
  let total: f32 = 0;
  let to = y;
  at = x;
  for (let k = 0; k < length; k++) {
    const e = exp1(load<f32>(at) - m);
    store<f32>(to, e);
    total += e;
    at += step; to += step;
  }
  to = y;
  for (let k = 0; k < length; k++) { store<f32>(to, load<f32>(to) / total); to += step; }
}

/** |s| scaled by its largest component: finite and exact from 1e-38 to 1e38. */
function norm(s: usize, n: i32): f64 {
  let largest: f32 = 0;
  let at = s;
  const end = s + (<usize>n << 2);
  while (at < end) { largest = max(largest, abs<f32>(load<f32>(at))); at += 4; }
  if (largest == 0) return 0;
  let total: f64 = 0;
  at = s;
  while (at < end) { const v = <f64>load<f32>(at); total += v * v; at += 4; }
  return sqrt<f64>(total);
}

/** Longest vector that a squash gives, below 1 by 2^-20. */
const LONGEST: f64 = 0.99999904632568359375;

// @ts-ignore: decorator
@inline function factorOf(kind: i32, epsilon: f64, n: f64): f64 {
  if (kind == 0) {
    if (n == 0) return 1;
    // (1 - e^-n)/n; the quotient of float32 expm1 is exact enough, below 1e-4 its series is
    if (n < 1e-4) return 1 - n * 0.5;
    return min(<f64>-expm11(<f32>-n), LONGEST) / n;
  }
  if (n == 0) return 0;
  return min(1 / (1 + 1 / (n * n)) * (n / (n + epsilon)), LONGEST) / n;
}

/** Words: s, v, rows, dimension, kind (0 exponential, 1 sabour), epsilon. */
export function squash(args: usize, thread: i32, threads: i32): void {
  const s = address(args, 0), v = address(args, 1);
  const rows = word(args, 2), n = word(args, 3), kind = word(args, 4);
  const epsilon = <f64>real(args, 5);
  const last = rows * (thread + 1) / threads;
  for (let row = rows * thread / threads; row < last; row++) {
    const offset = <usize>(row * n) << 2;
    const factor = factorOf(kind, epsilon, norm(s + offset, n));
    for (let k: usize = 0; k < (<usize>n << 2); k += 4) store<f32>(v + offset + k, <f32>(factor * <f64>load<f32>(s + offset + k)));
  }
}

/** Words: s, dv, ds, rows, dimension, kind, epsilon. ds = c dv + n c' u (u . dv), u = s/n. */
export function squashGradient(args: usize, thread: i32, threads: i32): void {
  const s = address(args, 0), dv = address(args, 1), ds = address(args, 2);
  const rows = word(args, 3), n = word(args, 4), kind = word(args, 5);
  const epsilon = <f64>real(args, 6);
  const last = rows * (thread + 1) / threads;
  for (let row = rows * thread / threads; row < last; row++) {
    const offset = <usize>(row * n) << 2;
    const length = norm(s + offset, n);
    const factor = factorOf(kind, epsilon, length);
    let slope: f64 = 0;
    if (length > 0) {
      if (kind == 0) {
        // e^-n - (1 - e^-n)/n, whose terms cancel near 0: -n/2 + n^2/3 there
        slope = length < 1e-3 ? length * (-0.5 + length * 0.3333333333333333) : <f64>exp1(<f32>-length) - factor;
      } else slope = factor * (2 / (1 + length * length) - length / (length + epsilon));
    }
    let along: f64 = 0;
    const bytes = <usize>n << 2;
    if (length > 0) for (let k: usize = 0; k < bytes; k += 4) along += <f64>load<f32>(s + offset + k) / length * <f64>load<f32>(dv + offset + k);
    for (let k: usize = 0; k < bytes; k += 4) {
      const unit = length > 0 ? <f64>load<f32>(s + offset + k) / length : 0;
      store<f32>(ds + offset + k, <f32>(factor * <f64>load<f32>(dv + offset + k) + slope * along * unit));
    }
  }
}
