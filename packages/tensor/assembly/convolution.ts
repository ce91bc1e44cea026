/**
 * Convolutions as matrix products. In NHWC the filter's columns and channels of one filter row are a contiguous run for each output pixel; the
 * runs of a block of pixels are gathered side by side in the thread's scratch, a slice of the depth at a time, and multiplied with packed
 * filters. Blocks run across the ends of rows and images, so that tiles are full.
 */
import { word, address, real } from './memory';
import { packPanel } from './matmul';
import { rowsTile, columnsTile, rowsOfTile, ROWS } from './micro';
import { activate, copyFloats, startRow, ZEROS } from './tile';
import { firstJob, nextJob, piecesPerJob } from './shares';

/** Pixels of a block, and how much of the depth is gathered at once. */
const BLOCK: i32 = 8 * ROWS;
const DEPTH: i32 = 512;

/** Copies whole runs of at least 4 elements to `to`, one behind the other. The last vector of a run overlaps the one before. */
function gatherWhole(to: usize, x: usize, runOffsets: usize, runStep: usize, runs: i32, runLength: i32): void {
  const last = <usize>(runLength - 4) << 2;
  const end = runOffsets + <usize>runs * runStep;
  while (runOffsets < end) {
    const from = x + <usize>load<i32>(runOffsets);
    let at: usize = 0;
    while (at < last) {
      v128.store(to + at, v128.load(from + at));
      at += 16;
    }
    v128.store(to + last, v128.load(from + last));
    to += last + 16;
    runOffsets += runStep;
  }
}

/** Copies elements [k0, k1) of the concatenated runs at `x` to `to`. */
export function gatherRuns(to: usize, x: usize, runOffsets: usize, runStep: usize, runLength: i32, k0: i32, k1: i32): void {
  let run = k0 / runLength;
  let inside = k0 - run * runLength;
  let k = k0;
  while (k < k1) {
    const count = min(runLength - inside, k1 - k);
    copyFloats(to, x + <usize>load<i32>(runOffsets + <usize>run * runStep) + (<usize>inside << 2), count);
    to += <usize>count << 2;
    k += count;
    run++;
    inside = 0;
  }
}

/**
 * Correlates `x` (already padded) with packed filters and writes y with arbitrary pixel strides.
 * Words: x, panels, y, bias, batch, outHeight, outWidth, channelsOut (of this group), runs, runLength, xImage, xRow (bytes from one output row to the
 * next), xPixel (bytes from one output pixel to the next), yImage, yRow, yPixel (bytes), activation, alpha,
 * scratch, scratchPerThread, then `runs` byte offsets into x.
 */
