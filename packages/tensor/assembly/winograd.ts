/**
 * Winograd's convolutions: transforms of tiles (`winogradTiles.ts`) around one small matrix product for each plane. Forward and input gradient
 * carry a block of tiles through all three phases while it lies in the second-level cache; the filter's gradient sums over all tiles, so
 * its phases are steps of their own, over a chunk of the images at a time. So are all of scheme 9, whose filter is larger than the images (`winogradSteps.ts`).
 *
 * Words of every kernel: 0 scheme (4: 3 x 3 taps, stride 1; 3: 3 x 3, stride 2; 9: 9 x 9, stride 2), 1 batch, 2 inHeight, 3 inWidth, 4 channelsIn, 5 channelsOut, 6 outHeight, 7 outWidth, 8 padTop,
 * 9 padLeft, 10 tilesDown, 11 tilesAcross, 12 blockTiles, 13 planeV, 14 planeM, 15 planeU (bytes from one plane to the next), 16 scratch,
 * 17 scratchPerThread; then its own. Channels are multiples of 8.
 */
import { word, address, real } from './memory';
import { rowsTile, ROWS } from './micro';
import { activate, clearFloats, copyFloats, ZEROS } from './tile';
import {
  fourInputTile, fourInputAdjointTile, fourOutputTile, fourOutputAdjointTile, fourFilterTile, fourFilterAdjointTile,
  threeInputTile, threeInputAdjointTile, threeOutputTile, threeOutputAdjointTile, threeFilterTile, threeFilterAdjointTile,
} from './winogradTiles';
import { nineInputTile, nineInputAdjointTile, nineOutputTile, nineOutputAdjointTile } from './winogradNine';
import { firstJob, nextJob, piecesPerJob } from './shares';

/** Depth of one call of the micro-kernel. */
const SLICE: i32 = 256;

// The shape of the step that this thread is in; globals belong to a thread's instance.
export let four: bool = true, nine: bool = false;
export let points: i32 = 6, results: i32 = 4, advance: i32 = 4;
let inHeight: i32 = 0, inWidth: i32 = 0;
export let channelsIn: i32 = 0, channelsOut: i32 = 0;
let outHeight: i32 = 0, outWidth: i32 = 0;
let padTop: i32 = 0, padLeft: i32 = 0, blockTiles: i32 = 0;
export let tilesDown: i32 = 0, tilesAcross: i32 = 0;
export let planeV: usize = 0, planeM: usize = 0, planeU: usize = 0;
/** In the thread's scratch: a vector of each plane; a tile of pixels; for forward and input gradient blocks of V and M. */
export let temp: usize = 0, patch: usize = 0;
let blockV: usize = 0, blockM: usize = 0;

export function readShape(args: usize, thread: i32): void {
  four = word(args, 0) == 4;
  nine = word(args, 0) == 9;
  points = four ? 6 : nine ? 13 : 7; results = four ? 4 : 3; advance = four ? 4 : 6;
  inHeight = word(args, 2); inWidth = word(args, 3); channelsIn = word(args, 4); channelsOut = word(args, 5);
  outHeight = word(args, 6); outWidth = word(args, 7); padTop = word(args, 8); padLeft = word(args, 9);
  tilesDown = word(args, 10); tilesAcross = word(args, 11); blockTiles = word(args, 12);
  planeV = <usize>word(args, 13); planeM = <usize>word(args, 14); planeU = <usize>word(args, 15);
  temp = address(args, 16) + <usize>word(args, 17) * <usize>thread;
  patch = temp + 2752;
  blockV = patch + <usize>(points * points) * patchPixel(max(channelsIn, channelsOut)) + 192;
  blockM = blockV + <usize>(points * points) * planeV;
}

/** Bytes from one pixel of the patch to the next. Many pixels of 4 KiB / n each would fall into few sets of the cache. */
// @ts-ignore: decorator
@inline function patchPixel(channels: i32): usize { return (<usize>channels << 2) + (nine ? 64 : 0); }

