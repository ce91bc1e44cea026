/** Bringing operands that do not lie in memory as the result does into a tile register. */

/** Fills a tile register with one value. */
export function splatTile(d: usize, value: f32, end: usize): void {
  const x = f32x4.splat(value);
  while (d < end) { v128.store(d, x); d += 16; }
}

/** d[k] = source[(start + k) % period]. */
export function periodicTile(d: usize, source: usize, start: i32, count: i32, period: i32): void {
  let at = start % period;
  let k = 0;
  if ((period & 3) == 0 && (at & 3) == 0) {
    while (k < count) {
      v128.store(d, v128.load(source + (<usize>at << 2)));
      d += 16; k += 4; at += 4;
      if (at >= period) at = 0;
    }
    return;
  }
  while (k < count) {
    store<f32>(d, load<f32>(source + (<usize>at << 2)));
    d += 4; k++; at++;
    if (at == period) at = 0;
  }
}

/** d[k] = source[((start + k) / each) % period]; period 0 means no wrapping. */
export function repeatTile(d: usize, source: usize, start: i32, count: i32, each: i32, period: i32): void {
  let row = start / each;
  let left = each - (start - row * each);
  if (period > 0) row = row % period;
  let k = 0;
  while (k < count) {
    const value = load<f32>(source + (<usize>row << 2));
    const stop = min(count, k + left);
    if (((k | stop) & 3) == 0) {
      const x = f32x4.splat(value);
      while (k < stop) { v128.store(d, x); d += 16; k += 4; }
    } else {
      while (k < stop) { store<f32>(d, value); d += 4; k++; }
    }
    left = each; row++;
    if (row == period) row = 0;
  }
}

/** d[k] = source at the index start + k of a space of given lengths, under given strides (in elements, 0 where stretched). */
export function stridedTile(d: usize, source: usize, start: i32, count: i32, rank: i32, lengths: usize): void {
  const strides = lengths + 24;
  let k = 0;
  while (k < count) {
    let rest = start + k;
    let offset = 0;
    let axis = rank - 1;
    const inner = load<i32>(lengths + (<usize>axis << 2));
    const step = load<i32>(strides + (<usize>axis << 2));
    const column = rest % inner;
    rest = rest / inner;
    offset = column * step;
    axis--;
    while (axis >= 0) {
      const length = load<i32>(lengths + (<usize>axis << 2));
      offset += (rest % length) * load<i32>(strides + (<usize>axis << 2));
      rest = rest / length;
      axis--;
    }
    // The rest of this innermost row in one run.
    const stop = min(count, k + inner - column);
    let from = source + (<usize>offset << 2);
    const stride = <usize>step << 2;
    while (k < stop) { store<f32>(d, load<f32>(from)); from += stride; d += 4; k++; }
  }
}
