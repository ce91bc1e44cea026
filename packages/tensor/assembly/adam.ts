/**
 * The update of Adam in one pass over weights, moments and gradient; without it the pass is twelve instructions long and the largest piece of
 * element-wise work in a training step. The rounding is that of the instructions: products and sums as written.
 *
 * Words: w, m, v, g, new w, new m, new v, alpha (address of a scalar), n, b1, 1 - b1, b2, 1 - b2, epsilon, maxima (address or 0), chunk.
 * `maxima` takes the largest |g| of each chunk.
 */
import { word, address, real } from './memory';
import { firstJob, nextJob } from './shares';

export function adam(args: usize, thread: i32, threads: i32): void {
  const n = word(args, 8), chunk = word(args, 15);
  const maxima = address(args, 14);
  const chunks = (n + chunk - 1) / chunk;
  for (let index = firstJob(chunks, thread, threads); index < chunks; index = nextJob()) {
    const start = <usize>(index * chunk) << 2;
    const count = min(chunk, n - index * chunk);
    const largest = adamRun(args, start, count);
    if (maxima != 0) store<f32>(maxima + (<usize>index << 2), largest);
  }
}

/** Whole vectors by `adamVectors`, the rest lane by lane. */
function adamRun(args: usize, start: usize, count: i32): f32 {
  const whole = count & ~3;
  let largest: f32 = 0;
  if (whole > 0) {
    const m = adamVectors(args, start, start + (<usize>whole << 2));
    largest = max(max(f32x4.extract_lane(m, 0), f32x4.extract_lane(m, 1)), max(f32x4.extract_lane(m, 2), f32x4.extract_lane(m, 3)));
  }
  for (let k = whole; k < count; k++) largest = max(largest, adamLane(args, start + (<usize>k << 2)));
  return largest;
}

export function adamVectors(args: usize, start: usize, stop: usize): v128 {
  let w = address(args, 0) + start, m = address(args, 1) + start, v = address(args, 2) + start, g = address(args, 3) + start;
  let toW = address(args, 4) + start, toM = address(args, 5) + start, toV = address(args, 6) + start;
  const end = address(args, 0) + stop;
  const alpha = v128.load32_splat(address(args, 7));
  const b1 = v128.load32_splat(args + 36), c1 = v128.load32_splat(args + 40);
  const b2 = v128.load32_splat(args + 44), c2 = v128.load32_splat(args + 48), epsilon = v128.load32_splat(args + 52);
  let largest = f32x4.splat(0);
  while (w < end) {
    const gradient = v128.load(g);
    const mean = f32x4.add(f32x4.mul(v128.load(m), b1), f32x4.mul(gradient, c1));
    const square = f32x4.add(f32x4.mul(v128.load(v), b2), f32x4.mul(f32x4.mul(gradient, gradient), c2));
    v128.store(toM, mean);
    v128.store(toV, square);
    v128.store(toW, f32x4.sub(v128.load(w), f32x4.mul(alpha, f32x4.div(mean, f32x4.add(f32x4.sqrt(square), epsilon)))));
    largest = f32x4.max(largest, f32x4.abs(gradient));
    w += 16; m += 16; v += 16; g += 16; toW += 16; toM += 16; toV += 16;
  }
  return largest;
}

export function adamLane(args: usize, at: usize): f32 {
  const gradient = load<f32>(address(args, 3) + at);
  const mean = load<f32>(address(args, 1) + at) * real(args, 9) + gradient * real(args, 10);
  const square = load<f32>(address(args, 2) + at) * real(args, 11) + gradient * gradient * real(args, 12);
  store<f32>(address(args, 5) + at, mean);
  store<f32>(address(args, 6) + at, square);
  const moved = load<f32>(address(args, 7)) * (mean / (sqrt<f32>(square) + real(args, 13)));
  store<f32>(address(args, 4) + at, load<f32>(address(args, 0) + at) - moved);
  return abs<f32>(gradient);
}