export function correlate(args: usize, thread: i32, threads: i32): void {
  const x = address(args, 0), panelsAt = address(args, 1), y = address(args, 2), bias = address(args, 3);
  const batch = word(args, 4), height = word(args, 5), width = word(args, 6), channels = word(args, 7);
  const runs = word(args, 8), runLength = word(args, 9);
  const xImage = <usize>word(args, 10), xRow = <usize>word(args, 11), xPixel = <usize>word(args, 12);
  const yImage = <usize>word(args, 13), yRow = <usize>word(args, 14), yPixel = <usize>word(args, 15);
  const kind = word(args, 16);
  const alpha = real(args, 17);
  const scratch = address(args, 18) + <usize>(word(args, 19) * thread);
  const runOffsets = args + 80;
  const panels = (channels + 7) >> 3;
  const depth = runs * runLength;
  const wholeRuns = depth <= DEPTH && runLength >= 4;
  // Where the pixels of y lie one behind the other, tiles are stored there.
  const dense = (channels & 7) == 0 && depth > 0 && yPixel == <usize>channels << 2 && yRow == <usize>width * yPixel && yImage == <usize>height * yRow;
  // Otherwise results of a block, rows of all panels; the gathered pixels behind them. Not a power of two apart.
  const scratchRow = (<usize>panels << 5) + 64;
  const gathered = scratch + <usize>BLOCK * scratchRow;
  const cRow = dense ? yPixel : scratchRow;
  const imagePixels = height * width;
  const pixels = batch * imagePixels;
  const jobs = (pixels + BLOCK - 1) / BLOCK;
  for (let job = firstJob(jobs, thread, threads); job < jobs; job = nextJob()) {
    const first = job * BLOCK;
    const count = min(BLOCK, pixels - first);
    const results = dense ? y + <usize>first * yPixel : scratch;
    for (let k0 = 0; k0 < depth; k0 += DEPTH) {
      const k1 = min(depth, k0 + DEPTH);
      const aRow = (<usize>(k1 - k0) << 2) + 64;
      startPixels(first, height, width);
      for (let p = 0; p < count; p++) {
        const at = x + <usize>image * xImage + <usize>row * xRow + <usize>column * xPixel;
        if (wholeRuns) gatherWhole(gathered + <usize>p * aRow, at, runOffsets, 4, runs, runLength);
        else gatherRuns(gathered + <usize>p * aRow, at, runOffsets, 4, runLength, k0, k1);
        nextPixel();
      }
      const fromBias = k0 == 0 && bias != 0 && (channels & 7) == 0;
      for (let panel = 0; panel < panels; panel++) {
        const bAt = panelsAt + ((<usize>panel * <usize>depth + <usize>k0) << 5);
        const cAt = results + (<usize>panel << 5);
        for (let p = 0; p < count; p += ROWS) {
          const tile = cAt + <usize>p * cRow;
          const from = k0 > 0 ? tile : fromBias ? bias + (<usize>panel << 5) : ZEROS;
          rowsTile(min(ROWS, count - p), gathered + <usize>p * aRow, aRow, bAt, 32, tile, cRow, k1 - k0, from, k0 > 0 ? cRow : 0);
        }
      }
    }
    if (dense) {
      activate(results, count * channels, kind, alpha);
      continue;
    }
    const addBias = bias != 0 && ((channels & 7) != 0 || depth == 0);
    startPixels(first, height, width);
    for (let p = 0; p < count; p++) {
      const to = y + <usize>image * yImage + <usize>row * yRow + <usize>column * yPixel;
      if (depth == 0) startRow(to, 0, channels);
      else copyFloats(to, scratch + <usize>p * cRow, channels);
      if (addBias) addFloats(to, bias, channels);
      if (kind != 0) activate(to, channels, kind, alpha);
      nextPixel();
    }
  }
}

// The pixel that this thread is at; globals belong to a thread's instance.
let image: i32 = 0, row: i32 = 0, column: i32 = 0, lastRow: i32 = 0, lastColumn: i32 = 0;

function startPixels(pixel: i32, height: i32, width: i32): void {
  const rows = pixel / width;
  image = rows / height;
  row = rows - image * height;
  column = pixel - rows * width;
  lastRow = height - 1; lastColumn = width - 1;
}

// @ts-ignore: decorator
@inline function nextPixel(): void {
  if (column < lastColumn) { column++; return; }
  column = 0;
  if (row < lastRow) { row++; return; }
  row = 0;
  image++;
}

/** to += from, n floats. */
export function addFloats(to: usize, from: usize, n: i32): void {
  const end = to + (<usize>n << 2);
  const whole = to + (<usize>(n >> 2) << 4);
  while (to < whole) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
    to += 16; from += 16;
  }
  while (to < end) {
    store<f32>(to, load<f32>(to) + load<f32>(from));
    to += 4; from += 4;
  }
}

/** Most rows of dw that are summed together over all pixels: their results stay in the cache. */
const FILTER_ROWS: i32 = 16 * ROWS;
/** Pixels gathered at once. */
const PIXELS: i32 = 64;
/** Pixels of dy that are further apart (bytes) are copied into panels: 64 of them would fall into few sets of the cache. */
const FAR: usize = 256;

