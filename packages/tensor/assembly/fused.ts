/**
 * Element-wise groups: a short list of instructions interpreted over tiles that stay in the first-level cache. Every instruction is one loop
 * over a tile; operands that lie contiguous in memory are read in place, others are first brought into a tile register.
 *
 * Words of a step: n, tile, scratch, scratchPerThread, registers, inputs, instructions, outputs;
 * then 16 words an input: register, mode, address or immediate, parameters (see `loadInput`);
 * then 6 words an instruction: code, destination, a, b, c, immediate; then 2 words an output: register, address.
 */
import { word, address, real } from './memory';
import { exp4, expm14, log4, log1p4, sigmoid4, tanh4 } from './math';

const INPUT: usize = 64;
const INSTRUCTION: usize = 24;

/** x^y by exp(y log|x|) with pow's rules for signs and zeros. Lane by lane: rarely hot. */
function pow4(x: v128, y: v128): v128 {
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

export function addTile(d: usize, a: usize, b: usize, end: usize): void {
  while (d < end) {
    const x = v128.load(a);
    const y = v128.load(b);
    v128.store(d, f32x4.add(x, y));
    d += 16; a += 16; b += 16;
  }
}
export function subTile(d: usize, a: usize, b: usize, end: usize): void {
  while (d < end) {
    const x = v128.load(a);
    const y = v128.load(b);
    v128.store(d, f32x4.sub(x, y));
    d += 16; a += 16; b += 16;
  }
}
export function mulTile(d: usize, a: usize, b: usize, end: usize): void {
  while (d < end) {
    const x = v128.load(a);
    const y = v128.load(b);
    v128.store(d, f32x4.mul(x, y));
    d += 16; a += 16; b += 16;
  }
}
export function divTile(d: usize, a: usize, b: usize, end: usize): void {
  while (d < end) {
    const x = v128.load(a);
    const y = v128.load(b);
    v128.store(d, f32x4.div(x, y));
    d += 16; a += 16; b += 16;
  }
}
export function maximumTile(d: usize, a: usize, b: usize, end: usize): void {
  while (d < end) {
    const x = v128.load(a);
    const y = v128.load(b);
    v128.store(d, f32x4.max(x, y));
    d += 16; a += 16; b += 16;
  }
}
export function minimumTile(d: usize, a: usize, b: usize, end: usize): void {
  while (d < end) {
    const x = v128.load(a);
    const y = v128.load(b);
    v128.store(d, f32x4.min(x, y));
    d += 16; a += 16; b += 16;
  }
}
export function lessTile(d: usize, a: usize, b: usize, end: usize): void {
  const one = f32x4.splat(1);
  while (d < end) {
    const x = v128.load(a);
    const y = v128.load(b);
    v128.store(d, v128.and(f32x4.lt(x, y), one));
    d += 16; a += 16; b += 16;
  }
}
export function lessEqualTile(d: usize, a: usize, b: usize, end: usize): void {
  const one = f32x4.splat(1);
  while (d < end) {
    const x = v128.load(a);
    const y = v128.load(b);
    v128.store(d, v128.and(f32x4.le(x, y), one));
    d += 16; a += 16; b += 16;
  }
}
export function greaterTile(d: usize, a: usize, b: usize, end: usize): void {
  const one = f32x4.splat(1);
  while (d < end) {
    const x = v128.load(a);
    const y = v128.load(b);
    v128.store(d, v128.and(f32x4.gt(x, y), one));
    d += 16; a += 16; b += 16;
  }
}
export function greaterEqualTile(d: usize, a: usize, b: usize, end: usize): void {
  const one = f32x4.splat(1);
  while (d < end) {
    const x = v128.load(a);
    const y = v128.load(b);
    v128.store(d, v128.and(f32x4.ge(x, y), one));
    d += 16; a += 16; b += 16;
  }
}
export function equalTile(d: usize, a: usize, b: usize, end: usize): void {
  const one = f32x4.splat(1);
  while (d < end) {
    const x = v128.load(a);
    const y = v128.load(b);
    v128.store(d, v128.and(f32x4.eq(x, y), one));
    d += 16; a += 16; b += 16;
  }
}
export function notEqualTile(d: usize, a: usize, b: usize, end: usize): void {
  const one = f32x4.splat(1);
  while (d < end) {
    const x = v128.load(a);
    const y = v128.load(b);
    v128.store(d, v128.and(f32x4.ne(x, y), one));
    d += 16; a += 16; b += 16;
  }
}
export function powTile(d: usize, a: usize, b: usize, end: usize): void {
  while (d < end) {
    const x = v128.load(a);
    const y = v128.load(b);
    v128.store(d, pow4(x, y));
    d += 16; a += 16; b += 16;
  }
}
export function negTile(d: usize, a: usize, end: usize): void {
  while (d < end) {
    const x = v128.load(a);
    v128.store(d, f32x4.neg(x));
    d += 16; a += 16;
  }
}
export function absTile(d: usize, a: usize, end: usize): void {
  while (d < end) {
    const x = v128.load(a);
    v128.store(d, f32x4.abs(x));
    d += 16; a += 16;
  }
}
export function signTile(d: usize, a: usize, end: usize): void {
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  const minusOne = f32x4.splat(-1);
  while (d < end) {
    const x = v128.load(a);
    v128.store(d, v128.or(v128.and(f32x4.gt(x, zero), one), v128.and(f32x4.lt(x, zero), minusOne)));
    d += 16; a += 16;
  }
}
export function floorTile(d: usize, a: usize, end: usize): void {
  while (d < end) {
    const x = v128.load(a);
    v128.store(d, f32x4.floor(x));
    d += 16; a += 16;
  }
}
export function squareTile(d: usize, a: usize, end: usize): void {
  while (d < end) {
    const x = v128.load(a);
    v128.store(d, f32x4.mul(x, x));
    d += 16; a += 16;
  }
}
export function reciprocalTile(d: usize, a: usize, end: usize): void {
  const one = f32x4.splat(1);
  while (d < end) {
    const x = v128.load(a);
    v128.store(d, f32x4.div(one, x));
    d += 16; a += 16;
  }
}
export function sqrtTile(d: usize, a: usize, end: usize): void {
  while (d < end) {
    const x = v128.load(a);
    v128.store(d, f32x4.sqrt(x));
    d += 16; a += 16;
  }
}
export function rsqrtTile(d: usize, a: usize, end: usize): void {
  const one = f32x4.splat(1);
  while (d < end) {
    const x = v128.load(a);
    v128.store(d, f32x4.div(one, f32x4.sqrt(x)));
    d += 16; a += 16;
  }
}
export function expTile(d: usize, a: usize, end: usize): void {
  while (d < end) {
    const x = v128.load(a);
    v128.store(d, exp4(x));
    d += 16; a += 16;
  }
}
export function expm1Tile(d: usize, a: usize, end: usize): void {
  while (d < end) {
    const x = v128.load(a);
    v128.store(d, expm14(x));
    d += 16; a += 16;
  }
}
export function logTile(d: usize, a: usize, end: usize): void {
  while (d < end) {
    const x = v128.load(a);
    v128.store(d, log4(x));
    d += 16; a += 16;
  }
}
export function log1pTile(d: usize, a: usize, end: usize): void {
  while (d < end) {
    const x = v128.load(a);
    v128.store(d, log1p4(x));
    d += 16; a += 16;
  }
}
export function tanhTile(d: usize, a: usize, end: usize): void {
  while (d < end) {
    const x = v128.load(a);
    v128.store(d, tanh4(x));
    d += 16; a += 16;
  }
}
export function sigmoidTile(d: usize, a: usize, end: usize): void {
  while (d < end) {
    const x = v128.load(a);
    v128.store(d, sigmoid4(x));
    d += 16; a += 16;
  }
}
export function reluTile(d: usize, a: usize, end: usize): void {
  const zero = f32x4.splat(0);
  while (d < end) {
    const x = v128.load(a);
    v128.store(d, v128.andnot(x, f32x4.lt(x, zero)));
    d += 16; a += 16;
  }
}
export function leakyReluTile(d: usize, a: usize, immediate: f32, end: usize): void {
  const zero = f32x4.splat(0);
  const imm = f32x4.splat(immediate);
  while (d < end) {
    const x = v128.load(a);
    v128.store(d, v128.bitselect(f32x4.mul(x, imm), x, f32x4.lt(x, zero)));
    d += 16; a += 16;
  }
}
export function powConstTile(d: usize, a: usize, immediate: f32, end: usize): void {
  const imm = f32x4.splat(immediate);
  while (d < end) {
    const x = v128.load(a);
    v128.store(d, pow4(x, imm));
    d += 16; a += 16;
  }
}
export function copyTile(d: usize, a: usize, end: usize): void {
  while (d < end) {
    const x = v128.load(a);
    v128.store(d, x);
    d += 16; a += 16;
  }
}
export function whereTile(d: usize, c: usize, a: usize, b: usize, end: usize): void {
  const zero = f32x4.splat(0);
  while (d < end) {
    v128.store(d, v128.bitselect(v128.load(a), v128.load(b), f32x4.ne(v128.load(c), zero)));
    d += 16; a += 16; b += 16; c += 16;
  }
}

function instruction(args: usize, table: usize, bytes: usize): void {
  const d = <usize>load<u32>(table + (<usize>load<u32>(args, 4) << 2));
  const a = <usize>load<u32>(table + (<usize>load<u32>(args, 8) << 2));
  const b = <usize>load<u32>(table + (<usize>load<u32>(args, 12) << 2));
  const end = d + bytes;
  switch (load<i32>(args)) {
    case 0: addTile(d, a, b, end); break;
    case 1: subTile(d, a, b, end); break;
    case 2: mulTile(d, a, b, end); break;
    case 3: divTile(d, a, b, end); break;
    case 4: maximumTile(d, a, b, end); break;
    case 5: minimumTile(d, a, b, end); break;
    case 6: lessTile(d, a, b, end); break;
    case 7: lessEqualTile(d, a, b, end); break;
    case 8: greaterTile(d, a, b, end); break;
    case 9: greaterEqualTile(d, a, b, end); break;
    case 10: equalTile(d, a, b, end); break;
    case 11: notEqualTile(d, a, b, end); break;
    case 12: powTile(d, a, b, end); break;
    case 20: negTile(d, a, end); break;
    case 21: absTile(d, a, end); break;
    case 22: signTile(d, a, end); break;
    case 23: floorTile(d, a, end); break;
    case 24: squareTile(d, a, end); break;
    case 25: reciprocalTile(d, a, end); break;
    case 26: sqrtTile(d, a, end); break;
    case 27: rsqrtTile(d, a, end); break;
    case 28: expTile(d, a, end); break;
    case 29: expm1Tile(d, a, end); break;
    case 30: logTile(d, a, end); break;
    case 31: log1pTile(d, a, end); break;
    case 32: tanhTile(d, a, end); break;
    case 33: sigmoidTile(d, a, end); break;
    case 34: reluTile(d, a, end); break;
    case 35: leakyReluTile(d, a, load<f32>(args, 20), end); break;
    case 36: powConstTile(d, a, load<f32>(args, 20), end); break;
    case 37: copyTile(d, a, end); break;
    case 40: whereTile(d, <usize>load<u32>(table + (<usize>load<u32>(args, 16) << 2)), a, b, end); break;
    default: unreachable();
  }
}

/** Fills a tile register with one value. */
export function splatTile(d: usize, value: f32, end: usize): void {
  const x = f32x4.splat(value);
  while (d < end) { v128.store(d, x); d += 16; }
}

/** d[k] = source[(start + k) % period]. */
export function periodicTile(d: usize, source: usize, start: i32, count: i32, period: i32): void {
  let at = start % period;
  let k = 0;
  if ((period & 3) == 0 && (at & 3) == 0) {
    while (k < count) {
      v128.store(d, v128.load(source + (<usize>at << 2)));
      d += 16; k += 4; at += 4;
      if (at >= period) at = 0;
    }
    return;
  }
  while (k < count) {
    store<f32>(d, load<f32>(source + (<usize>at << 2)));
    d += 4; k++; at++;
    if (at == period) at = 0;
  }
}

/** d[k] = source[((start + k) / each) % period]; period 0 means no wrapping. */
export function repeatTile(d: usize, source: usize, start: i32, count: i32, each: i32, period: i32): void {
  let row = start / each;
  let left = each - (start - row * each);
  if (period > 0) row = row % period;
  let k = 0;
  while (k < count) {
    const value = load<f32>(source + (<usize>row << 2));
    const stop = min(count, k + left);
    if (((k | stop) & 3) == 0) {
      const x = f32x4.splat(value);
      while (k < stop) { v128.store(d, x); d += 16; k += 4; }
    } else {
      while (k < stop) { store<f32>(d, value); d += 4; k++; }
    }
    left = each; row++;
    if (row == period) row = 0;
  }
}

/** d[k] = source at the index start + k of a space of given lengths, under given strides (in elements, 0 where stretched). */
export function stridedTile(d: usize, source: usize, start: i32, count: i32, rank: i32, lengths: usize): void {
  const strides = lengths + 24;
  let k = 0;
  while (k < count) {
    let rest = start + k;
    let offset = 0;
    let axis = rank - 1;
    const inner = load<i32>(lengths + (<usize>axis << 2));
    const step = load<i32>(strides + (<usize>axis << 2));
    const column = rest % inner;
    rest = rest / inner;
    offset = column * step;
    axis--;
    while (axis >= 0) {
      const length = load<i32>(lengths + (<usize>axis << 2));
      offset += (rest % length) * load<i32>(strides + (<usize>axis << 2));
      rest = rest / length;
      axis--;
    }
    // The rest of this innermost row in one run.
    const stop = min(count, k + inner - column);
    let from = source + (<usize>offset << 2);
    const stride = <usize>step << 2;
    while (k < stop) { store<f32>(d, load<f32>(from)); from += stride; d += 4; k++; }
  }
}

export function fused(args: usize, thread: i32, threads: i32): void {
  const n = word(args, 0);
  const tile = word(args, 1);
  const registers = word(args, 4);
  const inputs = word(args, 5);
  const instructions = word(args, 6);
  const outputs = word(args, 7);
  const table = address(args, 2) + <usize>(word(args, 3) * thread);
  const data = table + ((<usize>(registers << 2) + 63) & ~63);
  const inputAt = args + 32;
  const instructionAt = inputAt + <usize>inputs * INPUT;
  const outputAt = instructionAt + <usize>instructions * INSTRUCTION;
  const tileBytes = <usize>tile << 2;
  for (let r = 0; r < registers; r++) store<u32>(table + (<usize>r << 2), <u32>(data + <usize>r * tileBytes));
  // What is the same in every tile is loaded once.
  for (let k = 0; k < inputs; k++) {
    const input = inputAt + <usize>k * INPUT;
    const d = data + <usize>load<u32>(input) * tileBytes;
    if (load<i32>(input, 4) == 1) splatTile(d, load<f32>(input, 8), d + tileBytes);
    else if (load<i32>(input, 4) == 2) splatTile(d, load<f32>(<usize>load<u32>(input, 8)), d + tileBytes);
  }
  const tiles = (n + tile - 1) / tile;
  const last = tiles * (thread + 1) / threads;
  for (let t = tiles * thread / threads; t < last; t++) {
    const start = t * tile;
    const count = min(tile, n - start);
    const bytes = <usize>((count + 3) & ~3) << 2;
    for (let k = 0; k < inputs; k++) {
      const input = inputAt + <usize>k * INPUT;
      const r = load<u32>(input);
      const source = <usize>load<u32>(input, 8);
      const d = data + <usize>r * tileBytes;
      switch (load<i32>(input, 4)) {
        case 0: store<u32>(table + (<usize>r << 2), <u32>(source + (<usize>start << 2))); break;
        case 3: periodicTile(d, source, start, count, load<i32>(input, 12)); break;
        case 4: repeatTile(d, source, start, count, load<i32>(input, 12), load<i32>(input, 16)); break;
        case 5: stridedTile(d, source, start, count, load<i32>(input, 12), input + 16); break;
        default: break;
      }
    }
    for (let k = 0; k < outputs; k++) {
      const output = outputAt + (<usize>k << 3);
      store<u32>(table + (<usize>load<u32>(output) << 2), load<u32>(output, 4) + (<u32>start << 2));
    }
    for (let k = 0; k < instructions; k++) instruction(instructionAt + <usize>k * INSTRUCTION, table, bytes);
  }
}
