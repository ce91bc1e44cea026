/**
 * Matrix products with few rows, as those of a decoder: B is much larger than A and C, and every element of it is used a few times only. It is read
 * once: 32 columns, 128 deep, are packed into the thread's scratch, where strides of 4 KiB do no harm, and multiplied at once. A single row is multiplied
 * without packing, 32 columns at a time.
 *
 * Words: a, b, c, bias, m, n, k, batches, aBatch, bBatch, cBatch (bytes), aRow (bytes), rowStride, columnStride of B (bytes), activation,
 * alpha, scratch, scratchPerThread.
 */
import { word, address, real } from './memory';
import { packPanel } from './matmul';
import { rowsTile, ROWS } from './micro';
import { activate, copyFloats, copyTile, startRow, ZEROS } from './tile';
import { firstJob, nextJob } from './shares';

/** Panels of 8 columns that a thread takes at a time. */
const PANELS: i32 = 4;
/** Depth that is packed at once: that of all these panels lies in the first-level cache. */
const DEPTH: i32 = 128;
/** Bytes from one packed panel to the next. */
const PANEL: usize = (<usize>DEPTH << 5) + 64;

export function matmulFew(args: usize, thread: i32, threads: i32): void {
  const m = word(args, 4), n = word(args, 5), k = word(args, 6);
  const rowStride = <usize>word(args, 12), columnStride = <usize>word(args, 13);
  const bias = address(args, 3);
  const kind = word(args, 14);
  const alpha = real(args, 15);
  const scratch = address(args, 16) + <usize>(word(args, 17) * thread);
  const aRow = <usize>word(args, 11), cRow = <usize>n << 2;
  const blocks = (n + 8 * PANELS - 1) / (8 * PANELS);
  const jobs = word(args, 7) * blocks;
  for (let job = firstJob(jobs, thread, threads); job < jobs; job = nextJob()) {
    const batch = job / blocks;
    const column = (job - batch * blocks) * 8 * PANELS;
    const width = min(8 * PANELS, n - column);
    const a = address(args, 0) + <usize>batch * <usize>word(args, 8);
    const b = address(args, 1) + <usize>batch * <usize>word(args, 9) + <usize>column * columnStride;
    const c = address(args, 2) + <usize>batch * <usize>word(args, 10) + (<usize>column << 2);
    const first = bias == 0 ? 0 : bias + (<usize>column << 2);
    if (m == 1 && width == 32 && columnStride == 4) {
      startRow(c, first, 32);
      oneRow(a, b, rowStride, c, k);
    } else multiplyBlock(a, aRow, b, rowStride, columnStride, c, cRow, m, width, k, first, scratch);
    if (kind != 0) for (let row = 0; row < m; row++) activate(c + <usize>row * cRow, width, kind, alpha);
  }
}

/** c += a b: one row of 32 columns, which stay in registers. */
export function oneRow(a: usize, b: usize, bStep: usize, c: usize, k: i32): void {
  let c0 = v128.load(c), c1 = v128.load(c, 16), c2 = v128.load(c, 32), c3 = v128.load(c, 48);
  let c4 = v128.load(c, 64), c5 = v128.load(c, 80), c6 = v128.load(c, 96), c7 = v128.load(c, 112);
  const end = a + (<usize>k << 2);
  while (a < end) {
    const x = v128.load32_splat(a);
    c0 = f32x4.add(c0, f32x4.mul(x, v128.load(b))); c1 = f32x4.add(c1, f32x4.mul(x, v128.load(b, 16)));
    c2 = f32x4.add(c2, f32x4.mul(x, v128.load(b, 32))); c3 = f32x4.add(c3, f32x4.mul(x, v128.load(b, 48)));
    c4 = f32x4.add(c4, f32x4.mul(x, v128.load(b, 64))); c5 = f32x4.add(c5, f32x4.mul(x, v128.load(b, 80)));
    c6 = f32x4.add(c6, f32x4.mul(x, v128.load(b, 96))); c7 = f32x4.add(c7, f32x4.mul(x, v128.load(b, 112)));
    a += 4; b += bStep;
  }
  v128.store(c, c0); v128.store(c, c1, 16); v128.store(c, c2, 32); v128.store(c, c3, 48);
  v128.store(c, c4, 64); v128.store(c, c5, 80); v128.store(c, c6, 96); v128.store(c, c7, 112);
}

function multiplyBlock(
  a: usize, aRow: usize, b: usize, rowStride: usize, columnStride: usize, c: usize, cRow: usize, m: i32, width: i32, k: i32, bias: usize, scratch: usize,
): void {
  const packed = scratch + 256;
  const panels = (width + 7) >> 3;
  const whole = width == 8 * PANELS && columnStride == 4;
  for (let k0 = 0; k0 < k; k0 += DEPTH) {
    const slice = min(DEPTH, k - k0);
    const from = b + <usize>k0 * rowStride;
    if (whole) packFour(packed, from, slice, rowStride);
    else for (let panel = 0; panel < panels; panel++) packPanel(packed + <usize>panel * PANEL, from + <usize>(panel << 3) * columnStride, slice, min(8, width - (panel << 3)), rowStride, columnStride);
    for (let panel = 0; panel < panels; panel++) {
      const columns = min(8, width - (panel << 3));
      const at = c + (<usize>panel << 5), bAt = packed + <usize>panel * PANEL;
      for (let row = 0; row < m; row += ROWS) {
        const rows = min(ROWS, m - row);
        multiplyTile(rows, a + <usize>row * aRow + (<usize>k0 << 2), aRow, bAt, at + <usize>row * cRow, cRow, slice, columns, k0 == 0, bias, panel, scratch);
      }
    }
  }
}

/** Four panels of rows that lie far apart: each is read once, along its cache lines. */
export function packFour(to: usize, from: usize, k: i32, rowStride: usize): void {
  const end = to + (<usize>k << 5);
  while (to < end) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    v128.store(to + PANEL, v128.load(from, 32));
    v128.store(to + PANEL, v128.load(from, 48), 16);
    v128.store(to + 2 * PANEL, v128.load(from, 64));
    v128.store(to + 2 * PANEL, v128.load(from, 80), 16);
    v128.store(to + 3 * PANEL, v128.load(from, 96));
    v128.store(to + 3 * PANEL, v128.load(from, 112), 16);
    from += rowStride; to += 32;
  }
}

/** One tile; at the right edge by way of the scratch, for a tile always has 8 columns. */
function multiplyTile(
  rows: i32, a: usize, aRow: usize, b: usize, c: usize, cRow: usize, k: i32, columns: i32, begins: bool, bias: usize, panel: i32, scratch: usize,
): void {
  if (columns == 8) {
    const from = !begins ? c : bias == 0 ? ZEROS : bias + (<usize>panel << 5);
    rowsTile(rows, a, aRow, b, 32, c, cRow, k, from, begins ? 0 : cRow);
    return;
  }
  if (!begins) copyTile(scratch, 32, c, cRow, rows, columns);
  else for (let r = 0; r < rows; r++) startRow(scratch + (<usize>r << 5), bias == 0 ? 0 : bias + (<usize>panel << 5), columns);
  rowsTile(rows, a, aRow, b, 32, scratch, 32, k, scratch, 32);
  for (let r = 0; r < rows; r++) copyFloats(c + <usize>r * cRow, scratch + (<usize>r << 5), columns);
}
