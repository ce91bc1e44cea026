/**
 * Sums and maxima of x seen as [outer, length, inner] along the middle. Long stretches are cut into chunks of a fixed length, whatever the number of
 * threads; a second step adds the chunks' results. Words: x, y, outer, length, inner, chunkLength, kind (0 sum, 1 max), scale. y is [outer, chunks, inner].
 */
import { word, address, real } from './memory';

export function reduce(args: usize, thread: i32, threads: i32): void {
  const x = address(args, 0), y = address(args, 1);
  const outer = word(args, 2), length = word(args, 3), inner = word(args, 4), chunkLength = word(args, 5);
  const kind = word(args, 6);
  const factor = real(args, 7);
  const chunks = (length + chunkLength - 1) / chunkLength;
  // Wide columns are shared out in blocks.
  const columnBlock = inner == 1 ? 1 : 1024;
  const columnBlocks = (inner + columnBlock - 1) / columnBlock;
  const jobs = outer * chunks * columnBlocks;
  const last = jobs * (thread + 1) / threads;
  for (let job = jobs * thread / threads; job < last; job++) {
    const unit = job / columnBlocks;
    const column = (job - unit * columnBlocks) * columnBlock;
    const o = unit / chunks;
    const start = (unit - o * chunks) * chunkLength;
    const count = min(chunkLength, length - start);
    const from = x + (<usize>((o * length + start) * inner + column) << 2);
    const to = y + (<usize>(unit * inner + column) << 2);
    if (inner == 1) store<f32>(to, (kind == 0 ? sumRow(from, count) : maxRow(from, count)) * factor);
    else {
      const width = min(columnBlock, inner - column);
      if (kind == 0) sumColumns(to, from, width, count, <usize>inner << 2);
      else maxColumns(to, from, width, count, <usize>inner << 2);
      if (factor != 1) for (let k = 0; k < width; k++) store<f32>(to + (<usize>k << 2), load<f32>(to + (<usize>k << 2)) * factor);
    }
  }
}

/** Sixteen partial sums side by side, joined in a fixed order. */
export function sumRow(at: usize, n: i32): f32 {
  let a = f32x4.splat(0), b = a, c = a, d = a;
  const end = at + (<usize>n << 2);
  while (at + 64 <= end) {
    a = f32x4.add(a, v128.load(at)); b = f32x4.add(b, v128.load(at, 16));
    c = f32x4.add(c, v128.load(at, 32)); d = f32x4.add(d, v128.load(at, 48));
    at += 64;
  }
  const s = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
  let total = (f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1)) + (f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3));
  let rest: f32 = 0;
  while (at < end) { rest += load<f32>(at); at += 4; }
  return total + rest;
}

export function maxRow(at: usize, n: i32): f32 {
  let largest: f32 = -Infinity;
  const end = at + (<usize>n << 2);
  if (n >= 4) {
    let m = v128.load(at);
    at += 16;
    while (at + 16 <= end) { m = f32x4.max(m, v128.load(at)); at += 16; }
    largest = max(max(f32x4.extract_lane(m, 0), f32x4.extract_lane(m, 1)), max(f32x4.extract_lane(m, 2), f32x4.extract_lane(m, 3)));
  }
  while (at < end) { largest = max(largest, load<f32>(at)); at += 4; }
  return largest;
}

/** Sums of columns over `count` rows, in the order of the rows. */
export function sumColumns(to: usize, from: usize, width: i32, count: i32, row: usize): void {
  memory.copy(to, from, <usize>width << 2);
  addStrip(to, from + row, width, count - 1, row);
}

export function maxColumns(to: usize, from: usize, width: i32, count: i32, row: usize): void {
  memory.copy(to, from, <usize>width << 2);
  maxStrip(to, from + row, width, count - 1, row);
}

/** Adds `rows` rows of `width` floats, which lie one after the other, to `into`. */
export function addColumns(into: usize, from: usize, width: i32, rows: i32): void {
  addStrip(into, from, width, rows, <usize>width << 2);
}

export function maximizeColumns(into: usize, from: usize, width: i32, rows: i32): void {
  maxStrip(into, from, width, rows, <usize>width << 2);
}

/** Bytes of rows that are gone through strip by strip: they stay in the first-level cache meanwhile. */
const BLOCK: usize = 8192;

/** Strips of 16 columns, one cache line, stay in registers down the rows of a block. */
function addStrip(into: usize, from: usize, width: i32, rows: i32, row: usize): void {
  const bytes = <usize>width << 2;
  const step = max(1, <i32>(BLOCK / bytes));
  while (rows > 0) {
    const down = <usize>min(rows, step) * row;
    let d = into, a = from;
    const end = into + bytes;
    while (d + 64 <= end) { add16(d, a, a + down, row); d += 64; a += 64; }
    while (d + 16 <= end) { add4(d, a, a + down, row); d += 16; a += 16; }
    while (d < end) { add1(d, a, a + down, row); d += 4; a += 4; }
    from += down;
    rows -= step;
  }
}

export function add16(into: usize, from: usize, end: usize, row: usize): void {
  let a = v128.load(into), b = v128.load(into, 16), c = v128.load(into, 32), d = v128.load(into, 48);
  while (from < end) {
    a = f32x4.add(a, v128.load(from)); b = f32x4.add(b, v128.load(from, 16));
    c = f32x4.add(c, v128.load(from, 32)); d = f32x4.add(d, v128.load(from, 48));
    from += row;
  }
  v128.store(into, a); v128.store(into, b, 16); v128.store(into, c, 32); v128.store(into, d, 48);
}

export function add4(into: usize, from: usize, end: usize, row: usize): void {
  let a = v128.load(into);
  while (from < end) { a = f32x4.add(a, v128.load(from)); from += row; }
  v128.store(into, a);
}

export function add1(into: usize, from: usize, end: usize, row: usize): void {
  let a = load<f32>(into);
  while (from < end) { a += load<f32>(from); from += row; }
  store<f32>(into, a);
}

function maxStrip(into: usize, from: usize, width: i32, rows: i32, row: usize): void {
  const end = into + (<usize>width << 2);
  while (into + 16 <= end) { max4(into, from, from + <usize>rows * row, row); into += 16; from += 16; }
  while (into < end) { max1(into, from, from + <usize>rows * row, row); into += 4; from += 4; }
}

export function max4(into: usize, from: usize, end: usize, row: usize): void {
  let a = v128.load(into);
  while (from < end) { a = f32x4.max(a, v128.load(from)); from += row; }
  v128.store(into, a);
}

export function max1(into: usize, from: usize, end: usize, row: usize): void {
  let a = load<f32>(into);
  while (from < end) { a = max(a, load<f32>(from)); from += row; }
  store<f32>(into, a);
}

/** Lowest position of the largest element along the middle axis. Words: x, y (int32), outer, length, inner. */
export function argmax(args: usize, thread: i32, threads: i32): void {
  const x = address(args, 0), y = address(args, 1);
  const outer = word(args, 2), length = word(args, 3), inner = word(args, 4);
  const jobs = outer * inner;
  const last = jobs * (thread + 1) / threads;
  for (let job = jobs * thread / threads; job < last; job++) {
    const o = job / inner;
    let at = x + (<usize>(o * length * inner + job - o * inner) << 2);
    let best = 0;
    let largest: f32 = -Infinity;
    for (let k = 0; k < length; k++) {
      const value = load<f32>(at);
      if (value > largest) { largest = value; best = k; }
      at += <usize>inner << 2;
    }
    store<i32>(y + (<usize>job << 2), best);
  }
}
