/**
 * The phases of Winograd's convolution as steps of their own, over all tiles of a batch or of a chunk of it. The filter's gradient sums over all tiles; scheme 9 needs them in
 * every direction: its filter is larger than the images, and each plane of it is read once and not once a block of tiles. The filter is taken in blocks of
 * columns, so that what one step writes (169 planes of 256 x 64: 11 MB) is still in the last-level cache when the next one reads it. Words as in
 * `winograd.ts`.
 */
import { word, address, real } from './memory';
import { packPanel } from './matmul';
import { rowsTile, columnsTile, rowsOfTile, ROWS } from './micro';
import { copyFloats, ZEROS } from './tile';
import { nineFilterTile, nineFilterAdjointTile } from './winogradNine';
import {
  readShape, filterPlane, addVectors, transformOutput, addInputTile, four, nine, points, PANEL_V, PANEL_M, channelsIn, channelsOut, tilesDown, tilesAcross, planeV, planeM, planeU, temp, patch,
} from './winograd';
import { firstJob, nextJob, piecesPerJob } from './shares';

/** Rows of a panel that are transformed together. */
const BLOCK: i32 = 64;
/** Bytes between taps in the patch: 64 rows of a panel, off the powers of two. */
const TAP: usize = 2112;

/**
 * U of 9 x 9 taps, in panels of 8: the taps of a block are first laid side by side. Own words: 18 w, 19 U, 20 whether panels are of channels in (for the
 * input gradient), 21 first panel, 22 panels. Threads share the blocks.
 */
export function winogradFilterNine(args: usize, thread: i32, threads: i32): void {
  readShape(args, thread);
  const w = address(args, 18), u = address(args, 19);
  const transposed = word(args, 20) != 0;
  const pixel = <usize>channelsOut << 2;
  const tapStep = <usize>channelsIn * pixel;
  const rows = transposed ? channelsOut : channelsIn;
  const rowStride: usize = transposed ? 4 : pixel, columnStride: usize = transposed ? pixel : 4;
  const firstPanel = word(args, 21), panels = word(args, 22);
  const jobs = (rows + BLOCK - 1) / BLOCK * panels;
  const last = jobs * (thread + 1) / threads;
  for (let job = jobs * thread / threads; job < last; job++) {
    const block = job / panels;
    const panel = job - block * panels;
    const count = min(BLOCK, rows - block * BLOCK);
    const from = w + <usize>(block * BLOCK) * rowStride + <usize>((firstPanel + panel) << 3) * columnStride;
    for (let tap = 0; tap < 81; tap++) packPanel(patch + <usize>tap * TAP, from + <usize>tap * tapStep, count, 8, rowStride, columnStride);
    nineFilterTile(patch, 9 * TAP, TAP, u + (<usize>(panel * rows + block * BLOCK) << 5), planeU, temp, count << 3);
  }
}

/**
 * Every plane of tiles times its panels of U. Own words: 18 a, 19 U, 20 c, 21 whether from dM to dV (else from V to M), 22 first panel, 23 panels. Threads
 * share the planes.
 */
export function winogradProducts(args: usize, thread: i32, threads: i32): void {
  readShape(args, thread);
  const a = address(args, 18), u = address(args, 19), c = address(args, 20) + (address(args, 22) << 5);
  const back = word(args, 21) != 0;
  const panels = word(args, 23);
  const tiles = word(args, 1) * tilesDown * tilesAcross;
  const depth = back ? channelsOut : channelsIn, columns = back ? channelsIn : channelsOut;
  const planeA = back ? planeM : planeV, planeC = back ? planeV : planeM;
  const planes = points * points;
  for (let plane = firstJob(planes, thread, threads); plane < planes; plane = nextJob()) {
    multiplyPlane(a + <usize>plane * planeA, depth, u + <usize>plane * planeU, c + <usize>plane * planeC, columns, tiles, panels);
  }
}

/** Depth of one call of the micro-kernel. */
const SLICE: i32 = 256;

function multiplyPlane(a: usize, depth: i32, u: usize, c: usize, columns: i32, tiles: i32, panels: i32): void {
  const aRow = <usize>depth << 2, cRow = <usize>columns << 2;
  for (let k0 = 0; k0 < depth; k0 += SLICE) {
    const k = min(SLICE, depth - k0);
    for (let panel = 0; panel < panels; panel++) {
      const bAt = u + (<usize>(panel * depth + k0) << 5);
      for (let row = 0; row < tiles; row += ROWS) {
        const at = c + <usize>row * cRow + (<usize>panel << 5);
        rowsTile(min(ROWS, tiles - row), a + <usize>row * aRow + (<usize>k0 << 2), aRow, bAt, 32, at, cRow, k, k0 > 0 ? at : ZEROS, k0 > 0 ? cRow : 0);
      }
    }
  }
}

