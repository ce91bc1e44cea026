/**
 * Sums and maxima of what a fused body computes, in the same pass.
 *
 * The body's elements stand as [outer, length, inner]; each reduction keeps [outer, inner]. The reduced axis is cut into chunks
 * whose number depends on the shape alone; each chunk is reduced by one thread in a fixed order, and `combineChunks` adds the
 * partial results in the order of the chunks: the same bits for any number of threads, and sums of short sums lose little.
 *
 * Words: outer, length, inner, chunk length, chunks, rows a tile, columns a tile, reductions,
 *   for each reduction  kind, slot, address, scale
 *   body
 * With one chunk the address is that of the result, otherwise of partial results [chunks][reductions][outer * inner].
 */
import { address, real, scratch, shareEnd, shareStart, word } from '../control';
import { maxLanes, sumLanes } from '../simd';
import { prepareBody, REGISTER_COUNT, REGISTER_PITCH, REGISTERS, runTile, slotAddress, fillSplat } from './interpret';

const SUM: i32 = 0;
const HEAD: usize = 8 << 2;
const REDUCTION: usize = 4 << 2;

// @ts-ignore: decorator
@inline
function accumulator(k: i32): usize {
  return scratch + REGISTERS + <usize>(REGISTER_COUNT + k) * REGISTER_PITCH;
}

export function sumRun(a: usize, count: i32): f32 {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  const end = a + ((<usize>count) << 2);
  const blocks = a + ((<usize>(count & ~15)) << 2);
  while (a < blocks) {
    s0 = f32x4.add(s0, v128.load(a));
    s1 = f32x4.add(s1, v128.load(a, 16));
    s2 = f32x4.add(s2, v128.load(a, 32));
    s3 = f32x4.add(s3, v128.load(a, 48));
    a += 64;
  }
  while (a + 16 <= end) {
    s0 = f32x4.add(s0, v128.load(a));
    a += 16;
  }
  let total = sumLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
  while (a < end) {
    total += load<f32>(a);
    a += 4;
  }
  return total;
}

export function maxRun(a: usize, count: i32): f32 {
  let m = f32x4.splat(-Infinity);
  const end = a + ((<usize>count) << 2);
  while (a + 16 <= end) {
    m = f32x4.max(m, v128.load(a));
    a += 16;
  }
  let largest = maxLanes(m);
  while (a < end) {
    largest = max<f32>(largest, load<f32>(a));
    a += 4;
  }
  return largest;
}

/** One vector of columns, summed over rows. */
export function sumColumn(a: usize, rows: i32, pitch: usize): v128 {
  let s0 = v128.load(a);
  let s1 = f32x4.splat(0);
  a += pitch;
  rows--;
  while (rows >= 2) {
    s1 = f32x4.add(s1, v128.load(a));
    s0 = f32x4.add(s0, v128.load(a + pitch));
    a += pitch << 1;
    rows -= 2;
  }
  if (rows > 0) s1 = f32x4.add(s1, v128.load(a));
  return f32x4.add(s0, s1);
}

export function maxColumn(a: usize, rows: i32, pitch: usize): v128 {
  let m = v128.load(a);
  a += pitch;
  while (rows > 1) {
    m = f32x4.max(m, v128.load(a));
    a += pitch;
    rows--;
  }
  return m;
}

// @ts-ignore: decorator
@inline
function accumulateColumns(kind: i32, into: usize, from: usize, rows: i32, columns: i32): void {
  const pitch = (<usize>columns) << 2;
  const end = into + pitch;
  // The last vector may reach beyond the columns; those lanes are never read.
  while (into < end) {
    if (kind == SUM) v128.store(into, f32x4.add(v128.load(into), sumColumn(from, rows, pitch)));
    else v128.store(into, f32x4.max(v128.load(into), maxColumn(from, rows, pitch)));
    into += 16;
    from += 16;
  }
}

export function fusedReduce(args: usize): void {
  const outer = word(args, 0);
  const inner = word(args, 2);
  if (inner > 1) reduceColumns(args);
  else if (word(args, 4) == 1 && word(args, 1) <= 512) reduceShortRows(args);
  else reduceLongRows(args, outer);
}

/** [outer, length] with several rows in a tile. */
function reduceShortRows(args: usize): void {
  const outer = word(args, 0);
  const length = word(args, 1);
  const rows = word(args, 5);
  const reductions = word(args, 7);
  const body = args + HEAD + <usize>reductions * REDUCTION;
  const tiles = (outer + rows - 1) / rows;
  const end = shareEnd(tiles);
  let tile = shareStart(tiles);
  if (tile >= end) return;
  prepareBody(body, rows * length);
  while (tile < end) {
    const first = tile * rows;
    const count = min(rows, outer - first);
    runTile(body, first * length, count * length);
    for (let k = 0; k < reductions; k++) {
      const reduction = args + HEAD + <usize>k * REDUCTION;
      const scale = real(reduction, 3);
      const kind = word(reduction, 0);
      let from = slotAddress(word(reduction, 1));
      let to = address(reduction, 2) + ((<usize>first) << 2);
      const stop = to + ((<usize>count) << 2);
      while (to < stop) {
        store<f32>(to, kind == SUM ? sumRun(from, length) * scale : maxRun(from, length));
        from += (<usize>length) << 2;
        to += 4;
      }
    }
    tile++;
  }
}