/**
 * Gradient of the filter: x gathered as above, read column by column, times dy, whose pixels lie one behind the other.
 * Words: x, dy, dw, batch, outHeight, outWidth, channelsOut, runs, runLength, xImage, xRow, xPixel, dyPixel, dwRow (bytes between rows of dw),
 * scratch, scratchPerThread, then for each run: offset into x (bytes), offset into dw (bytes).
 * Threads share the rows of dw; each row is summed over all pixels in the same order.
 */
export function filterGradient(args: usize, thread: i32, threads: i32): void {
  const x = address(args, 0), dy = address(args, 1), dw = address(args, 2);
  const batch = word(args, 3), height = word(args, 4), width = word(args, 5), channels = word(args, 6);
  const runs = word(args, 7), runLength = word(args, 8);
  const xImage = <usize>word(args, 9), xRow = <usize>word(args, 10), xPixel = <usize>word(args, 11);
  const dyPixel = <usize>word(args, 12), dwRow = <usize>word(args, 13);
  const scratch = address(args, 14) + <usize>(word(args, 15) * thread);
  const offsets = args + 64;
  const panels = (channels + 7) >> 3;
  const depth = runs * runLength;
  // A panel of dy, the gathered pixels, and the results of the rows.
  const copied = (channels & 7) != 0 || dyPixel > FAR;
  const bPanel = copied ? (<usize>PIXELS << 5) + 64 : 32;
  const bStep = copied ? 32 : dyPixel;
  const gathered = scratch + <usize>panels * ((<usize>PIXELS << 5) + 64);
  const sums = gathered + <usize>PIXELS * ((<usize>FILTER_ROWS << 2) + 64);
  const cRow = (<usize>panels << 5) + 64;
  const pixels = batch * height * width;
  // Whole tiles: a small filter too is shared.
  const rows = piecesPerJob(depth, FILTER_ROWS, ROWS, threads);
  const jobs = (depth + rows - 1) / rows;
  // A small filter is gathered whole by each thread.
  const wholeRuns = depth <= FILTER_ROWS && runLength >= 4;
  for (let job = firstJob(jobs, thread, threads); job < jobs; job = nextJob()) {
    const k0 = job * rows;
    const k1 = min(depth, k0 + rows);
    const aStep = (<usize>(wholeRuns ? depth : k1 - k0) << 2) + 64;
    const from = gathered + (wholeRuns ? <usize>k0 << 2 : 0);
    for (let first = 0; first < pixels; first += PIXELS) {
      const count = min(PIXELS, pixels - first);
      startPixels(first, height, width);
      for (let p = 0; p < count; p++) {
        const at = x + <usize>image * xImage + <usize>row * xRow + <usize>column * xPixel;
        if (wholeRuns) gatherWhole(gathered + <usize>p * aStep, at, offsets, 8, runs, runLength);
        else gatherRuns(gathered + <usize>p * aStep, at, offsets, 8, runLength, k0, k1);
        nextPixel();
      }
      const dyAt = dy + <usize>first * dyPixel;
      if (copied) {
        for (let panel = 0; panel < panels; panel++) packPanel(scratch + <usize>panel * bPanel, dyAt + (<usize>panel << 5), count, min(8, channels - (panel << 3)), dyPixel, 4);
      }
      for (let panel = 0; panel < panels; panel++) {
        const bAt = (copied ? scratch : dyAt) + <usize>panel * bPanel;
        for (let k = k0; k < k1;) {
          const tileRows = rowsOfTile(k1 - k);
          const tile = sums + <usize>(k - k0) * cRow + (<usize>panel << 5);
          columnsTile(tileRows, from + (<usize>(k - k0) << 2), aStep, bAt, bStep, tile, cRow, count, first > 0 ? tile : ZEROS, first > 0 ? cRow : 0);
          k += tileRows;
        }
      }
    }
    for (let k = k0; k < k1; k++) {
      const run = k / runLength;
      const to = dw + <usize>load<i32>(offsets + (<usize>run << 3) + 4) + <usize>(k - run * runLength) * dwRow;
      copyFloats(to, sums + <usize>(k - k0) * cRow, channels);
    }
  }
}
