/**
 * Fused element-wise groups: a short list of operations, executed tile by tile.
 *
 * A tile is at most 512 elements of the flattened result. Its values stand in registers: stretches of the thread's private
 * memory that together fit the first-level cache. Operands that lie in memory as the result does are read in place; others
 * (broadcast, strided) are spread out into a register first, once for all tiles where the pattern repeats with the tile.
 * So a chain of any length costs one pass over memory, and no code is generated at run time.
 *
 * The words of a body (written by `runtime/kernels/fused.ts`):
 *   inputs, instructions, outputs,
 *   for each input        mode, slot, address or value, rank, dims[rank], strides[rank]
 *   for each instruction  operation, destination, a, b, c, immediate
 *   for each output       address, slot, direct
 */
import { address, real, scratch, shareEnd, shareStart, word } from '../control';
import * as code from './codes';
import * as ops from './operations';

const CONTIGUOUS: i32 = 0;
const SCALAR: i32 = 1;
const IMMEDIATE: i32 = 2;
const STRIDED: i32 = 3;
const REPEATING: i32 = 4;

/** Addresses of slots, at the start of the private memory. */
const SLOTS: usize = 128;
/** Registers follow: 512 elements and one cache line, so that equal places of different registers share no cache set. */
export const REGISTERS: usize = 1024;
export const REGISTER_PITCH: usize = 2112;
export const REGISTER_COUNT: i32 = 40;

// @ts-ignore: decorator
@inline
export function slotAddress(slot: i32): usize {
  return <usize>load<u32>(scratch + ((<usize>slot) << 2));
}

// @ts-ignore: decorator
@inline
function setSlot(slot: i32, at: usize): void {
  store<u32>(scratch + ((<usize>slot) << 2), <u32>at);
}

// @ts-ignore: decorator
@inline
function registerAddress(slot: i32): usize {
  return scratch + REGISTERS + <usize>slot * REGISTER_PITCH;
}

export function fillSplat(d: usize, end: usize, value: v128): void {
  while (d < end) {
    v128.store(d, value);
    d += 16;
  }
}

export function copyVectors(d: usize, a: usize, end: usize): void {
  while (d < end) {
    v128.store(d, v128.load(a));
    d += 16;
    a += 16;
  }
}

export function gatherStrided(d: usize, a: usize, end: usize, step: usize): void {
  while (d < end) {
    store<u32>(d, load<u32>(a));
    d += 4;
    a += step;
  }
}

/** Copies exactly the bytes from d to end. */
export function copyExactly(d: usize, a: usize, end: usize): void {
  const vectors = d + ((end - d) & ~15);
  copyVectors(d, a, vectors);
  gatherStrided(vectors, a + (vectors - d), end, 4);
}

/**
 * Spreads `count` elements of a strided operand, from flat index `start` on, into a register. Runs of the innermost axis may
 * write a few elements too many: the next run, or the slack of the register, takes them.
 */
export function spread(register: usize, source: usize, dims: usize, rank: i32, start: i32, count: i32): void {
  const strides = dims + ((<usize>rank) << 2);
  const position = scratch + REGISTERS - 64;
  const inner = rank - 1;
  let rest = start;
  let row: i32 = 0;
  let first: i32 = 0;
  for (let axis = inner; axis >= 0; axis--) {
    const length = word(dims, axis);
    const quotient = rest / length;
    const index = rest - quotient * length;
    rest = quotient;
    if (axis == inner) first = index;
    else {
      store<i32>(position + ((<usize>axis) << 2), index);
      row += index * word(strides, axis);
    }
  }
  const length = word(dims, inner);
  const stride = word(strides, inner);
  const end = register + ((<usize>count) << 2);
  while (true) {
    const from = source + ((<usize>(row + first * stride)) << 2);
    const stop = min<usize>(end, register + ((<usize>(length - first)) << 2));
    if (stride == 0) fillSplat(register, stop, v128.load32_splat(from));
    else if (stride == 1) copyVectors(register, from, stop);
    else gatherStrided(register, from, stop, (<usize>stride) << 2);
    register = stop;
    if (register >= end) return;
    first = 0;
    for (let axis = inner - 1; axis >= 0; axis--) {
      const next = word(position, axis) + 1;
      row += word(strides, axis);
      if (next < word(dims, axis)) {
        store<i32>(position + ((<usize>axis) << 2), next);
        break;
      }
      row -= next * word(strides, axis);
      store<i32>(position + ((<usize>axis) << 2), 0);
    }
  }
}

/** Words of an input before its dims. */
const INPUT_HEAD: usize = 4 << 2;
const INSTRUCTION: usize = 6 << 2;
const OUTPUT: usize = 3 << 2;

/** Sets what is the same for every tile of up to `tile` elements: slots, constants, repeating operands. */
export function prepareBody(body: usize, tile: i32): void {
  for (let slot = 0; slot < REGISTER_COUNT; slot++) setSlot(slot, registerAddress(slot));
  const inputs = word(body, 0);
  let input = body + 12;
  for (let k = 0; k < inputs; k++) {
    const mode = word(input, 0);
    const rank = word(input, 3);
    if (mode == SCALAR || mode == IMMEDIATE) {
      const value = mode == SCALAR ? v128.load32_splat(address(input, 2)) : i32x4.splat(word(input, 2));
      const register = registerAddress(word(input, 1));
      fillSplat(register, register + (((<usize>tile) << 2) + 63 & ~63), value);
    } else if (mode == REPEATING) {
      spread(registerAddress(word(input, 1)), address(input, 2), input + INPUT_HEAD, rank, 0, tile);
    }
    input += INPUT_HEAD + ((<usize>rank) << 3);
  }
}

