/**
 * Convolutions as matrix products. In NHWC the filter's columns and channels of one filter row are a contiguous run for each output pixel; the
 * runs of a block of pixels are gathered side by side in the thread's scratch, a slice of the depth at a time, and multiplied with packed
 * filters. Blocks run across the ends of rows and images, so that tiles are full.
 */
import { word, address, real } from './memory';
import { rowsTile, columnsTile, ROWS } from './micro';
import { activate, copyFloats, startRow, ZEROS } from './tile';
import { firstJob, nextJob, piecesPerJob } from './shares';

/** Pixels of a block, and how much of the depth is gathered at once. */
const BLOCK: i32 = 8 * ROWS;
const DEPTH: i32 = 512;

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
  // Results of a block, rows of all panels; the gathered pixels behind them. Not a power of two apart.
  const cRow = (<usize>panels << 5) + 64;
  const gathered = scratch + <usize>BLOCK * cRow;
  const imagePixels = height * width;
  const pixels = batch * imagePixels;
  const jobs = (pixels + BLOCK - 1) / BLOCK;
  for (let job = firstJob(jobs, thread, threads); job < jobs; job = nextJob()) {
    const first = job * BLOCK;
    const count = min(BLOCK, pixels - first);
    for (let k0 = 0; k0 < depth; k0 += DEPTH) {
      const k1 = min(depth, k0 + DEPTH);
      const aRow = (<usize>(k1 - k0) << 2) + 64;
      for (let p = 0; p < count; p++) {
        const image = (first + p) / imagePixels;
        const rest = first + p - image * imagePixels;
        const row = rest / width;
        const at = x + <usize>image * xImage + <usize>row * xRow + <usize>(rest - row * width) * xPixel;
        gatherRuns(gathered + <usize>p * aRow, at, runOffsets, 4, runLength, k0, k1);
      }
      const fromBias = k0 == 0 && bias != 0 && (channels & 7) == 0;
      for (let panel = 0; panel < panels; panel++) {
        const bAt = panelsAt + ((<usize>panel * <usize>depth + <usize>k0) << 5);
        const cAt = scratch + (<usize>panel << 5);
        for (let p = 0; p < count; p += ROWS) {
          const tile = cAt + <usize>p * cRow;
          const from = k0 > 0 ? tile : fromBias ? bias + (<usize>panel << 5) : ZEROS;
          rowsTile(min(ROWS, count - p), gathered + <usize>p * aRow, aRow, bAt, 32, tile, cRow, k1 - k0, from, k0 > 0 ? cRow : 0);
        }
      }
    }
    const addBias = bias != 0 && ((channels & 7) != 0 || depth == 0);
    for (let p = 0; p < count; p++) {
      const image = (first + p) / imagePixels;
      const rest = first + p - image * imagePixels;
      const row = rest / width;
      const to = y + <usize>image * yImage + <usize>row * yRow + <usize>(rest - row * width) * yPixel;
      if (depth == 0) startRow(to, 0, channels);
      else copyFloats(to, scratch + <usize>p * cRow, channels);
      if (addBias) addFloats(to, bias, channels);
      if (kind != 0) activate(to, channels, kind, alpha);
    }
  }
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

/**
 * Gradient of the filter: x gathered as above, read column by column, times dy.
 * Words: x, dy, dw, batch, outHeight, outWidth, channelsOut, runs, runLength, xImage, xRow, xPixel, dyImage, dyRow, dyPixel, dwRow (bytes between rows of dw),
 * scratch, scratchPerThread, then for each run: offset into x (bytes), offset into dw (bytes).
 * Threads share the rows of dw; each row is summed over all pixels in the same order.
 */
export function filterGradient(args: usize, thread: i32, threads: i32): void {
  const x = address(args, 0), dy = address(args, 1), dw = address(args, 2);
  const batch = word(args, 3), height = word(args, 4), width = word(args, 5), channels = word(args, 6);
  const runs = word(args, 7), runLength = word(args, 8);
  const xImage = <usize>word(args, 9), xRow = <usize>word(args, 10), xPixel = <usize>word(args, 11);
  const dyImage = <usize>word(args, 12), dyRow = <usize>word(args, 13), dyPixel = <usize>word(args, 14), dwRow = <usize>word(args, 15);
  const scratch = address(args, 16) + <usize>(word(args, 17) * thread);
  const offsets = args + 72;
  const panels = (channels + 7) >> 3;
  const depth = runs * runLength;
  // A panel of dy, the gathered pixels, and the results of the rows.
  const bPanel = (<usize>PIXELS << 5) + 64;
  const gathered = scratch + <usize>panels * bPanel;
  const sums = gathered + <usize>PIXELS * ((<usize>FILTER_ROWS << 2) + 64);
  const cRow = (<usize>panels << 5) + 64;
  const imagePixels = height * width;
  const pixels = batch * imagePixels;
  // Whole tiles: a small filter too is shared.
  const rows = piecesPerJob(depth, FILTER_ROWS, ROWS, threads);
  const jobs = (depth + rows - 1) / rows;
  for (let job = firstJob(jobs, thread, threads); job < jobs; job = nextJob()) {
    const k0 = job * rows;
    const k1 = min(depth, k0 + rows);
    const aStep = (<usize>(k1 - k0) << 2) + 64;
    for (let first = 0; first < pixels; first += PIXELS) {
      const count = min(PIXELS, pixels - first);
      for (let p = 0; p < count; p++) {
        const image = (first + p) / imagePixels;
        const rest = first + p - image * imagePixels;
        const row = rest / width;
        const column = rest - row * width;
        gatherRuns(gathered + <usize>p * aStep, x + <usize>image * xImage + <usize>row * xRow + <usize>column * xPixel, offsets, 8, runLength, k0, k1);
        const dyAt = dy + <usize>image * dyImage + <usize>row * dyRow + <usize>column * dyPixel;
        for (let panel = 0; panel < panels; panel++) {
          copyFloats(scratch + <usize>panel * bPanel + (<usize>p << 5), dyAt + (<usize>panel << 5), min(8, channels - (panel << 3)));
        }
      }
      for (let panel = 0; panel < panels; panel++) {
        const bAt = scratch + <usize>panel * bPanel;
        for (let k = k0; k < k1; k += ROWS) {
          const tile = sums + <usize>(k - k0) * cRow + (<usize>panel << 5);
          columnsTile(min(ROWS, k1 - k), gathered + (<usize>(k - k0) << 2), aStep, bAt, 32, tile, cRow, count, first > 0 ? tile : ZEROS, first > 0 ? cRow : 0);
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