/** The plane of U that meets a plane of V: in scheme 3 all plain products of an axis share one. */
export function filterPlane(plane: i32): i32 {
  if (four || nine) return plane;
  const i = plane / 7;
  return min(i, 4) * 5 + min(plane - i * 7, 4);
}

/** V of one tile of x: `to` is the tile's place in plane 0. `width` channels lie side by side there, the next ones `step` bytes further. */
export function transformInput(x: usize, tile: i32, to: usize, width: i32, step: usize): void {
  const perImage = tilesDown * tilesAcross;
  const image = tile / perImage;
  const row = (tile - image * perImage) / tilesAcross;
  const top = row * advance - padTop;
  const left = (tile - image * perImage - row * tilesAcross) * advance - padLeft;
  const pixel = <usize>channelsIn << 2;
  const base = x + <usize>(image * inHeight * inWidth) * pixel;
  let from = base + <usize>(top * inWidth + left) * pixel, fromRow = <usize>inWidth * pixel, fromPixel = pixel;
  if (nine || top < 0 || left < 0 || top + points > inHeight || left + points > inWidth) {
    from = patch;
    fromPixel = patchPixel(channelsIn);
    fromRow = <usize>points * fromPixel;
    loadPatch(base, inHeight, inWidth, top, left, points, channelsIn);
  }
  for (let c = 0; c < channelsIn; c += width) {
    const channels = min(width, channelsIn - c);
    if (nine) nineInputTile(from, fromRow, fromPixel, to, planeV, temp, channels);
    else if (four) fourInputTile(from, fromRow, fromPixel, to, planeV, temp, channels);
    else threeInputTile(from, fromRow, fromPixel, to, planeV, temp, channels);
    from += <usize>channels << 2;
    to += step;
  }
}

/** Copies a square of pixels that reaches beyond the image to `patch`, with zeros for what lies outside. */
function loadPatch(base: usize, height: i32, width: i32, top: i32, left: i32, side: i32, channels: i32): void {
  const pixel = <usize>channels << 2;
  let to = patch;
  for (let i = top; i < top + side; i++) {
    for (let j = left; j < left + side; j++) {
      if (i < 0 || i >= height || j < 0 || j >= width) clearFloats(to, channels);
      else copyFloats(to, base + <usize>(i * width + j) * pixel, channels);
      to += patchPixel(channels);
    }
  }
}

/** dM of one tile of dy; `to`, `width` and `step` as above. */
export function transformGradient(dy: usize, tile: i32, to: usize, width: i32, step: usize): void {
  const perImage = tilesDown * tilesAcross;
  const image = tile / perImage;
  const row = (tile - image * perImage) / tilesAcross;
  const top = row * results, left = (tile - image * perImage - row * tilesAcross) * results;
  const pixel = <usize>channelsOut << 2;
  const base = dy + <usize>(image * outHeight * outWidth) * pixel;
  let from = base + <usize>(top * outWidth + left) * pixel, fromRow = <usize>outWidth * pixel, fromPixel = pixel;
  if (top + results > outHeight || left + results > outWidth) {
    from = patch;
    fromPixel = patchPixel(channelsOut);
    fromRow = <usize>results * fromPixel;
    loadPatch(base, outHeight, outWidth, top, left, results, channelsOut);
  }
  for (let c = 0; c < channelsOut; c += width) {
    const channels = min(width, channelsOut - c);
    if (nine) nineOutputAdjointTile(from, fromRow, fromPixel, to, planeM, temp, channels);
    else if (four) fourOutputAdjointTile(from, fromRow, fromPixel, to, planeM, temp, channels);
    else threeOutputAdjointTile(from, fromRow, fromPixel, to, planeM, temp, channels);
    from += <usize>channels << 2;
    to += step;
  }
}

