/**
 * Convolutions as matrix products without unfolding the input: in NHWC the filter's columns and channels of one filter row are a contiguous
 * run for each output pixel, so the micro-kernel walks over them where they lie, once a filter row.
 */
import { word, address, real } from './memory';
import { rowsTile, columnsTile } from './micro';
import { initTile, copyTile, activate } from './tile';

/**
 * Correlates `x` (already padded) with packed filters and writes y with arbitrary pixel strides.
 * Words: x, panels, y, bias, batch, outHeight, outWidth, channelsOut (of this group), runs, runLength, xImage, xRow (bytes from one output row to the
 * next), xPixel (bytes from one output pixel to the next), yImage, yRow, yPixel (bytes), activation, alpha, rowsPerJob,
 * scratch, scratchPerThread, runOffsets (address of `runs` byte offsets into x).
 */
export function correlate(args: usize, thread: i32, threads: i32): void {
  const x = address(args, 0), panelsAt = address(args, 1), y = address(args, 2), bias = address(args, 3);
  const batch = word(args, 4), height = word(args, 5), width = word(args, 6), channels = word(args, 7);
  const runs = word(args, 8), runLength = word(args, 9);
  const xImage = <usize>word(args, 10), xRow = <usize>word(args, 11), xPixel = <usize>word(args, 12);
  const yImage = <usize>word(args, 13), yRow = <usize>word(args, 14), yPixel = <usize>word(args, 15);
  const kind = word(args, 16);
  const alpha = real(args, 17);
  const rowsPerJob = word(args, 18);
  const scratch = address(args, 19) + <usize>(word(args, 20) * thread);
  const runOffsets = args + 88;
  const panels = (channels + 7) >> 3;
  const panelBytes = <usize>(runs * runLength) << 5;
  const runBytes = <usize>runLength << 5;
  const blocks = (height + rowsPerJob - 1) / rowsPerJob;
  const jobs = batch * blocks;
  const last = jobs * (thread + 1) / threads;
  for (let job = jobs * thread / threads; job < last; job++) {
    const image = job / blocks;
    const firstRow = (job - image * blocks) * rowsPerJob;
    const lastRow = min(height, firstRow + rowsPerJob);
    const xBase = x + <usize>image * xImage;
    const yBase = y + <usize>image * yImage;
    for (let row = firstRow; row < lastRow; row++) {
      for (let pixel = 0; pixel < width; pixel++) initTile(yBase + <usize>row * yRow + <usize>pixel * yPixel, 0, 1, channels, bias);
    }
    for (let run = 0; run < runs; run++) {
      const offset = <usize>load<i32>(runOffsets + (<usize>run << 2));
      for (let panel = 0; panel < panels; panel++) {
        const columns = min(8, channels - (panel << 3));
        const bAt = panelsAt + <usize>panel * panelBytes + <usize>run * runBytes;
        for (let row = firstRow; row < lastRow; row++) {
          const aRow = xBase + <usize>row * xRow + offset;
          const cRow = yBase + <usize>row * yRow + (<usize>panel << 5);
          for (let pixel = 0; pixel < width; pixel += 6) {
            const count = min(6, width - pixel);
            const at = cRow + <usize>pixel * yPixel;
            if (columns == 8) rowsTile(count, aRow + <usize>pixel * xPixel, xPixel, bAt, 32, at, yPixel, runLength);
            else {
              copyTile(scratch, 32, at, yPixel, count, columns);
              rowsTile(count, aRow + <usize>pixel * xPixel, xPixel, bAt, 32, scratch, 32, runLength);
              copyTile(at, yPixel, scratch, 32, count, columns);
            }
          }
        }
      }
    }
    if (kind != 0) {
      for (let row = firstRow; row < lastRow; row++) {
        const at = yBase + <usize>row * yRow;
        if (yPixel == <usize>channels << 2) activate(at, width * channels, kind, alpha);
        else for (let pixel = 0; pixel < width; pixel++) activate(at + <usize>pixel * yPixel, channels, kind, alpha);
      }
    }
  }
}

