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

export function sumColumns(to: usize, from: usize, width: i32, count: i32, row: usize): void {
  memory.copy(to, from, <usize>width << 2);
  for (let r = 1; r < count; r++) { from += row; addRow(to, from, width); }
}

export function addRow(d: usize, a: usize, n: i32): void {
  const end = d + (<usize>n << 2);
  while (d + 16 <= end) { v128.store(d, f32x4.add(v128.load(d), v128.load(a))); d += 16; a += 16; }
  while (d < end) { store<f32>(d, load<f32>(d) + load<f32>(a)); d += 4; a += 4; }
}

export function maxColumns(to: usize, from: usize, width: i32, count: i32, row: usize): void {
  memory.copy(to, from, <usize>width << 2);
  for (let r = 1; r < count; r++) { from += row; maxRows(to, from, width); }
}

export function maxRows(d: usize, a: usize, n: i32): void {
  const end = d + (<usize>n << 2);
  while (d + 16 <= end) { v128.store(d, f32x4.max(v128.load(d), v128.load(a))); d += 16; a += 16; }
  while (d < end) { store<f32>(d, max(load<f32>(d), load<f32>(a))); d += 4; a += 4; }
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
