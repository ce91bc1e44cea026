/**
 * Micro-kernels: a tile of R rows by 8 columns of C, kept in registers: C = F + A B over k. One flat loop each; F is loaded before it and C
 * stored after it. F is C itself to go on with a sum, 32 zeros (`ZEROS`, fromRow 0) to begin one, or a bias (fromRow 0).
 *
 * `rowsR`: row r of A starts at a + r * aRow and runs along memory. `columnsR`: the R elements of A for one k lie side by side, aStep
 * bytes further for the next k (A transposed, or packed). B: 8 floats at b, bStep bytes further for the next k.
 *
 * They are exported so that Binaryen does not inline them: V8 unrolls the loop of an inlined kernel and spills its registers.
 */
import { mulAdd } from './memory';

/** Rows of a full tile: with a fused multiply-add 6 fill the 15 usable vector registers, without it the product needs some of them. */
export const ROWS: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 5;

export function rows1(a: usize, aRow: usize, b: usize, bStep: usize, c: usize, cRow: usize, k: i32, from: usize, fromRow: usize): void {
  let c00 = v128.load(from), c01 = v128.load(from, 16);
  const end = a + (<usize>k << 2);
  while (a < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = mulAdd(x, b0, c00); c01 = mulAdd(x, b1, c01);
    a += 4; b += bStep;
  }
  v128.store(c, c00); v128.store(c, c01, 16);
}
export function rows2(a: usize, aRow: usize, b: usize, bStep: usize, c: usize, cRow: usize, k: i32, from: usize, fromRow: usize): void {
  let c00 = v128.load(from), c01 = v128.load(from, 16);
  from += fromRow;
  let c10 = v128.load(from), c11 = v128.load(from, 16);
  let a1 = a + aRow;
  const end = a + (<usize>k << 2);
  while (a < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = mulAdd(x, b0, c00); c01 = mulAdd(x, b1, c01);
    x = v128.load32_splat(a1);
    c10 = mulAdd(x, b0, c10); c11 = mulAdd(x, b1, c11);
    a += 4; a1 += 4; b += bStep;
  }
  v128.store(c, c00); v128.store(c, c01, 16);
  c += cRow;
  v128.store(c, c10); v128.store(c, c11, 16);
}
export function rows3(a: usize, aRow: usize, b: usize, bStep: usize, c: usize, cRow: usize, k: i32, from: usize, fromRow: usize): void {
  let c00 = v128.load(from), c01 = v128.load(from, 16);
  from += fromRow;
  let c10 = v128.load(from), c11 = v128.load(from, 16);
  from += fromRow;
  let c20 = v128.load(from), c21 = v128.load(from, 16);
  let a1 = a + aRow;
  let a2 = a1 + aRow;
  const end = a + (<usize>k << 2);
  while (a < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = mulAdd(x, b0, c00); c01 = mulAdd(x, b1, c01);
    x = v128.load32_splat(a1);
    c10 = mulAdd(x, b0, c10); c11 = mulAdd(x, b1, c11);
    x = v128.load32_splat(a2);
    c20 = mulAdd(x, b0, c20); c21 = mulAdd(x, b1, c21);
    a += 4; a1 += 4; a2 += 4; b += bStep;
  }
  v128.store(c, c00); v128.store(c, c01, 16);
  c += cRow;
  v128.store(c, c10); v128.store(c, c11, 16);
  c += cRow;
  v128.store(c, c20); v128.store(c, c21, 16);
}
export function rows4(a: usize, aRow: usize, b: usize, bStep: usize, c: usize, cRow: usize, k: i32, from: usize, fromRow: usize): void {
  let c00 = v128.load(from), c01 = v128.load(from, 16);
  from += fromRow;
  let c10 = v128.load(from), c11 = v128.load(from, 16);
  from += fromRow;
  let c20 = v128.load(from), c21 = v128.load(from, 16);
  from += fromRow;
  let c30 = v128.load(from), c31 = v128.load(from, 16);
  let a1 = a + aRow;
  let a2 = a1 + aRow;
  let a3 = a2 + aRow;
  const end = a + (<usize>k << 2);
  while (a < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = mulAdd(x, b0, c00); c01 = mulAdd(x, b1, c01);
    x = v128.load32_splat(a1);
    c10 = mulAdd(x, b0, c10); c11 = mulAdd(x, b1, c11);
    x = v128.load32_splat(a2);
    c20 = mulAdd(x, b0, c20); c21 = mulAdd(x, b1, c21);
    x = v128.load32_splat(a3);
    c30 = mulAdd(x, b0, c30); c31 = mulAdd(x, b1, c31);
    a += 4; a1 += 4; a2 += 4; a3 += 4; b += bStep;
  }
  v128.store(c, c00); v128.store(c, c01, 16);
  c += cRow;
  v128.store(c, c10); v128.store(c, c11, 16);
  c += cRow;
  v128.store(c, c20); v128.store(c, c21, 16);
  c += cRow;
  v128.store(c, c30); v128.store(c, c31, 16);
}
export function rows5(a: usize, aRow: usize, b: usize, bStep: usize, c: usize, cRow: usize, k: i32, from: usize, fromRow: usize): void {
  let c00 = v128.load(from), c01 = v128.load(from, 16);
  from += fromRow;
  let c10 = v128.load(from), c11 = v128.load(from, 16);
  from += fromRow;
  let c20 = v128.load(from), c21 = v128.load(from, 16);
  from += fromRow;
  let c30 = v128.load(from), c31 = v128.load(from, 16);
  from += fromRow;
  let c40 = v128.load(from), c41 = v128.load(from, 16);
  let a1 = a + aRow;
  let a2 = a1 + aRow;
  let a3 = a2 + aRow;
  let a4 = a3 + aRow;
  const end = a + (<usize>k << 2);
  while (a < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = mulAdd(x, b0, c00); c01 = mulAdd(x, b1, c01);
    x = v128.load32_splat(a1);
    c10 = mulAdd(x, b0, c10); c11 = mulAdd(x, b1, c11);
    x = v128.load32_splat(a2);
    c20 = mulAdd(x, b0, c20); c21 = mulAdd(x, b1, c21);
    x = v128.load32_splat(a3);
    c30 = mulAdd(x, b0, c30); c31 = mulAdd(x, b1, c31);
    x = v128.load32_splat(a4);
    c40 = mulAdd(x, b0, c40); c41 = mulAdd(x, b1, c41);
    a += 4; a1 += 4; a2 += 4; a3 += 4; a4 += 4; b += bStep;
  }
  v128.store(c, c00); v128.store(c, c01, 16);
  c += cRow;
  v128.store(c, c10); v128.store(c, c11, 16);
  c += cRow;
  v128.store(c, c20); v128.store(c, c21, 16);
  c += cRow;
  v128.store(c, c30); v128.store(c, c31, 16);
  c += cRow;
  v128.store(c, c40); v128.store(c, c41, 16);
}
export function rows6(a: usize, aRow: usize, b: usize, bStep: usize, c: usize, cRow: usize, k: i32, from: usize, fromRow: usize): void {
  let c00 = v128.load(from), c01 = v128.load(from, 16);
  from += fromRow;
  let c10 = v128.load(from), c11 = v128.load(from, 16);
  from += fromRow;
  let c20 = v128.load(from), c21 = v128.load(from, 16);
  from += fromRow;
  let c30 = v128.load(from), c31 = v128.load(from, 16);
  from += fromRow;
  let c40 = v128.load(from), c41 = v128.load(from, 16);
  from += fromRow;
  let c50 = v128.load(from), c51 = v128.load(from, 16);
  let a1 = a + aRow;
  let a2 = a1 + aRow;
  let a3 = a2 + aRow;
  let a4 = a3 + aRow;
  let a5 = a4 + aRow;
  const end = a + (<usize>k << 2);
  while (a < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = mulAdd(x, b0, c00); c01 = mulAdd(x, b1, c01);
    x = v128.load32_splat(a1);
    c10 = mulAdd(x, b0, c10); c11 = mulAdd(x, b1, c11);
    x = v128.load32_splat(a2);
    c20 = mulAdd(x, b0, c20); c21 = mulAdd(x, b1, c21);
    x = v128.load32_splat(a3);
    c30 = mulAdd(x, b0, c30); c31 = mulAdd(x, b1, c31);
    x = v128.load32_splat(a4);
    c40 = mulAdd(x, b0, c40); c41 = mulAdd(x, b1, c41);
    x = v128.load32_splat(a5);
    c50 = mulAdd(x, b0, c50); c51 = mulAdd(x, b1, c51);
    a += 4; a1 += 4; a2 += 4; a3 += 4; a4 += 4; a5 += 4; b += bStep;
  }
  v128.store(c, c00); v128.store(c, c01, 16);
  c += cRow;
  v128.store(c, c10); v128.store(c, c11, 16);
  c += cRow;
  v128.store(c, c20); v128.store(c, c21, 16);
  c += cRow;
  v128.store(c, c30); v128.store(c, c31, 16);
  c += cRow;
  v128.store(c, c40); v128.store(c, c41, 16);
  c += cRow;
  v128.store(c, c50); v128.store(c, c51, 16);
}
export function columns1(a: usize, aStep: usize, b: usize, bStep: usize, c: usize, cRow: usize, k: i32, from: usize, fromRow: usize): void {
  let c00 = v128.load(from), c01 = v128.load(from, 16);
  const end = b + bStep * <usize>k;
  while (b < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = mulAdd(x, b0, c00); c01 = mulAdd(x, b1, c01);
    a += aStep; b += bStep;
  }
  v128.store(c, c00); v128.store(c, c01, 16);
}
export function columns2(a: usize, aStep: usize, b: usize, bStep: usize, c: usize, cRow: usize, k: i32, from: usize, fromRow: usize): void {
  let c00 = v128.load(from), c01 = v128.load(from, 16);
  from += fromRow;
  let c10 = v128.load(from), c11 = v128.load(from, 16);
  const end = b + bStep * <usize>k;
  while (b < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = mulAdd(x, b0, c00); c01 = mulAdd(x, b1, c01);
    x = v128.load32_splat(a, 4);
    c10 = mulAdd(x, b0, c10); c11 = mulAdd(x, b1, c11);
    a += aStep; b += bStep;
  }
  v128.store(c, c00); v128.store(c, c01, 16);
  c += cRow;
  v128.store(c, c10); v128.store(c, c11, 16);
}
export function columns3(a: usize, aStep: usize, b: usize, bStep: usize, c: usize, cRow: usize, k: i32, from: usize, fromRow: usize): void {
  let c00 = v128.load(from), c01 = v128.load(from, 16);
  from += fromRow;
  let c10 = v128.load(from), c11 = v128.load(from, 16);
  from += fromRow;
  let c20 = v128.load(from), c21 = v128.load(from, 16);
  const end = b + bStep * <usize>k;
  while (b < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = mulAdd(x, b0, c00); c01 = mulAdd(x, b1, c01);
    x = v128.load32_splat(a, 4);
    c10 = mulAdd(x, b0, c10); c11 = mulAdd(x, b1, c11);
    x = v128.load32_splat(a, 8);
    c20 = mulAdd(x, b0, c20); c21 = mulAdd(x, b1, c21);
    a += aStep; b += bStep;
  }
  v128.store(c, c00); v128.store(c, c01, 16);
  c += cRow;
  v128.store(c, c10); v128.store(c, c11, 16);
  c += cRow;
  v128.store(c, c20); v128.store(c, c21, 16);
}
export function columns4(a: usize, aStep: usize, b: usize, bStep: usize, c: usize, cRow: usize, k: i32, from: usize, fromRow: usize): void {
  let c00 = v128.load(from), c01 = v128.load(from, 16);
  from += fromRow;
  let c10 = v128.load(from), c11 = v128.load(from, 16);
  from += fromRow;
  let c20 = v128.load(from), c21 = v128.load(from, 16);
  from += fromRow;
  let c30 = v128.load(from), c31 = v128.load(from, 16);
  const end = b + bStep * <usize>k;
  while (b < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = mulAdd(x, b0, c00); c01 = mulAdd(x, b1, c01);
    x = v128.load32_splat(a, 4);
    c10 = mulAdd(x, b0, c10); c11 = mulAdd(x, b1, c11);
    x = v128.load32_splat(a, 8);
    c20 = mulAdd(x, b0, c20); c21 = mulAdd(x, b1, c21);
    x = v128.load32_splat(a, 12);
    c30 = mulAdd(x, b0, c30); c31 = mulAdd(x, b1, c31);
    a += aStep; b += bStep;
  }
  v128.store(c, c00); v128.store(c, c01, 16);
  c += cRow;
  v128.store(c, c10); v128.store(c, c11, 16);
  c += cRow;
  v128.store(c, c20); v128.store(c, c21, 16);
  c += cRow;
  v128.store(c, c30); v128.store(c, c31, 16);
}
export function columns5(a: usize, aStep: usize, b: usize, bStep: usize, c: usize, cRow: usize, k: i32, from: usize, fromRow: usize): void {
  let c00 = v128.load(from), c01 = v128.load(from, 16);
  from += fromRow;
  let c10 = v128.load(from), c11 = v128.load(from, 16);
  from += fromRow;
  let c20 = v128.load(from), c21 = v128.load(from, 16);
  from += fromRow;
  let c30 = v128.load(from), c31 = v128.load(from, 16);
  from += fromRow;
  let c40 = v128.load(from), c41 = v128.load(from, 16);
  const end = b + bStep * <usize>k;
  while (b < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = mulAdd(x, b0, c00); c01 = mulAdd(x, b1, c01);
    x = v128.load32_splat(a, 4);
    c10 = mulAdd(x, b0, c10); c11 = mulAdd(x, b1, c11);
    x = v128.load32_splat(a, 8);
    c20 = mulAdd(x, b0, c20); c21 = mulAdd(x, b1, c21);
    x = v128.load32_splat(a, 12);
    c30 = mulAdd(x, b0, c30); c31 = mulAdd(x, b1, c31);
    x = v128.load32_splat(a, 16);
    c40 = mulAdd(x, b0, c40); c41 = mulAdd(x, b1, c41);
    a += aStep; b += bStep;
  }
  v128.store(c, c00); v128.store(c, c01, 16);
  c += cRow;
  v128.store(c, c10); v128.store(c, c11, 16);
  c += cRow;
  v128.store(c, c20); v128.store(c, c21, 16);
  c += cRow;
  v128.store(c, c30); v128.store(c, c31, 16);
  c += cRow;
  v128.store(c, c40); v128.store(c, c41, 16);
}
export function columns6(a: usize, aStep: usize, b: usize, bStep: usize, c: usize, cRow: usize, k: i32, from: usize, fromRow: usize): void {
  let c00 = v128.load(from), c01 = v128.load(from, 16);
  from += fromRow;
  let c10 = v128.load(from), c11 = v128.load(from, 16);
  from += fromRow;
  let c20 = v128.load(from), c21 = v128.load(from, 16);
  from += fromRow;
  let c30 = v128.load(from), c31 = v128.load(from, 16);
  from += fromRow;
  let c40 = v128.load(from), c41 = v128.load(from, 16);
  from += fromRow;
  let c50 = v128.load(from), c51 = v128.load(from, 16);
  const end = b + bStep * <usize>k;
  while (b < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = mulAdd(x, b0, c00); c01 = mulAdd(x, b1, c01);
    x = v128.load32_splat(a, 4);
    c10 = mulAdd(x, b0, c10); c11 = mulAdd(x, b1, c11);
    x = v128.load32_splat(a, 8);
    c20 = mulAdd(x, b0, c20); c21 = mulAdd(x, b1, c21);
    x = v128.load32_splat(a, 12);
    c30 = mulAdd(x, b0, c30); c31 = mulAdd(x, b1, c31);
    x = v128.load32_splat(a, 16);
    c40 = mulAdd(x, b0, c40); c41 = mulAdd(x, b1, c41);
    x = v128.load32_splat(a, 20);
    c50 = mulAdd(x, b0, c50); c51 = mulAdd(x, b1, c51);
    a += aStep; b += bStep;
  }
  v128.store(c, c00); v128.store(c, c01, 16);
  c += cRow;
  v128.store(c, c10); v128.store(c, c11, 16);
  c += cRow;
  v128.store(c, c20); v128.store(c, c21, 16);
  c += cRow;
  v128.store(c, c30); v128.store(c, c31, 16);
  c += cRow;
  v128.store(c, c40); v128.store(c, c41, 16);
  c += cRow;
  v128.store(c, c50); v128.store(c, c51, 16);
}

