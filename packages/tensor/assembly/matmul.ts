/**
 * Matrix products. B is packed into panels of 8 columns when enough rows of A will use it; otherwise it is read where it lies.
 *
 * `packPanels` words: b, panels, k, n, rowStride, columnStride (bytes), batches, batchStride,
 * targetBatchStride, targetPanelStride (bytes).
 * `matmul` words: a, b, c, bias, m, n, k, batches, aBatch, bBatch, cBatch (bytes), aRow (bytes; row stride), aTransposed,
 * bStep (bytes a k), bPanel (bytes between panels of 8 columns), activation, alpha, scratch, scratchPerThread.
 */
import { word, address, real } from './memory';
import { rowsTile, columnsTile } from './micro';
import { initTile, copyTile, activate } from './tile';

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
    let from = source + <usize>batch * batchStride + <usize>(panel << 3) * columnStride;
    let to = target + <usize>batch * targetBatch + <usize>panel * targetPanel;
    packPanel(to, from, k, columns, rowStride, columnStride);
  }
}

/** One panel: k rows of 8, missing columns 0. */
export function packPanel(to: usize, from: usize, k: i32, columns: i32, rowStride: usize, columnStride: usize): void {
  const end = to + (<usize>k << 5);
  if (columns == 8 && columnStride == 4) {
    while (to < end) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
      from += rowStride; to += 32;
    }
    return;
  }
  while (to < end) {
    let at = from;
    for (let c = 0; c < 8; c++) {
      store<f32>(to + (<usize>c << 2), c < columns ? load<f32>(at) : 0);
      if (c < columns) at += columnStride;
    }
    from += rowStride; to += 32;
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
  const panels = (n + 7) >> 3;
  const cRow = <usize>n << 2;
  // A block of rows stays in the first-level cache while the panels pass; with few rows the panels are dealt out instead.
  const rowBlock = 48;
  const rowBlocks = (m + rowBlock - 1) / rowBlock;
  const panelBlock = rowBlocks * batches >= 4 * threads ? panels : 4;
  const panelBlocks = (panels + panelBlock - 1) / panelBlock;
  const jobs = batches * rowBlocks * panelBlocks;
  const last = jobs * (thread + 1) / threads;
  for (let job = jobs * thread / threads; job < last; job++) {
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
    // k in slices, so that a panel's slice stays in the first-level cache.
    for (let k0 = 0; k0 < k; k0 += 512) {
      const kSlice = min(512, k - k0);
      for (let panel = firstPanel; panel < lastPanel; panel++) {
        const column = panel << 3;
        const columns = min(8, n - column);
        const bAt = bBase + <usize>panel * bPanel + <usize>k0 * bStep;
        for (let row = firstRow; row < lastRow; row += 6) {
          const rows = min(6, lastRow - row);
          const at = cBase + <usize>row * cRow + (<usize>column << 2);
          if (k0 == 0) initTile(at, cRow, rows, columns, bias == 0 ? 0 : bias + (<usize>column << 2));
          const tile = columns == 8 ? at : scratch;
          const tileRow = columns == 8 ? cRow : 32;
          if (columns < 8) copyTile(scratch, 32, at, cRow, rows, columns);
          if (transposed) columnsTile(rows, aBase + (<usize>row << 2) + <usize>k0 * aRow, aRow, bAt, bStep, tile, tileRow, kSlice);
          else rowsTile(rows, aBase + <usize>row * aRow + (<usize>k0 << 2), aRow, bAt, bStep, tile, tileRow, kSlice);
          if (columns < 8) copyTile(at, cRow, scratch, 32, rows, columns);
        }
      }
    }
    if (kind != 0) {
      const firstColumn = firstPanel << 3;
      const width = min(n, lastPanel << 3) - firstColumn;
      for (let row = firstRow; row < lastRow; row++) activate(cBase + <usize>row * cRow + (<usize>firstColumn << 2), width, kind, alpha);
    }
    if (k == 0) for (let row = firstRow; row < lastRow; row++) initTile(cBase + <usize>row * cRow, cRow, 1, n, bias);
  }
}