/** A block's products: every plane of `a` (tiles x depth) times its panels of U, to `c` (tiles x columns). */
function multiplyPlanes(a: usize, planeA: usize, depth: i32, u: usize, c: usize, planeC: usize, columns: i32, tiles: i32): void {
  const planes = points * points;
  const panels = columns >> 3;
  const aRow = <usize>depth << 2, cRow = <usize>columns << 2;
  for (let plane = 0; plane < planes; plane++) {
    const aPlane = a + <usize>plane * planeA, cPlane = c + <usize>plane * planeC;
    const uPlane = u + <usize>filterPlane(plane) * planeU;
    for (let k0 = 0; k0 < depth; k0 += SLICE) {
      const k = min(SLICE, depth - k0);
      for (let panel = 0; panel < panels; panel++) {
        const bAt = uPlane + (<usize>(panel * depth + k0) << 5);
        for (let row = 0; row < tiles; row += ROWS) {
          const at = cPlane + <usize>row * cRow + (<usize>panel << 5);
          rowsTile(min(ROWS, tiles - row), aPlane + <usize>row * aRow + (<usize>k0 << 2), aRow, bAt, 32, at, cRow, k, k0 > 0 ? at : ZEROS, k0 > 0 ? cRow : 0);
        }
      }
    }
  }
}

/** Own words: 18 x, 19 U, 20 y, 21 bias, 22 activation, 23 alpha. Threads share the tiles. */
export function winogradForward(args: usize, thread: i32, threads: i32): void {
  readShape(args, thread);
  const x = address(args, 18), u = address(args, 19), y = address(args, 20), bias = address(args, 21);
  const kind = word(args, 22);
  const alpha = real(args, 23);
  const tiles = word(args, 1) * tilesDown * tilesAcross;
  const most = piecesPerJob(tiles, blockTiles, ROWS, threads);
  const jobs = (tiles + most - 1) / most;
  for (let job = firstJob(jobs, thread, threads); job < jobs; job = nextJob()) {
    const tile = job * most;
    const count = min(most, tiles - tile);
    for (let t = 0; t < count; t++) transformInput(x, tile + t, blockV + (<usize>(t * channelsIn) << 2), channelsIn, 0);
    multiplyPlanes(blockV, planeV, channelsIn, u, blockM, planeM, channelsOut, count);
    for (let t = 0; t < count; t++) transformOutput(blockM + (<usize>(t * channelsOut) << 2), tile + t, y, bias, kind, alpha);
  }
}

/** y of one tile, with bias and activation. */
export function transformOutput(from: usize, tile: i32, y: usize, bias: usize, kind: i32, alpha: f32): void {
  const perImage = tilesDown * tilesAcross;
  const image = tile / perImage;
  const row = (tile - image * perImage) / tilesAcross;
  const top = row * results, left = (tile - image * perImage - row * tilesAcross) * results;
  const pixel = <usize>channelsOut << 2, yRow = <usize>outWidth * pixel;
  const rows = min(results, outHeight - top), columns = min(results, outWidth - left);
  const whole = !nine && rows == results && columns == results;
  const at = y + <usize>((image * outHeight + top) * outWidth + left) * pixel;
  const to = whole ? at : patch, toRow = whole ? yRow : <usize>results * pixel;
  const biasAt = bias == 0 ? ZEROS : bias, biasStep: usize = bias == 0 ? 0 : 16;
  const floor = f32x4.splat(kind == 1 ? 0 : -Infinity);
  if (nine) nineOutputTile(from, planeM, to, toRow, pixel, temp, channelsOut);
  else if (four) fourOutputTile(from, planeM, to, toRow, pixel, temp, channelsOut, biasAt, biasStep, floor);
  else threeOutputTile(from, planeM, to, toRow, pixel, temp, channelsOut, biasAt, biasStep, floor);
  for (let i = 0; i < rows; i++) {
    const atRow = at + <usize>i * yRow;
    if (!whole) copyFloats(atRow, patch + <usize>i * toRow, columns * channelsOut);
    if (nine && bias != 0) for (let j = 0; j < columns; j++) addVectors(atRow + <usize>j * pixel, bias, channelsOut);
    if (kind > 1 || (nine && kind == 1)) activate(atRow, columns * channelsOut, kind, alpha);
  }
}