/** y of all tiles. Own words: 18 M, 19 y, 20 bias, 21 activation, 22 alpha. Threads share the tiles. */
export function winogradOutputs(args: usize, thread: i32, threads: i32): void {
  readShape(args, thread);
  const m = address(args, 18), y = address(args, 19), bias = address(args, 20);
  const kind = word(args, 21);
  const alpha = real(args, 22);
  const tiles = word(args, 1) * tilesDown * tilesAcross;
  const last = tiles * (thread + 1) / threads;
  for (let tile = tiles * thread / threads; tile < last; tile++) transformOutput(m + (<usize>(tile * channelsOut) << 2), tile, y, bias, kind, alpha);
}

/** dx of all tiles, which must be 0 before. Own words: 18 dV, 19 dx. Threads share the images: tiles overlap and add up in their order. */
export function winogradInputAdjoints(args: usize, thread: i32, threads: i32): void {
  readShape(args, thread);
  const v = address(args, 18), dx = address(args, 19);
  const batch = word(args, 1);
  const tiles = tilesDown * tilesAcross;
  const last = batch * (thread + 1) / threads * tiles;
  for (let tile = batch * thread / threads * tiles; tile < last; tile++) addInputTile(v + (<usize>(tile * channelsIn) << 2), tile, dx);
}

/** Most tiles that are summed at once: a panel of V and one of dM lie in a first-level cache of 32 KiB. */
const TILES: i32 = 384;

/**
 * dU = Vt dM for each plane of U. Own words: 18 V, 19 dM (both in panels), 20 dU, 21 first panel of dM, 22 panels: a row of dU holds their channels out, 23 whether dU is added
 * to. Threads share the planes and blocks of 8 panels.
 */
export function winogradFilterProducts(args: usize, thread: i32, threads: i32): void {
  readShape(args, thread);
  const v = address(args, 18), m = address(args, 19), u = address(args, 20);
  const tiles = word(args, 1) * tilesDown * tilesAcross;
  const tileV = <usize>PANEL_V << 2, tileM = <usize>PANEL_M << 2;
  const panels = word(args, 22);
  const adds = word(args, 23) != 0;
  const from = m + <usize>(word(args, 21) * tiles) * tileM, rowU = <usize>panels << 5;
  const blocks = (panels + 7) >> 3;
  const planes = points * points;
  const jobs = (nine ? 169 : four ? 36 : 25) * blocks;
  const most = piecesPerJob(tiles, TILES, 1, 1);
  for (let job = firstJob(jobs, thread, threads); job < jobs; job = nextJob()) {
    const target = job / blocks;
    const firstPanel = (job - target * blocks) << 3;
    const lastPanel = min(panels, firstPanel + 8);
    const to = u + <usize>target * planeU;
    let begun = adds;
    for (let plane = 0; plane < planes; plane++) {
      if (filterPlane(plane) != target) continue;
      const planeAt = v + <usize>plane * planeV, gradientAt = from + <usize>plane * planeM;
      for (let tile = 0; tile < tiles; tile += most) {
        const k = min(most, tiles - tile);
        for (let c = 0; c < channelsIn; c += PANEL_V) {
          const aAt = planeAt + <usize>(c / PANEL_V * tiles + tile) * tileV;
          const rows = min(PANEL_V, channelsIn - c);
          for (let panel = firstPanel; panel < lastPanel; panel++) {
            const bAt = gradientAt + <usize>(panel * tiles + tile) * tileM;
            for (let row = 0; row < rows;) {
              const at = to + <usize>(c + row) * rowU + (<usize>panel << 5);
              const count = rowsOfTile(rows - row);
              columnsTile(count, aAt + (<usize>row << 2), tileV, bAt, tileM, at, rowU, k, begun ? at : ZEROS, begun ? rowU : 0);
              row += count;
            }
          }
        }
        begun = true;
      }
    }
  }
}

/** dw of 9 x 9 taps from dU. Own words: 18 dU, 19 dw, 20 whether dw is added to, 21 first panel, 22 panels. Threads share the channels in. */
export function winogradFilterAdjointNine(args: usize, thread: i32, threads: i32): void {
  readShape(args, thread);
  const u = address(args, 18), dw = address(args, 19) + (address(args, 21) << 5);
  const adds = word(args, 20) != 0;
  const columns = word(args, 22) << 3;
  const pixel = <usize>channelsOut << 2, rowU = <usize>columns << 2;
  const tapStep = <usize>channelsIn * pixel;
  const patchTap = rowU + 64;
  const last = channelsIn * (thread + 1) / threads;
  for (let c = channelsIn * thread / threads; c < last; c++) {
    nineFilterAdjointTile(u + <usize>c * rowU, planeU, patch, 9 * patchTap, patchTap, temp, columns);
    for (let tap = 0; tap < 81; tap++) {
      const to = dw + <usize>tap * tapStep + <usize>c * pixel, from = patch + <usize>tap * patchTap;
      if (adds) addVectors(to, from, columns);
      else copyFloats(to, from, columns);
    }
  }
}