/** [outer, length] with several tiles in a row. */
function reduceLongRows(args: usize, outer: i32): void {
  const length = word(args, 1);
  const chunkLength = word(args, 3);
  const chunks = word(args, 4);
  const tileLength = word(args, 5);
  const reductions = word(args, 7);
  const body = args + HEAD + <usize>reductions * REDUCTION;
  const end = shareEnd(outer * chunks);
  let item = shareStart(outer * chunks);
  if (item >= end) return;
  prepareBody(body, tileLength);
  while (item < end) {
    const row = item / chunks;
    const chunk = item - row * chunks;
    let at = chunk * chunkLength;
    const stop = min(length, at + chunkLength);
    for (let k = 0; k < reductions; k++) {
      store<f32>(accumulator(k), word(args + HEAD + <usize>k * REDUCTION, 0) == SUM ? <f32>0 : -Infinity);
    }
    while (at < stop) {
      const count = min(tileLength, stop - at);
      runTile(body, row * length + at, count);
      for (let k = 0; k < reductions; k++) {
        const reduction = args + HEAD + <usize>k * REDUCTION;
        const from = slotAddress(word(reduction, 1));
        const total = load<f32>(accumulator(k));
        store<f32>(accumulator(k), word(reduction, 0) == SUM ? total + sumRun(from, count) : max<f32>(total, maxRun(from, count)));
      }
      at += tileLength;
    }
    for (let k = 0; k < reductions; k++) {
      const reduction = args + HEAD + <usize>k * REDUCTION;
      const scale: f32 = chunks == 1 && word(reduction, 0) == SUM ? real(reduction, 3) : 1;
      const to = address(reduction, 2) + ((<usize>(chunk * reductions * outer + row)) << 2);
      store<f32>(to, load<f32>(accumulator(k)) * scale);
    }
    item++;
  }
}

/** [outer, length, inner]: rows of up to 512 columns, several rows in a tile where they are short. */
function reduceColumns(args: usize): void {
  const outer = word(args, 0);
  const length = word(args, 1);
  const inner = word(args, 2);
  const chunkLength = word(args, 3);
  const chunks = word(args, 4);
  const rowsPerTile = word(args, 5);
  const columnsPerTile = word(args, 6);
  const reductions = word(args, 7);
  const body = args + HEAD + <usize>reductions * REDUCTION;
  const blocks = (inner + columnsPerTile - 1) / columnsPerTile;
  const end = shareEnd(outer * chunks * blocks);
  let item = shareStart(outer * chunks * blocks);
  if (item >= end) return;
  prepareBody(body, rowsPerTile * columnsPerTile);
  while (item < end) {
    const block = item % blocks;
    const chunk = (item / blocks) % chunks;
    const group = item / blocks / chunks;
    const column = block * columnsPerTile;
    const columns = min(columnsPerTile, inner - column);
    let row = chunk * chunkLength;
    const stop = min(length, row + chunkLength);
    for (let k = 0; k < reductions; k++) {
      const start = word(args + HEAD + <usize>k * REDUCTION, 0) == SUM ? f32x4.splat(0) : f32x4.splat(-Infinity);
      fillSplat(accumulator(k), accumulator(k) + ((<usize>columns) << 2), start);
    }
    while (row < stop) {
      const rows = min(rowsPerTile, stop - row);
      runTile(body, (group * length + row) * inner + column, rows * columns);
      for (let k = 0; k < reductions; k++) {
        const reduction = args + HEAD + <usize>k * REDUCTION;
        const from = slotAddress(word(reduction, 1));
        if (word(reduction, 0) == SUM) accumulateColumns(0, accumulator(k), from, rows, columns);
        else accumulateColumns(1, accumulator(k), from, rows, columns);
      }
      row += rowsPerTile;
    }
    for (let k = 0; k < reductions; k++) {
      const reduction = args + HEAD + <usize>k * REDUCTION;
      const scale: f32 = chunks == 1 && word(reduction, 0) == SUM ? real(reduction, 3) : 1;
      let from = accumulator(k);
      let to = address(reduction, 2) + ((<usize>(chunk * reductions * outer * inner + group * inner + column)) << 2);
      const last = to + ((<usize>columns) << 2);
      while (to < last) {
        store<f32>(to, load<f32>(from) * scale);
        from += 4;
        to += 4;
      }
    }
    item++;
  }
}

/**
 * Words: kept elements, chunks, reductions, then for each reduction: kind, address of its partial results in the first chunk,
 * address of its result, scale.
 */
export function combineChunks(args: usize): void {
  const kept = word(args, 0);
  const chunks = word(args, 1);
  const reductions = word(args, 2);
  const pitch = (<usize>(kept * reductions)) << 2;
  const first = shareStart(kept);
  const last = shareEnd(kept);
  for (let k = 0; k < reductions; k++) {
    const reduction = args + 12 + <usize>k * REDUCTION;
    const kind = word(reduction, 0);
    const scale = real(reduction, 3);
    for (let index = first; index < last; index++) {
      let from = address(reduction, 1) + ((<usize>index) << 2);
      let total = load<f32>(from);
      for (let chunk = 1; chunk < chunks; chunk++) {
        from += pitch;
        total = kind == SUM ? total + load<f32>(from) : max<f32>(total, load<f32>(from));
      }
      store<f32>(address(reduction, 2) + ((<usize>index) << 2), kind == SUM ? total * scale : total);
    }
  }
}