/** Own words: 18 dy, 19 U (panels of channels in), 20 dx. Threads share the images: tiles overlap in dx and add up in their order. */
export function winogradInputGradient(args: usize, thread: i32, threads: i32): void {
  readShape(args, thread);
  const dy = address(args, 18), u = address(args, 19), dx = address(args, 20);
  const batch = word(args, 1);
  const perImage = inHeight * inWidth * channelsIn;
  const tiles = tilesDown * tilesAcross;
  const images = piecesPerJob(batch, max(1, 2 * blockTiles / tiles), 1, threads);
  const jobs = (batch + images - 1) / images;
  for (let job = firstJob(jobs, thread, threads); job < jobs; job = nextJob()) {
    const firstImage = job * images, lastImage = min(batch, firstImage + images);
    clearFloats(dx + (<usize>(firstImage * perImage) << 2), (lastImage - firstImage) * perImage);
    const last = lastImage * tiles;
    for (let tile = firstImage * tiles; tile < last; tile += blockTiles) {
      const count = min(blockTiles, last - tile);
      for (let t = 0; t < count; t++) transformGradient(dy, tile + t, blockM + (<usize>(t * channelsOut) << 2), channelsOut, 0);
      multiplyPlanes(blockM, planeM, channelsOut, u, blockV, planeV, channelsIn, count);
      for (let t = 0; t < count; t++) addInputTile(blockV + (<usize>(t * channelsIn) << 2), tile + t, dx);
    }
  }
}

export function addInputTile(from: usize, tile: i32, dx: usize): void {
  const perImage = tilesDown * tilesAcross;
  const image = tile / perImage;
  const row = (tile - image * perImage) / tilesAcross;
  const top = row * advance - padTop;
  const left = (tile - image * perImage - row * tilesAcross) * advance - padLeft;
  const pixel = <usize>channelsIn << 2;
  const base = dx + <usize>(image * inHeight * inWidth) * pixel, dxRow = <usize>inWidth * pixel;
  if (!nine && top >= 0 && left >= 0 && top + points <= inHeight && left + points <= inWidth) {
    addTile(from, base + <usize>(top * inWidth + left) * pixel, dxRow, pixel);
    return;
  }
  const fromPixel = patchPixel(channelsIn);
  const stride = <usize>points * fromPixel;
  if (nine) nineInputAdjointTile(from, planeV, patch, stride, fromPixel, temp, channelsIn);
  else {
    clearFloats(patch, points * points * channelsIn);
    addTile(from, patch, stride, fromPixel);
  }
  const firstColumn = max(0, -left);
  const columns = min(points, inWidth - left) - firstColumn;
  const lastRow = min(points, inHeight - top);
  if (columns <= 0) return;
  for (let i = max(0, -top); i < lastRow; i++) {
    const to = base + <usize>((top + i) * inWidth + left + firstColumn) * pixel;
    const at = patch + <usize>i * stride + <usize>firstColumn * fromPixel;
    if (!nine) addVectors(to, at, columns * channelsIn);
    else for (let j = 0; j < columns; j++) addVectors(to + <usize>j * pixel, at + <usize>j * fromPixel, channelsIn);
  }
}

function addTile(from: usize, to: usize, toRow: usize, toPixel: usize): void {
  if (four) fourInputAdjointTile(from, planeV, to, toRow, toPixel, temp, channelsIn);
  else threeInputAdjointTile(from, planeV, to, toRow, toPixel, temp, channelsIn);
}

/** to += from; n floats, a multiple of 4. */
export function addVectors(to: usize, from: usize, n: i32): void {
  const end = to + (<usize>n << 2);
  while (to < end) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
    to += 16; from += 16;
  }
}

/**
 * U, packed for `multiplyPlanes`. Own words: 18 w, 19 U, 20 whether its panels are of channels in (for the input gradient). Threads share the channels
 * in.
 */
