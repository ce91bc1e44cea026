/** Depthwise convolutions, one multiplier: four channels at a time. */
import { word, address, real } from './memory';
import { activate, startRow } from './tile';

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
    startRow(out, bias, channels);
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
