/**
 * Matrix products. B is packed into panels of 8 columns, or read where it lies when few rows of A will use it.
 *
 * `packPanels` words: b, panels, k, n, rowStride, columnStride (bytes), batches, batchStride,
 * targetBatchStride, targetPanelStride (bytes).
 * `matmul` words: a, b, c, bias, m, n, k, batches, aBatch, bBatch, cBatch (bytes), aRow (bytes; row stride), aTransposed,
 * bStep (bytes a k), bPanel (bytes between panels of 8 columns), activation, alpha, scratch, scratchPerThread.
 */
import { word, address, real } from './memory';
import { rowsTile, columnsTile, ROWS } from './micro';
import { activate, copyTile, startRow, ZEROS } from './tile';
import { firstJob, nextJob } from './shares';

/** A panel's slice of k stays in the first-level cache beside that of the rows. */
const SLICE: i32 = 256;

export function packPanels(args: usize, thread: i32, threads: i32): void {
  const source = address(args, 0), target = address(args, 1);
  const k = word(args, 2), n = word(args, 3);
  const rowStride = <usize>word(args, 4), columnStride = <usize>word(args, 5);
  const batches = word(args, 6);
  const batchStride = <usize>word(args, 7), targetBatch = <usize>word(args, 8), targetPanel = <usize>word(args, 9);
  const panels = (n + 7) >> 3;
  const jobs = panels * batches;
  const last = jobs * (thread + 1) / threads;
  for (let job = jobs * thread / threads; job < last; job++) {
    const batch = job / panels;
    const panel = job - batch * panels;
    const columns = min(8, n - (panel << 3));
    const from = source + <usize>batch * batchStride + <usize>(panel << 3) * columnStride;
    const to = target + <usize>batch * targetBatch + <usize>panel * targetPanel;
    packPanel(to, from, k, columns, rowStride, columnStride);
  }
}

/** One panel: k rows of 8, missing columns 0. */
export function packPanel(to: usize, from: usize, k: i32, columns: i32, rowStride: usize, columnStride: usize): void {
  if (columns == 8 && columnStride == 4) packRows(to, from, k, rowStride);
  else if (columns == 8 && rowStride == 4) packColumns(to, from, k, columnStride);
  else packAny(to, from, k, columns, rowStride, columnStride);
}

function packRows(to: usize, from: usize, k: i32, rowStride: usize): void {
  const end = to + (<usize>k << 5);
  while (to < end) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    from += rowStride; to += 32;
  }
}

/** 8 columns that run along memory: four k at a time, transposed in registers. */
export function packColumns(to: usize, from: usize, k: i32, columnStride: usize): void {
  const whole = to + (<usize>(k & ~3) << 5);
  const half = columnStride << 2;
  while (to < whole) {
    transpose4(to, 32, from, columnStride);
    transpose4(to + 16, 32, from + half, columnStride);
    from += 16; to += 128;
  }
  if (k & 3) packAny(to, from, k & 3, 8, 4, columnStride);
}

/** A 4 x 4 block, its rows `fromRow` bytes apart, written with rows as columns. */
// @ts-ignore: decorator
@inline export function transpose4(to: usize, toRow: usize, from: usize, fromRow: usize): void {
  const a = v128.load(from), b = v128.load(from + fromRow), c = v128.load(from + 2 * fromRow), d = v128.load(from + 3 * fromRow);
  const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5), ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5), cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f64>(ab0, cd0, 0, 2));
  v128.store(to + toRow, v128.shuffle<f64>(ab0, cd0, 1, 3));
  v128.store(to + 2 * toRow, v128.shuffle<f64>(ab1, cd1, 0, 2));
  v128.store(to + 3 * toRow, v128.shuffle<f64>(ab1, cd1, 1, 3));
}

function packAny(to: usize, from: usize, k: i32, columns: i32, rowStride: usize, columnStride: usize): void {
  const end = to + (<usize>k << 5);
  while (to < end) {
    let at = from;
    for (let c = 0; c < 8; c++) {
      store<f32>(to + (<usize>c << 2), c < columns ? load<f32>(at) : 0);
      if (c < columns) at += columnStride;
    }
    from += rowStride; to += 32;
  }
}