export function winogradFilter(args: usize, thread: i32, threads: i32): void {
  readShape(args, thread);
  const w = address(args, 18), u = address(args, 19);
  const transposed = word(args, 20) != 0;
  const pixel = <usize>channelsOut << 2;
  const tapStep = <usize>channelsIn * pixel;
  const last = channelsIn * (thread + 1) / threads;
  for (let c = channelsIn * thread / threads; c < last; c++) {
    for (let n = 0; n < channelsOut; n += 8) {
      const from = w + <usize>c * pixel + (<usize>n << 2);
      if (!transposed) transformFilter(from, tapStep, u + (<usize>((n >> 3) * channelsIn + c) << 5), planeU, 8);
      else {
        const to = u + (<usize>((c >> 3) * channelsOut + n) << 5) + (<usize>(c & 7) << 2);
        transformFilter(from, tapStep, patch, 16, 4);
        spreadLanes(patch, to);
        transformFilter(from + 16, tapStep, patch, 16, 4);
        spreadLanes(patch, to + 128);
      }
    }
  }
}

function transformFilter(from: usize, tapStep: usize, to: usize, plane: usize, channels: i32): void {
  if (four) fourFilterTile(from, 3 * tapStep, tapStep, to, plane, temp, channels);
  else threeFilterTile(from, 3 * tapStep, tapStep, to, plane, temp, channels);
}

/** Four channels out of every plane to four rows of a panel. */
function spreadLanes(from: usize, to: usize): void {
  const end = from + (four ? 36 * 16 : 25 * 16);
  while (from < end) {
    const x = v128.load(from);
    v128.store_lane<f32>(to, x, 0);
    v128.store_lane<f32>(to, x, 1, 32);
    v128.store_lane<f32>(to, x, 2, 64);
    v128.store_lane<f32>(to, x, 3, 96);
    from += 16; to += planeU;
  }
}

/** Tiles that a thread transforms at a time. */
const TRANSFORMS: i32 = 16;

/** Channels of a panel of V and of dM, in which `winogradFilterProducts` reads them: tiles of the micro-kernel (6 and 6 rows, without relaxed SIMD 5, 4 and 3), and its columns. */
export const PANEL_V: i32 = 12, PANEL_M: i32 = 8;

/**
 * V and dM of all tiles; an operand at 0 is left out. Own words: 18 x, 19 dy, 20 V, 21 dM, 22 whether they are laid in panels (all tiles of a few
 * channels one behind the other; else all channels of a tile). Threads share the tiles.
 */
export function winogradTransforms(args: usize, thread: i32, threads: i32): void {
  readShape(args, thread);
  const x = address(args, 18), dy = address(args, 19), v = address(args, 20), m = address(args, 21);
  const tiles = word(args, 1) * tilesDown * tilesAcross;
  const inPanels = word(args, 22) != 0;
  const widthV = inPanels ? PANEL_V : channelsIn, widthM = inPanels ? PANEL_M : channelsOut;
  const tileV = <usize>widthV << 2, tileM = <usize>widthM << 2;
  const stepV = <usize>tiles * tileV, stepM = <usize>tiles * tileM;
  const most = piecesPerJob(tiles, TRANSFORMS, 1, threads);
  const jobs = (tiles + most - 1) / most;
  for (let job = firstJob(jobs, thread, threads); job < jobs; job = nextJob()) {
    const last = min(tiles, (job + 1) * most);
    for (let tile = job * most; tile < last; tile++) {
      if (x != 0) transformInput(x, tile, v + <usize>tile * tileV, widthV, stepV);
      if (dy != 0) transformGradient(dy, tile, m + <usize>tile * tileM, widthM, stepM);
    }
  }
}

/** dw = Gt dU G. Own words: 18 dU, 19 dw. Threads share the channels in. */
export function winogradFilterAdjoint(args: usize, thread: i32, threads: i32): void {
  readShape(args, thread);
  const u = address(args, 18), dw = address(args, 19);
  const pixel = <usize>channelsOut << 2;
  const tapStep = <usize>channelsIn * pixel;
  const last = channelsIn * (thread + 1) / threads;
  for (let c = channelsIn * thread / threads; c < last; c++) {
    const from = u + <usize>c * pixel, to = dw + <usize>c * pixel;
    if (four) fourFilterAdjointTile(from, planeU, to, 3 * tapStep, tapStep, temp, channelsOut);
    else threeFilterAdjointTile(from, planeU, to, 3 * tapStep, tapStep, temp, channelsOut);
  }
}
