/** Kernels that move 32-bit elements of any kind. */
import { word, address } from './memory';

/**
 * Copies a block of up to 6 axes between strided arrays. Words: from, to, rank, lengths[6], fromStrides[6], toStrides[6] (elements).
 * The last axis is the innermost loop; threads share the rest.
 */
export function copyStrided(args: usize, thread: i32, threads: i32): void {
  const from = address(args, 0), to = address(args, 1);
  const rank = word(args, 2);
  const lengths = args + 12, fromStrides = args + 36, toStrides = args + 60;
  const inner = word(lengths, rank - 1);
  const fromStep = <usize>word(fromStrides, rank - 1) << 2;
  const toStep = <usize>word(toStrides, rank - 1) << 2;
  let rows = 1;
  for (let axis = 0; axis < rank - 1; axis++) rows *= word(lengths, axis);
  if (rows == 1 && fromStep == 4 && toStep == 4) {
    // One long run: threads share it.
    const begin = <usize>(<i64>inner * thread / threads), end = <usize>(<i64>inner * (thread + 1) / threads);
    memory.copy(to + (begin << 2), from + (begin << 2), (end - begin) << 2);
    return;
  }
  const last = rows * (thread + 1) / threads;
  for (let row = rows * thread / threads; row < last; row++) {
    let rest = row;
    let a = from, b = to;
    for (let axis = rank - 2; axis >= 0; axis--) {
      const length = word(lengths, axis);
      const index = rest % length;
      rest = rest / length;
      a += <usize>(index * word(fromStrides, axis)) << 2;
      b += <usize>(index * word(toStrides, axis)) << 2;
    }
    if (fromStep == 4 && toStep == 4) memory.copy(b, a, <usize>inner << 2);
    else moveRow(b, toStep, a, fromStep, inner);
  }
}

export function moveRow(to: usize, toStep: usize, from: usize, fromStep: usize, n: i32): void {
  for (let k = 0; k < n; k++) {
    store<u32>(to, load<u32>(from));
    to += toStep;
    from += fromStep;
  }
}

/** Words: to, n, bits. */
export function fillWords(args: usize, thread: i32, threads: i32): void {
  const to = address(args, 0);
  const n = word(args, 1);
  const bits = word(args, 2);
  const last = <i32>(<i64>n * (thread + 1) / threads);
  let k = <i32>(<i64>n * thread / threads);
  if (bits == 0) { memory.fill(to + (<usize>k << 2), 0, <usize>(last - k) << 2); return; }
  for (; k < last; k++) store<i32>(to + (<usize>k << 2), bits);
}

/** Words: x, indices, y, outer, length, count, inner. An index outside gives NaN. */
export function gather(args: usize, thread: i32, threads: i32): void {
  const x = address(args, 0), indices = address(args, 1), y = address(args, 2);
  const outer = word(args, 3), length = word(args, 4), count = word(args, 5), inner = word(args, 6);
  const jobs = outer * count;
  const last = jobs * (thread + 1) / threads;
  for (let job = jobs * thread / threads; job < last; job++) {
    const o = job / count;
    const index = load<i32>(indices + (<usize>(job - o * count) << 2));
    const to = y + (<usize>(job * inner) << 2);
    if (index >= 0 && index < length) memory.copy(to, x + (<usize>((o * length + index) * inner) << 2), <usize>inner << 2);
    else for (let k = 0; k < inner; k++) store<u32>(to + (<usize>k << 2), 0x7fc00000);
  }
}

/** Words: indices, updates, y, outer, length, count, inner. Threads share the outer axis and the columns; additions keep the order of the indices. */
export function scatterAdd(args: usize, thread: i32, threads: i32): void {
  const indices = address(args, 0), updates = address(args, 1), y = address(args, 2);
  const outer = word(args, 3), length = word(args, 4), count = word(args, 5), inner = word(args, 6);
  const begin = inner * thread / threads, end = inner * (thread + 1) / threads;
  for (let o = 0; o < outer; o++) {
    for (let k = 0; k < length; k++) memory.fill(y + (<usize>((o * length + k) * inner + begin) << 2), 0, <usize>(end - begin) << 2);
    for (let k = 0; k < count; k++) {
      const index = load<i32>(indices + (<usize>k << 2));
      if (index < 0 || index >= length) continue;
      let to = y + (<usize>((o * length + index) * inner + begin) << 2);
      let from = updates + (<usize>((o * count + k) * inner + begin) << 2);
      for (let i = begin; i < end; i++) {
        store<f32>(to, load<f32>(to) + load<f32>(from));
        to += 4; from += 4;
      }
    }
  }
}

/** Words: indices, y, count, depth. */
export function oneHot(args: usize, thread: i32, threads: i32): void {
  const indices = address(args, 0), y = address(args, 1);
  const count = word(args, 2), depth = word(args, 3);
  const last = count * (thread + 1) / threads;
  for (let k = count * thread / threads; k < last; k++) {
    const to = y + (<usize>(k * depth) << 2);
    memory.fill(to, 0, <usize>depth << 2);
    const index = load<i32>(indices + (<usize>k << 2));
    if (index >= 0 && index < depth) store<f32>(to + (<usize>index << 2), 1);
  }
}

/** Words: x, y, n, kind: 0 float32 to int32, 1 int32 to float32. */
export function convert(args: usize, thread: i32, threads: i32): void {
  const x = address(args, 0), y = address(args, 1);
  const n = word(args, 2);
  const last = n * (thread + 1) / threads;
  for (let k = n * thread / threads; k < last; k++) {
    const at = <usize>k << 2;
    if (word(args, 3) == 0) store<i32>(y + at, <i32>load<f32>(x + at));
    else store<f32>(y + at, <f32>load<i32>(x + at));
  }
}