/**
 * Gradient of the filter. For each filter run its rows are contiguous at every pixel, so A is x read column by column.
 * Words: x, dy, dw, batch, outHeight, outWidth, channelsOut, runs, runLength, xImage, xRow, xPixel, dyImage, dyRow, dyPixel, dwRow (bytes between rows of dw),
 * scratch, scratchPerThread, 0, 0, then for each run: offset into x (bytes), offset into dw (bytes).
 * Threads share the rows of dw; every thread walks all pixels in the same order.
 */
export function filterGradient(args: usize, thread: i32, threads: i32): void {
  const x = address(args, 0), dy = address(args, 1), dw = address(args, 2);
  const batch = word(args, 3), height = word(args, 4), width = word(args, 5), channels = word(args, 6);
  const runs = word(args, 7), runLength = word(args, 8);
  const xImage = <usize>word(args, 9), xRow = <usize>word(args, 10), xPixel = <usize>word(args, 11);
  const dyImage = <usize>word(args, 12), dyRow = <usize>word(args, 13), dyPixel = <usize>word(args, 14), dwRow = <usize>word(args, 15);
  const scratch = address(args, 16) + <usize>(word(args, 17) * thread);
  const offsets = args + 80;
  const panels = (channels + 7) >> 3;
  const blocks = (runLength + 5) / 6;
  const jobs = runs * blocks;
  const first = jobs * thread / threads, last = jobs * (thread + 1) / threads;
  for (let job = first; job < last; job++) {
    const run = job / blocks;
    const m = (job - run * blocks) * 6;
    initTile(dw + <usize>load<i32>(offsets + (<usize>run << 3) + 4) + <usize>m * dwRow, dwRow, min(6, runLength - m), channels, 0);
  }
  for (let image = 0; image < batch; image++) {
    for (let row = 0; row < height; row++) {
      const xBase = x + <usize>image * xImage + <usize>row * xRow;
      const dyBase = dy + <usize>image * dyImage + <usize>row * dyRow;
      for (let panel = 0; panel < panels; panel++) {
        const columns = min(8, channels - (panel << 3));
        const bAt = dyBase + (<usize>panel << 5);
        for (let job = first; job < last; job++) {
          const run = job / blocks;
          const m = (job - run * blocks) * 6;
          const rows = min(6, runLength - m);
          const at = dw + <usize>load<i32>(offsets + (<usize>run << 3) + 4) + <usize>m * dwRow + (<usize>panel << 5);
          const aAt = xBase + <usize>load<i32>(offsets + (<usize>run << 3)) + (<usize>m << 2);
          if (columns == 8) columnsTile(rows, aAt, xPixel, bAt, dyPixel, at, dwRow, width);
          else {
            copyTile(scratch, 32, at, dwRow, rows, columns);
            columnsTile(rows, aAt, xPixel, bAt, dyPixel, scratch, 32, width);
            copyTile(at, dwRow, scratch, 32, rows, columns);
          }
        }
      }
    }
  }
}

/**
 * Depthwise convolution, one multiplier; four channels at a time. Words: x, w, y, bias, batch, inHeight, inWidth, channels, kernelHeight, kernelWidth,
 * outHeight, outWidth, strideHeight, strideWidth, padTop, padLeft, activation, alpha.
 */
export function depthwise(args: usize, thread: i32, threads: i32): void {
  const x = address(args, 0), w = address(args, 1), y = address(args, 2), bias = address(args, 3);
  const batch = word(args, 4), inHeight = word(args, 5), inWidth = word(args, 6), channels = word(args, 7);
  const kernelHeight = word(args, 8), kernelWidth = word(args, 9), height = word(args, 10), width = word(args, 11);
  const strideHeight = word(args, 12), strideWidth = word(args, 13), padTop = word(args, 14), padLeft = word(args, 15);
  const kind = word(args, 16);
  const alpha = real(args, 17);
  const pixelBytes = <usize>channels << 2;
  const jobs = batch * height * width;
  const last = jobs * (thread + 1) / threads;
  for (let job = jobs * thread / threads; job < last; job++) {
    const image = job / (height * width);
    const rest = job - image * height * width;
    const row = rest / width;
    const top = row * strideHeight - padTop;
    const left = (rest - row * width) * strideWidth - padLeft;
    const p0 = max(0, -top), p1 = min(kernelHeight, inHeight - top);
    const q0 = max(0, -left), q1 = min(kernelWidth, inWidth - left);
    const out = y + <usize>job * pixelBytes;
    initTile(out, 0, 1, channels, bias);
    for (let p = p0; p < p1; p++) {
      for (let q = q0; q < q1; q++) {
        multiplyAdd(out, x + <usize>((image * inHeight + top + p) * inWidth + left + q) * pixelBytes, w + <usize>(p * kernelWidth + q) * pixelBytes, channels);
      }
    }
    activate(out, channels, kind, alpha);
  }
}

