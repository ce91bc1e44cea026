/**
 * One loop for each instruction of an element-wise group, over a tile that lies in the first-level cache. Addresses are those of float32 vectors; a
 * tile is a whole number of 64-byte blocks.
 *
 * Products are rounded before they are added, as the nodes say: what cancels exactly in a formula cancels here too.
 *
 * The code of an instruction is a constant where `unary`, `binary` and `ternary` are called, so each loop holds its own arithmetic and nothing else.
 */
import { exp4, expm14, log4, log1p4, sigmoid4, tanh4 } from '../math';
import { pow4 } from './power';

// @ts-ignore: decorator
@inline function ones(mask: v128): v128 { return v128.and(mask, f32x4.splat(1)); }

// @ts-ignore: decorator
@inline function sign4(x: v128): v128 {
  const zero = f32x4.splat(0);
  return v128.or(ones(f32x4.gt(x, zero)), v128.and(f32x4.lt(x, zero), f32x4.splat(-1)));
}

// @ts-ignore: decorator
@inline function unary4(code: i32, x: v128, immediate: v128): v128 {
  if (code == 20) return f32x4.neg(x);
  if (code == 21) return f32x4.abs(x);
  if (code == 22) return sign4(x);
  if (code == 23) return f32x4.floor(x);
  if (code == 24) return f32x4.mul(x, x);
  if (code == 25) return f32x4.div(f32x4.splat(1), x);
  if (code == 26) return f32x4.sqrt(x);
  if (code == 27) return f32x4.div(f32x4.splat(1), f32x4.sqrt(x));
  if (code == 28) return exp4(x);
  if (code == 29) return expm14(x);
  if (code == 30) return log4(x);
  if (code == 31) return log1p4(x);
  if (code == 32) return tanh4(x);
  if (code == 33) return sigmoid4(x);
  if (code == 34) return v128.andnot(x, f32x4.lt(x, f32x4.splat(0)));
  if (code == 35) return v128.bitselect(f32x4.mul(x, immediate), x, f32x4.lt(x, f32x4.splat(0)));
  if (code == 36) return pow4(x, immediate);
  return x;
}

// @ts-ignore: decorator
@inline function binary4(code: i32, x: v128, y: v128): v128 {
  if (code == 0) return f32x4.add(x, y);
  if (code == 1) return f32x4.sub(x, y);
  if (code == 2) return f32x4.mul(x, y);
  if (code == 3) return f32x4.div(x, y);
  if (code == 4) return f32x4.max(x, y);
  if (code == 5) return f32x4.min(x, y);
  if (code == 6) return ones(f32x4.lt(x, y));
  if (code == 7) return ones(f32x4.le(x, y));
  if (code == 8) return ones(f32x4.gt(x, y));
  if (code == 9) return ones(f32x4.ge(x, y));
  if (code == 10) return ones(f32x4.eq(x, y));
  if (code == 11) return ones(f32x4.ne(x, y));
  if (code == 12) return pow4(x, y);
  const difference = f32x4.sub(x, y);
  return f32x4.mul(difference, difference);
}

// @ts-ignore: decorator
@inline function ternary4(code: i32, x: v128, y: v128, z: v128): v128 {
  if (code == 40) return v128.bitselect(x, y, f32x4.ne(z, f32x4.splat(0)));
  if (code == 41) return f32x4.add(f32x4.mul(x, y), z);
  if (code == 42) return f32x4.sub(f32x4.mul(x, y), z);
  if (code == 43) return f32x4.sub(z, f32x4.mul(x, y));
  return f32x4.mul(ones(f32x4.gt(x, y)), z);
}

// @ts-ignore: decorator
@inline function unary(code: i32, d: usize, a: usize, immediate: f32, end: usize): void {
  const second = f32x4.splat(immediate);
  if (code >= 28 && code <= 33) {
    // These fill the registers by themselves.
    while (d < end) {
      v128.store(d, unary4(code, v128.load(a), second));
      d += 16; a += 16;
    }
  } else {
    while (d < end) {
      v128.store(d, unary4(code, v128.load(a), second));
      v128.store(d, unary4(code, v128.load(a, 16), second), 16);
      d += 32; a += 32;
    }
  }
}