/** Computes elements [start, start + count) of a prepared body. */
export function runTile(body: usize, start: i32, count: i32): void {
  const inputs = word(body, 0);
  const instructions = word(body, 1);
  const outputs = word(body, 2);
  const offset = (<usize>start) << 2;
  let at = body + 12;
  for (let k = 0; k < inputs; k++) {
    const mode = word(at, 0);
    const rank = word(at, 3);
    if (mode == CONTIGUOUS) setSlot(word(at, 1), address(at, 2) + offset);
    else if (mode == STRIDED) spread(registerAddress(word(at, 1)), address(at, 2), at + INPUT_HEAD, rank, start, count);
    at += INPUT_HEAD + ((<usize>rank) << 3);
  }
  // Whole blocks are computed; results of a broken one go to a register first, so as not to write beyond the tile.
  const whole = (count & 15) == 0;
  const bytes = (((<usize>count) << 2) + 63) & ~63;
  const outputList = at + <usize>instructions * INSTRUCTION;
  for (let k = 0; k < outputs; k++) {
    const output = outputList + <usize>k * OUTPUT;
    const slot = word(output, 1);
    if (word(output, 2) != 0) setSlot(slot, whole ? address(output, 0) + offset : registerAddress(slot));
  }
  while (at < outputList) {
    execute(at, bytes);
    at += INSTRUCTION;
  }
  for (let k = 0; k < outputs; k++) {
    const output = outputList + <usize>k * OUTPUT;
    if (!whole || word(output, 2) == 0) {
      const to = address(output, 0) + offset;
      copyExactly(to, slotAddress(word(output, 1)), to + ((<usize>count) << 2));
    }
  }
}

/** The elementary step: one operation over one tile. */
export function execute(instruction: usize, bytes: usize): void {
  const d = slotAddress(word(instruction, 1));
  const a = slotAddress(word(instruction, 2));
  const b = slotAddress(word(instruction, 3));
  const end = d + bytes;
  switch (word(instruction, 0)) {
    case code.COPY: ops.opCopy(d, a, end); break;
    case code.ADD: ops.opAdd(d, a, b, end); break;
    case code.SUB: ops.opSub(d, a, b, end); break;
    case code.MUL: ops.opMul(d, a, b, end); break;
    case code.DIV: ops.opDiv(d, a, b, end); break;
    case code.MAXIMUM: ops.opMaximum(d, a, b, end); break;
    case code.MINIMUM: ops.opMinimum(d, a, b, end); break;
    case code.POW: ops.opPow(d, a, b, end); break;
    case code.NEG: ops.opNeg(d, a, end); break;
    case code.ABS: ops.opAbs(d, a, end); break;
    case code.SQUARE: ops.opSquare(d, a, end); break;
    case code.SQRT: ops.opSqrt(d, a, end); break;
    case code.RSQRT: ops.opRsqrt(d, a, end); break;
    case code.RECIPROCAL: ops.opReciprocal(d, a, end); break;
    case code.EXP: ops.opExp(d, a, end); break;
    case code.EXPM1: ops.opExpm1(d, a, end); break;
    case code.LOG: ops.opLog(d, a, end); break;
    case code.LOG1P: ops.opLog1p(d, a, end); break;
    case code.TANH: ops.opTanh(d, a, end); break;
    case code.SIGMOID: ops.opSigmoid(d, a, end); break;
    case code.RELU: ops.opRelu(d, a, end); break;
    case code.LEAKY_RELU: ops.opLeakyRelu(d, a, end, real(instruction, 5)); break;
    case code.SIGN: ops.opSign(d, a, end); break;
    case code.FLOOR: ops.opFloor(d, a, end); break;
    case code.LESS: ops.opLess(d, a, b, end); break;
    case code.LESS_EQUAL: ops.opLessEqual(d, a, b, end); break;
    case code.GREATER: ops.opGreater(d, a, b, end); break;
    case code.GREATER_EQUAL: ops.opGreaterEqual(d, a, b, end); break;
    case code.EQUAL: ops.opEqual(d, a, b, end); break;
    case code.NOT_EQUAL: ops.opNotEqual(d, a, b, end); break;
    case code.WHERE: ops.opWhere(d, a, b, slotAddress(word(instruction, 4)), end); break;
    case code.MUL_ADD: ops.opMulAdd(d, a, b, slotAddress(word(instruction, 4)), end); break;
    case code.POW_CONST: ops.opPowConst(d, a, end, real(instruction, 5)); break;
    case code.INT_TO_FLOAT: ops.opIntToFloat(d, a, end); break;
    case code.FLOAT_TO_INT: ops.opFloatToInt(d, a, end); break;
    case code.INT_LESS: ops.opIntLess(d, a, b, end); break;
    case code.INT_LESS_EQUAL: ops.opIntLessEqual(d, a, b, end); break;
    case code.INT_GREATER: ops.opIntGreater(d, a, b, end); break;
    case code.INT_GREATER_EQUAL: ops.opIntGreaterEqual(d, a, b, end); break;
    case code.INT_EQUAL: ops.opIntEqual(d, a, b, end); break;
    case code.INT_NOT_EQUAL: ops.opIntNotEqual(d, a, b, end); break;
    default: unreachable();
  }
}

/** Words: elements, tile, body. */
export function fused(args: usize): void {
  const elements = word(args, 0);
  const tile = word(args, 1);
  const body = args + 8;
  const tiles = (elements + tile - 1) / tile;
  let index = shareStart(tiles);
  const end = shareEnd(tiles);
  if (index >= end) return;
  prepareBody(body, tile);
  while (index < end) {
    const start = index * tile;
    runTile(body, start, min(tile, elements - start));
    index++;
  }
}