/** Rows of the next tile of so many: tiles of one or two rows wait for their sums, so two middling ones end better than a full one and such a rest. */
export function rowsOfTile(left: i32): i32 {
  return left > ROWS && left < ROWS + 3 ? (left + 1) >> 1 : min(ROWS, left);
}

/** `rowsR` for R = 1 to 6. */
export function rowsTile(count: i32, a: usize, aStep: usize, b: usize, bStep: usize, c: usize, cRow: usize, k: i32, from: usize, fromRow: usize): void {
  switch (count) {
    case 6: rows6(a, aStep, b, bStep, c, cRow, k, from, fromRow); break;
    case 5: rows5(a, aStep, b, bStep, c, cRow, k, from, fromRow); break;
    case 4: rows4(a, aStep, b, bStep, c, cRow, k, from, fromRow); break;
    case 3: rows3(a, aStep, b, bStep, c, cRow, k, from, fromRow); break;
    case 2: rows2(a, aStep, b, bStep, c, cRow, k, from, fromRow); break;
    default: rows1(a, aStep, b, bStep, c, cRow, k, from, fromRow); break;
  }
}

/** `columnsR` for R = 1 to 6. */
export function columnsTile(count: i32, a: usize, aStep: usize, b: usize, bStep: usize, c: usize, cRow: usize, k: i32, from: usize, fromRow: usize): void {
  switch (count) {
    case 6: columns6(a, aStep, b, bStep, c, cRow, k, from, fromRow); break;
    case 5: columns5(a, aStep, b, bStep, c, cRow, k, from, fromRow); break;
    case 4: columns4(a, aStep, b, bStep, c, cRow, k, from, fromRow); break;
    case 3: columns3(a, aStep, b, bStep, c, cRow, k, from, fromRow); break;
    case 2: columns2(a, aStep, b, bStep, c, cRow, k, from, fromRow); break;
    default: columns1(a, aStep, b, bStep, c, cRow, k, from, fromRow); break;
  }
}