// @ts-ignore: decorator
@inline function binary(code: i32, d: usize, a: usize, b: usize, end: usize): void {
  while (d < end) {
    v128.store(d, binary4(code, v128.load(a), v128.load(b)));
    v128.store(d, binary4(code, v128.load(a, 16), v128.load(b, 16)), 16);
    v128.store(d, binary4(code, v128.load(a, 32), v128.load(b, 32)), 32);
    v128.store(d, binary4(code, v128.load(a, 48), v128.load(b, 48)), 48);
    d += 64; a += 64; b += 64;
  }
}

// @ts-ignore: decorator
@inline function ternary(code: i32, d: usize, a: usize, b: usize, c: usize, end: usize): void {
  while (d < end) {
    v128.store(d, ternary4(code, v128.load(a), v128.load(b), v128.load(c)));
    v128.store(d, ternary4(code, v128.load(a, 16), v128.load(b, 16), v128.load(c, 16)), 16);
    d += 32; a += 32; b += 32; c += 32;
  }
}

export function addTile(d: usize, a: usize, b: usize, end: usize): void { binary(0, d, a, b, end); }
export function subTile(d: usize, a: usize, b: usize, end: usize): void { binary(1, d, a, b, end); }
export function mulTile(d: usize, a: usize, b: usize, end: usize): void { binary(2, d, a, b, end); }
export function divTile(d: usize, a: usize, b: usize, end: usize): void { binary(3, d, a, b, end); }
export function maximumTile(d: usize, a: usize, b: usize, end: usize): void { binary(4, d, a, b, end); }
export function minimumTile(d: usize, a: usize, b: usize, end: usize): void { binary(5, d, a, b, end); }
export function lessTile(d: usize, a: usize, b: usize, end: usize): void { binary(6, d, a, b, end); }
export function lessEqualTile(d: usize, a: usize, b: usize, end: usize): void { binary(7, d, a, b, end); }
export function greaterTile(d: usize, a: usize, b: usize, end: usize): void { binary(8, d, a, b, end); }
export function greaterEqualTile(d: usize, a: usize, b: usize, end: usize): void { binary(9, d, a, b, end); }
export function equalTile(d: usize, a: usize, b: usize, end: usize): void { binary(10, d, a, b, end); }
export function notEqualTile(d: usize, a: usize, b: usize, end: usize): void { binary(11, d, a, b, end); }
export function powTile(d: usize, a: usize, b: usize, end: usize): void { binary(12, d, a, b, end); }
export function squaredDifferenceTile(d: usize, a: usize, b: usize, end: usize): void { binary(13, d, a, b, end); }
export function negTile(d: usize, a: usize, immediate: f32, end: usize): void { unary(20, d, a, immediate, end); }
export function absTile(d: usize, a: usize, immediate: f32, end: usize): void { unary(21, d, a, immediate, end); }
export function signTile(d: usize, a: usize, immediate: f32, end: usize): void { unary(22, d, a, immediate, end); }
export function floorTile(d: usize, a: usize, immediate: f32, end: usize): void { unary(23, d, a, immediate, end); }
export function squareTile(d: usize, a: usize, immediate: f32, end: usize): void { unary(24, d, a, immediate, end); }
export function reciprocalTile(d: usize, a: usize, immediate: f32, end: usize): void { unary(25, d, a, immediate, end); }
export function sqrtTile(d: usize, a: usize, immediate: f32, end: usize): void { unary(26, d, a, immediate, end); }
export function rsqrtTile(d: usize, a: usize, immediate: f32, end: usize): void { unary(27, d, a, immediate, end); }
export function expTile(d: usize, a: usize, immediate: f32, end: usize): void { unary(28, d, a, immediate, end); }
export function expm1Tile(d: usize, a: usize, immediate: f32, end: usize): void { unary(29, d, a, immediate, end); }
export function logTile(d: usize, a: usize, immediate: f32, end: usize): void { unary(30, d, a, immediate, end); }
export function log1pTile(d: usize, a: usize, immediate: f32, end: usize): void { unary(31, d, a, immediate, end); }
export function tanhTile(d: usize, a: usize, immediate: f32, end: usize): void { unary(32, d, a, immediate, end); }
export function sigmoidTile(d: usize, a: usize, immediate: f32, end: usize): void { unary(33, d, a, immediate, end); }
export function reluTile(d: usize, a: usize, immediate: f32, end: usize): void { unary(34, d, a, immediate, end); }
export function leakyReluTile(d: usize, a: usize, immediate: f32, end: usize): void { unary(35, d, a, immediate, end); }
export function powConstTile(d: usize, a: usize, immediate: f32, end: usize): void { unary(36, d, a, immediate, end); }
export function copyTile(d: usize, a: usize, immediate: f32, end: usize): void { unary(37, d, a, immediate, end); }
export function whereTile(d: usize, a: usize, b: usize, c: usize, end: usize): void { ternary(40, d, a, b, c, end); }
export function mulAddTile(d: usize, a: usize, b: usize, c: usize, end: usize): void { ternary(41, d, a, b, c, end); }
export function mulSubTile(d: usize, a: usize, b: usize, c: usize, end: usize): void { ternary(42, d, a, b, c, end); }
export function subMulTile(d: usize, a: usize, b: usize, c: usize, end: usize): void { ternary(43, d, a, b, c, end); }
export function gateTile(d: usize, a: usize, b: usize, c: usize, end: usize): void { ternary(44, d, a, b, c, end); }