/** A tile of a transposed A, k by `count` elements, laid side by side: strides of a power of two would fall into one set of the cache. */
function packTile(to: usize, from: usize, step: usize, k: i32, count: i32): void {
  if (count == 6) {
    const end = to + <usize>k * 24;
    while (to < end) {
      v128.store(to, v128.load(from));
      store<i64>(to, load<i64>(from, 16), 16);
      from += step; to += 24;
    }
    return;
  }
  const bytes = <usize>count << 2;
  for (let i = 0; i < k; i++) {
    let offset: usize = 0;
    if (count >= 4) { v128.store(to, v128.load(from)); offset = 16; }
    while (offset < bytes) { store<f32>(to + offset, load<f32>(from + offset)); offset += 4; }
    from += step; to += bytes;
  }
}

export function matmul(args: usize, thread: i32, threads: i32): void {
  const a = address(args, 0), b = address(args, 1), c = address(args, 2), bias = address(args, 3);
  const m = word(args, 4), n = word(args, 5), k = word(args, 6), batches = word(args, 7);
  const aBatch = <usize>word(args, 8), bBatch = <usize>word(args, 9), cBatch = <usize>word(args, 10);
  const aRow = <usize>word(args, 11);
  const transposed = word(args, 12) != 0;
  const bStep = <usize>word(args, 13), bPanel = <usize>word(args, 14);
  const kind = word(args, 15);
  const alpha = real(args, 16);
  const scratch = address(args, 17) + <usize>(word(args, 18) * thread);
  const packed = scratch + 256;
  const panels = (n + 7) >> 3;
  const cRow = <usize>n << 2;
  // Rows of A in blocks that stay in the second-level cache while the panels pass; with few rows the panels are dealt out instead.
  const rowBlock = 8 * ROWS;
  const rowBlocks = (m + rowBlock - 1) / rowBlock;
  const panelBlock = rowBlocks * batches >= 4 * threads ? panels : 4;
  const panelBlocks = (panels + panelBlock - 1) / panelBlock;
  const jobs = batches * rowBlocks * panelBlocks;
  for (let job = firstJob(jobs, thread, threads); job < jobs; job = nextJob()) {
    const batch = job / (rowBlocks * panelBlocks);
    const rest = job - batch * rowBlocks * panelBlocks;
    const block = rest / panelBlocks;
    const firstPanel = (rest - block * panelBlocks) * panelBlock;
    const lastPanel = min(panels, firstPanel + panelBlock);
    const firstRow = block * rowBlock;
    const lastRow = min(m, firstRow + rowBlock);
    const aBase = a + <usize>batch * aBatch;
    const bBase = b + <usize>batch * bBatch;
    const cBase = c + <usize>batch * cBatch;
    const firstColumn = firstPanel << 3;
    for (let k0 = 0; k0 < k; k0 += SLICE) {
      const kSlice = min(SLICE, k - k0);
      if (transposed) {
        for (let row = firstRow; row < lastRow; row += ROWS) {
          const to = packed + (<usize>((row - firstRow) * kSlice) << 2);
          packTile(to, aBase + (<usize>row << 2) + <usize>k0 * aRow, aRow, kSlice, min(ROWS, lastRow - row));
        }
      }
      for (let panel = firstPanel; panel < lastPanel; panel++) {
        const column = panel << 3;
        const columns = min(8, n - column);
        const whole = columns == 8;
        const bAt = bBase + <usize>panel * bPanel + <usize>k0 * bStep;
        for (let row = firstRow; row < lastRow; row += ROWS) {
          const rows = min(ROWS, lastRow - row);
          const at = cBase + <usize>row * cRow + (<usize>column << 2);
          const tile = whole ? at : scratch;
          const tileRow: usize = whole ? cRow : 32;
          let from = tile, fromRow = tileRow;
          if (k0 == 0) { from = bias == 0 ? ZEROS : bias + (<usize>column << 2); fromRow = 0; }
          else if (!whole) copyTile(scratch, 32, at, cRow, rows, columns);
          if (transposed) columnsTile(rows, packed + (<usize>((row - firstRow) * kSlice) << 2), <usize>rows << 2, bAt, bStep, tile, tileRow, kSlice, from, fromRow);
          else rowsTile(rows, aBase + <usize>row * aRow + (<usize>k0 << 2), aRow, bAt, bStep, tile, tileRow, kSlice, from, fromRow);
          if (!whole) copyTile(at, cRow, scratch, 32, rows, columns);
        }
      }
    }
    const width = min(n, lastPanel << 3) - firstColumn;
    for (let row = firstRow; row < lastRow; row++) {
      const at = cBase + <usize>row * cRow + (<usize>firstColumn << 2);
      if (k == 0) startRow(at, bias == 0 ? 0 : bias + (<usize>firstColumn << 2), width);
      if (kind != 0) activate(at, width, kind, alpha);
    }
  }
}
