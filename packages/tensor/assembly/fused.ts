/**
 * Element-wise groups: a short list of instructions interpreted over tiles that stay in the first-level cache, and sums and maxima of what they
 * compute, taken from the tiles while they are there. Operands that lie in memory as the result does are read in place; others are first brought into
 * a tile register: once for all tiles where the pattern repeats with the tile.
 *
 * The space is cut into spans (all of it, or what one row of reductions covers) and these into units whose length depends on the shape alone. A unit is
 * computed by one thread in a fixed order, so the bits do not depend on the number of threads. Every unit but the last starts and ends at a
 * multiple of 16 elements; tiles are computed in whole blocks of 16, beyond the end if need be (buffers have room for that).
 *
 * Words of a step: n, tile, scratch, scratchPerThread, registers, inputs, instructions, outputs, reductions, mode, span, unit, width, pitch;
 * then 16 words an input: register, mode, address or immediate, parameters (see `prepare` and `runTile`);
 * then 6 words an instruction (see `instruction`); then 2 words an output: register, address;
 * then 3 words a reduction: register, kind (0 sum, 1 max), address.
 *
 * Modes of reducing: 1, rows of `width` elements, several in a tile, one result each; 2, one result a unit; 3, `width` columns a unit, their sums down the rows.
 */
import { word, address } from './memory';
import { instruction } from './elementwise/instructions';
import { splatTile, periodicTile, repeatTile, stridedTile } from './elementwise/operands';
import { sumRow, maxRow, addColumns, maximizeColumns } from './reduce';

const HEAD: usize = 56;
const INPUT: usize = 64;
const INSTRUCTION: usize = 24;

export function fused(args: usize, thread: i32, threads: i32): void {
  const n = word(args, 0), tile = word(args, 1);
  const registers = word(args, 4), reductions = word(args, 8), mode = word(args, 9);
  const span = word(args, 10), unit = word(args, 11), width = word(args, 12);
  const table = address(args, 2) + <usize>(word(args, 3) * thread);
  const data = table + ((<usize>(registers << 2) + 63) & ~63);
  const reductionAt = args + HEAD + <usize>word(args, 5) * INPUT + <usize>word(args, 6) * INSTRUCTION + (<usize>word(args, 7) << 3);
  const accumulators = data + <usize>registers * address(args, 13);
  const accumulatorBytes = ((<usize>width << 2) + 63) & ~63;
  const perSpan = (span + unit - 1) / unit;
  const units = n / span * perSpan;
  let index = <i32>(<i64>units * thread / threads);
  const last = <i32>(<i64>units * (thread + 1) / threads);
  if (index >= last) return;
  prepare(args, table, data);
  while (index < last) {
    const outer = index / perSpan;
    let start = outer * span + (index - outer * perSpan) * unit;
    const end = min(start + unit, (outer + 1) * span);
    if (mode == 2 || mode == 3) for (let k = 0; k < reductions; k++) {
      const into = accumulators + <usize>k * accumulatorBytes;
      splatTile(into, word(reductionAt, 3 * k + 1) == 0 ? 0 : -Infinity, into + accumulatorBytes);
    }
    while (start < end) {
      const count = min(tile, end - start);
      runTile(args, table, data, start, count);
      for (let k = 0; k < reductions; k++) {
        const from = <usize>load<u32>(table + (address(reductionAt, 3 * k) << 2));
        const into = accumulators + <usize>k * accumulatorBytes;
        const kind = word(reductionAt, 3 * k + 1);
        if (mode == 3) {
          if (kind == 0) addColumns(into, from, width, count / width);
          else maximizeColumns(into, from, width, count / width);
        } else if (mode == 2) store<f32>(into, kind == 0 ? load<f32>(into) + sumRow(from, count) : max(load<f32>(into), maxRow(from, count)));
        else reduceRows(kind, address(reductionAt, 3 * k + 2) + (<usize>(start / width) << 2), from, width, count / width);
      }
      start += count;
    }
    if (mode == 2 || mode == 3) for (let k = 0; k < reductions; k++) {
      const results: usize = mode == 2 ? 1 : width;
      memory.copy(address(reductionAt, 3 * k + 2) + (<usize>index * results << 2), accumulators + <usize>k * accumulatorBytes, results << 2);
    }
    index++;
  }
}

export function reduceRows(kind: i32, to: usize, from: usize, width: i32, rows: i32): void {
  const end = to + (<usize>rows << 2);
  while (to < end) {
    store<f32>(to, kind == 0 ? sumRow(from, width) : maxRow(from, width));
    to += 4;
    from += <usize>width << 2;
  }
}

/** Fills the table of register addresses, and loads what is the same in every tile: constants, and patterns that repeat with the tile. */
function prepare(args: usize, table: usize, data: usize): void {
  const registers = word(args, 4), inputs = word(args, 5), tile = word(args, 1);
  const pitch = address(args, 13);
  for (let r = 0; r < registers; r++) store<u32>(table + (<usize>r << 2), <u32>(data + <usize>r * pitch));
  for (let k = 0; k < inputs; k++) {
    const input = args + HEAD + <usize>k * INPUT;
    const d = data + <usize>load<u32>(input) * pitch;
    switch (load<i32>(input, 4)) {
      case 1: splatTile(d, load<f32>(input, 8), d + (<usize>tile << 2)); break;
      case 2: splatTile(d, load<f32>(<usize>load<u32>(input, 8)), d + (<usize>tile << 2)); break;
      case 6: periodicTile(d, <usize>load<u32>(input, 8), 0, tile, load<i32>(input, 12)); break;
      default: break;
    }
  }
}

/** Computes `count` elements from `start` on. */
function runTile(args: usize, table: usize, data: usize, start: i32, count: i32): void {
  const inputs = word(args, 5), instructions = word(args, 6), outputs = word(args, 7);
  const pitch = address(args, 13);
  let at = args + HEAD;
  for (let k = 0; k < inputs; k++) {
    const r = load<u32>(at);
    const source = <usize>load<u32>(at, 8);
    const d = data + <usize>r * pitch;
    switch (load<i32>(at, 4)) {
      case 0: store<u32>(table + (<usize>r << 2), <u32>(source + (<usize>start << 2))); break;
      case 3: periodicTile(d, source, start, count, load<i32>(at, 12)); break;
      case 4: repeatTile(d, source, start, count, load<i32>(at, 12), load<i32>(at, 16)); break;
      case 5: stridedTile(d, source, start, count, load<i32>(at, 12), at + 16); break;
      default: break;
    }
    at += INPUT;
  }
  let output = at + <usize>instructions * INSTRUCTION;
  for (let k = 0; k < outputs; k++) {
    store<u32>(table + (<usize>load<u32>(output) << 2), load<u32>(output, 4) + (<u32>start << 2));
    output += 8;
  }
  const bytes = <usize>((count + 15) & ~15) << 2;
  for (let k = 0; k < instructions; k++) {
    instruction(at, table, bytes);
    at += INSTRUCTION;
  }
}