/** d = a b + c e */
export function mulAddMulTile(d: usize, a: usize, b: usize, c: usize, e: usize, end: usize): void {
  while (d < end) {
    v128.store(d, f32x4.add(f32x4.mul(v128.load(a), v128.load(b)), f32x4.mul(v128.load(c), v128.load(e))));
    d += 16; a += 16; b += 16; c += 16; e += 16;
  }
}

// @ts-ignore: decorator
@inline function slot(table: usize, args: usize, position: usize): usize {
  return <usize>load<u32>(table + (<usize>load<u32>(args + (position << 2)) << 2));
}

/** Runs one instruction on a tile. Words: code, destination, a, b, c, e or immediate; registers are places in `table`, which has their addresses. */
export function instruction(args: usize, table: usize, bytes: usize): void {
  const code = load<i32>(args);
  const d = slot(table, args, 1);
  const a = slot(table, args, 2);
  const b = slot(table, args, 3);
  const end = d + bytes;
  switch (code) {
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
    case 13: squaredDifferenceTile(d, a, b, end); break;
    case 20: negTile(d, a, load<f32>(args, 20), end); break;
    case 21: absTile(d, a, load<f32>(args, 20), end); break;
    case 22: signTile(d, a, load<f32>(args, 20), end); break;
    case 23: floorTile(d, a, load<f32>(args, 20), end); break;
    case 24: squareTile(d, a, load<f32>(args, 20), end); break;
    case 25: reciprocalTile(d, a, load<f32>(args, 20), end); break;
    case 26: sqrtTile(d, a, load<f32>(args, 20), end); break;
    case 27: rsqrtTile(d, a, load<f32>(args, 20), end); break;
    case 28: expTile(d, a, load<f32>(args, 20), end); break;
    case 29: expm1Tile(d, a, load<f32>(args, 20), end); break;
    case 30: logTile(d, a, load<f32>(args, 20), end); break;
    case 31: log1pTile(d, a, load<f32>(args, 20), end); break;
    case 32: tanhTile(d, a, load<f32>(args, 20), end); break;
    case 33: sigmoidTile(d, a, load<f32>(args, 20), end); break;
    case 34: reluTile(d, a, load<f32>(args, 20), end); break;
    case 35: leakyReluTile(d, a, load<f32>(args, 20), end); break;
    case 36: powConstTile(d, a, load<f32>(args, 20), end); break;
    case 37: copyTile(d, a, load<f32>(args, 20), end); break;
    case 40: whereTile(d, a, b, slot(table, args, 4), end); break;
    case 41: mulAddTile(d, a, b, slot(table, args, 4), end); break;
    case 42: mulSubTile(d, a, b, slot(table, args, 4), end); break;
    case 43: subMulTile(d, a, b, slot(table, args, 4), end); break;
    case 44: gateTile(d, a, b, slot(table, args, 4), end); break;
    case 45: mulAddMulTile(d, a, b, slot(table, args, 4), slot(table, args, 5), end); break;
    default: unreachable();
  }
}