/** d += a * b, n floats. */
export function multiplyAdd(d: usize, a: usize, b: usize, n: i32): void {
  const end = d + (<usize>n << 2);
  while (d + 16 <= end) {
    v128.store(d, f32x4.add(v128.load(d), f32x4.mul(v128.load(a), v128.load(b))));
    d += 16; a += 16; b += 16;
  }
  while (d < end) {
    store<f32>(d, load<f32>(d) + load<f32>(a) * load<f32>(b));
    d += 4; a += 4; b += 4;
  }
}

/** Words as `depthwise` with dy, w, dx. Threads share the images. */
export function depthwiseInputGradient(args: usize, thread: i32, threads: i32): void {
  const dy = address(args, 0), w = address(args, 1), dx = address(args, 2);
  const batch = word(args, 4), inHeight = word(args, 5), inWidth = word(args, 6), channels = word(args, 7);
  const kernelHeight = word(args, 8), kernelWidth = word(args, 9), height = word(args, 10), width = word(args, 11);
  const strideHeight = word(args, 12), strideWidth = word(args, 13), padTop = word(args, 14), padLeft = word(args, 15);
  const pixelBytes = <usize>channels << 2;
  const last = batch * (thread + 1) / threads;
  for (let image = batch * thread / threads; image < last; image++) {
    memory.fill(dx + <usize>(image * inHeight * inWidth) * pixelBytes, 0, <usize>(inHeight * inWidth) * pixelBytes);
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const top = row * strideHeight - padTop, left = column * strideWidth - padLeft;
        const p1 = min(kernelHeight, inHeight - top), q1 = min(kernelWidth, inWidth - left);
        const from = dy + <usize>((image * height + row) * width + column) * pixelBytes;
        for (let p = max(0, -top); p < p1; p++) {
          for (let q = max(0, -left); q < q1; q++) {
            multiplyAdd(dx + <usize>((image * inHeight + top + p) * inWidth + left + q) * pixelBytes, from, w + <usize>(p * kernelWidth + q) * pixelBytes, channels);
          }
        }
      }
    }
  }
}

/** Words as `depthwise` with x, dy, dw. Threads share the filter's taps. */
export function depthwiseFilterGradient(args: usize, thread: i32, threads: i32): void {
  const x = address(args, 0), dy = address(args, 1), dw = address(args, 2);
  const batch = word(args, 4), inHeight = word(args, 5), inWidth = word(args, 6), channels = word(args, 7);
  const kernelHeight = word(args, 8), kernelWidth = word(args, 9), height = word(args, 10), width = word(args, 11);
  const strideHeight = word(args, 12), strideWidth = word(args, 13), padTop = word(args, 14), padLeft = word(args, 15);
  const pixelBytes = <usize>channels << 2;
  const taps = kernelHeight * kernelWidth;
  const last = taps * (thread + 1) / threads;
  for (let tap = taps * thread / threads; tap < last; tap++) {
    const p = tap / kernelWidth, q = tap - p * kernelWidth;
    const out = dw + <usize>tap * pixelBytes;
    memory.fill(out, 0, pixelBytes);
    for (let image = 0; image < batch; image++) {
      for (let row = 0; row < height; row++) {
        const i = row * strideHeight - padTop + p;
        if (i < 0 || i >= inHeight) continue;
        for (let column = 0; column < width; column++) {
          const j = column * strideWidth - padLeft + q;
          if (j < 0 || j >= inWidth) continue;
          multiplyAdd(out, x + <usize>((image * inHeight + i) * inWidth + j) * pixelBytes, dy + <usize>((image * height + row) * width + column) * pixelBytes, channels);
        }
      }
    }
  }
}
