/**
 * The two-dimensional transforms of one tile: along the columns into `temp`, along the rows out of it, four channels at a time. One flat loop a
 * function; the passes are inlined.
 */
import {
  fourInput, fourInputAdjoint, fourInputsAdd, fourOutput, fourOutputAdjoint, fourResults, fourFilter, fourFilterAdjoint,
  threeInput, threeInputAdjoint, threeInputsAdd, threeOutput, threeOutputAdjoint, threeResults, threeFilter, threeFilterAdjoint,
} from './winogradPasses';

/** V = Bt d B: 6 x 6 pixels to 36 planes. */
export function fourInputTile(from: usize, fromRow: usize, fromPixel: usize, to: usize, plane: usize, temp: usize, channels: i32): void {
  const end = from + (<usize>channels << 2);
  while (from < end) {
    fourInput(from, fromRow, temp, 96);
    fourInput(from + 1 * fromPixel, fromRow, temp + 16, 96);
    fourInput(from + 2 * fromPixel, fromRow, temp + 32, 96);
    fourInput(from + 3 * fromPixel, fromRow, temp + 48, 96);
    fourInput(from + 4 * fromPixel, fromRow, temp + 64, 96);
    fourInput(from + 5 * fromPixel, fromRow, temp + 80, 96);
    fourInput(temp, 16, to, plane);
    fourInput(temp + 96, 16, to + 6 * plane, plane);
    fourInput(temp + 192, 16, to + 12 * plane, plane);
    fourInput(temp + 288, 16, to + 18 * plane, plane);
    fourInput(temp + 384, 16, to + 24 * plane, plane);
    fourInput(temp + 480, 16, to + 30 * plane, plane);
    from += 16; to += 16;
  }
}

/** y = max(At M A + bias, floor): 36 planes to 4 x 4 pixels. A `biasStep` of 0 takes four numbers for all channels. */
export function fourOutputTile(from: usize, plane: usize, to: usize, toRow: usize, toPixel: usize, temp: usize, channels: i32, bias: usize, biasStep: usize, floor: v128): void {
  const fromRow = 6 * plane;
  const end = from + (<usize>channels << 2);
  while (from < end) {
    const b = v128.load(bias);
    fourOutput(from, fromRow, temp, 96);
    fourOutput(from + 1 * plane, fromRow, temp + 16, 96);
    fourOutput(from + 2 * plane, fromRow, temp + 32, 96);
    fourOutput(from + 3 * plane, fromRow, temp + 48, 96);
    fourOutput(from + 4 * plane, fromRow, temp + 64, 96);
    fourOutput(from + 5 * plane, fromRow, temp + 80, 96);
    fourResults(temp, to, toPixel, b, floor);
    fourResults(temp + 96, to + 1 * toRow, toPixel, b, floor);
    fourResults(temp + 192, to + 2 * toRow, toPixel, b, floor);
    fourResults(temp + 288, to + 3 * toRow, toPixel, b, floor);
    from += 16; to += 16; bias += biasStep;
  }
}

/** dM = A dy At: 4 x 4 pixels to 36 planes. */
export function fourOutputAdjointTile(from: usize, fromRow: usize, fromPixel: usize, to: usize, plane: usize, temp: usize, channels: i32): void {
  const end = from + (<usize>channels << 2);
  while (from < end) {
    fourOutputAdjoint(from, fromRow, temp, 64);
    fourOutputAdjoint(from + 1 * fromPixel, fromRow, temp + 16, 64);
    fourOutputAdjoint(from + 2 * fromPixel, fromRow, temp + 32, 64);
    fourOutputAdjoint(from + 3 * fromPixel, fromRow, temp + 48, 64);
    fourOutputAdjoint(temp, 16, to, plane);
    fourOutputAdjoint(temp + 64, 16, to + 6 * plane, plane);
    fourOutputAdjoint(temp + 128, 16, to + 12 * plane, plane);
    fourOutputAdjoint(temp + 192, 16, to + 18 * plane, plane);
    fourOutputAdjoint(temp + 256, 16, to + 24 * plane, plane);
    fourOutputAdjoint(temp + 320, 16, to + 30 * plane, plane);
    from += 16; to += 16;
  }
}

/** dx += B dV Bt: 36 planes to 6 x 6 pixels. */
export function fourInputAdjointTile(from: usize, plane: usize, to: usize, toRow: usize, toPixel: usize, temp: usize, channels: i32): void {
  const fromRow = 6 * plane;
  const end = from + (<usize>channels << 2);
  while (from < end) {
    fourInputAdjoint(from, fromRow, temp, 96);
    fourInputAdjoint(from + 1 * plane, fromRow, temp + 16, 96);
    fourInputAdjoint(from + 2 * plane, fromRow, temp + 32, 96);
    fourInputAdjoint(from + 3 * plane, fromRow, temp + 48, 96);
    fourInputAdjoint(from + 4 * plane, fromRow, temp + 64, 96);
    fourInputAdjoint(from + 5 * plane, fromRow, temp + 80, 96);
    fourInputsAdd(temp, to, toPixel);
    fourInputsAdd(temp + 96, to + 1 * toRow, toPixel);
    fourInputsAdd(temp + 192, to + 2 * toRow, toPixel);
    fourInputsAdd(temp + 288, to + 3 * toRow, toPixel);
    fourInputsAdd(temp + 384, to + 4 * toRow, toPixel);
    fourInputsAdd(temp + 480, to + 5 * toRow, toPixel);
    from += 16; to += 16;
  }
}

/** U = G g Gt: 3 x 3 taps to 36 planes. */
export function fourFilterTile(from: usize, fromRow: usize, fromPixel: usize, to: usize, plane: usize, temp: usize, channels: i32): void {
  const end = from + (<usize>channels << 2);
  while (from < end) {
    fourFilter(from, fromRow, temp, 48);
    fourFilter(from + 1 * fromPixel, fromRow, temp + 16, 48);
    fourFilter(from + 2 * fromPixel, fromRow, temp + 32, 48);
    fourFilter(temp, 16, to, plane);
    fourFilter(temp + 48, 16, to + 6 * plane, plane);
    fourFilter(temp + 96, 16, to + 12 * plane, plane);
    fourFilter(temp + 144, 16, to + 18 * plane, plane);
    fourFilter(temp + 192, 16, to + 24 * plane, plane);
    fourFilter(temp + 240, 16, to + 30 * plane, plane);
    from += 16; to += 16;
  }
}

/** dw = Gt dU G: 36 planes to 3 x 3 taps. */
export function fourFilterAdjointTile(from: usize, plane: usize, to: usize, toRow: usize, toPixel: usize, temp: usize, channels: i32): void {
  const fromRow = 6 * plane;
  const end = from + (<usize>channels << 2);
  while (from < end) {
    fourFilterAdjoint(from, fromRow, temp, 96);
    fourFilterAdjoint(from + 1 * plane, fromRow, temp + 16, 96);
    fourFilterAdjoint(from + 2 * plane, fromRow, temp + 32, 96);
    fourFilterAdjoint(from + 3 * plane, fromRow, temp + 48, 96);
    fourFilterAdjoint(from + 4 * plane, fromRow, temp + 64, 96);
    fourFilterAdjoint(from + 5 * plane, fromRow, temp + 80, 96);
    fourFilterAdjoint(temp, 16, to, toPixel);
    fourFilterAdjoint(temp + 96, 16, to + 1 * toRow, toPixel);
    fourFilterAdjoint(temp + 192, 16, to + 2 * toRow, toPixel);
    from += 16; to += 16;
  }
}

/** V = Bt d B: 7 x 7 pixels to 49 planes. */
export function threeInputTile(from: usize, fromRow: usize, fromPixel: usize, to: usize, plane: usize, temp: usize, channels: i32): void {
  const end = from + (<usize>channels << 2);
  while (from < end) {
    threeInput(from, fromRow, temp, 112);
    threeInput(from + 1 * fromPixel, fromRow, temp + 16, 112);
    threeInput(from + 2 * fromPixel, fromRow, temp + 32, 112);
    threeInput(from + 3 * fromPixel, fromRow, temp + 48, 112);
    threeInput(from + 4 * fromPixel, fromRow, temp + 64, 112);
    threeInput(from + 5 * fromPixel, fromRow, temp + 80, 112);
    threeInput(from + 6 * fromPixel, fromRow, temp + 96, 112);
    threeInput(temp, 16, to, plane);
    threeInput(temp + 112, 16, to + 7 * plane, plane);
    threeInput(temp + 224, 16, to + 14 * plane, plane);
    threeInput(temp + 336, 16, to + 21 * plane, plane);
    threeInput(temp + 448, 16, to + 28 * plane, plane);
    threeInput(temp + 560, 16, to + 35 * plane, plane);
    threeInput(temp + 672, 16, to + 42 * plane, plane);
    from += 16; to += 16;
  }
}

/** y = max(At M A + bias, floor): 49 planes to 3 x 3 pixels. */
export function threeOutputTile(from: usize, plane: usize, to: usize, toRow: usize, toPixel: usize, temp: usize, channels: i32, bias: usize, biasStep: usize, floor: v128): void {
  const fromRow = 7 * plane;
  const end = from + (<usize>channels << 2);
  while (from < end) {
    const b = v128.load(bias);
    threeOutput(from, fromRow, temp, 112);
    threeOutput(from + 1 * plane, fromRow, temp + 16, 112);
    threeOutput(from + 2 * plane, fromRow, temp + 32, 112);
    threeOutput(from + 3 * plane, fromRow, temp + 48, 112);
    threeOutput(from + 4 * plane, fromRow, temp + 64, 112);
    threeOutput(from + 5 * plane, fromRow, temp + 80, 112);
    threeOutput(from + 6 * plane, fromRow, temp + 96, 112);
    threeResults(temp, to, toPixel, b, floor);
    threeResults(temp + 112, to + 1 * toRow, toPixel, b, floor);
    threeResults(temp + 224, to + 2 * toRow, toPixel, b, floor);
    from += 16; to += 16; bias += biasStep;
  }
}

/** dM = A dy At: 3 x 3 pixels to 49 planes. */
export function threeOutputAdjointTile(from: usize, fromRow: usize, fromPixel: usize, to: usize, plane: usize, temp: usize, channels: i32): void {
  const end = from + (<usize>channels << 2);
  while (from < end) {
    threeOutputAdjoint(from, fromRow, temp, 48);
    threeOutputAdjoint(from + 1 * fromPixel, fromRow, temp + 16, 48);
    threeOutputAdjoint(from + 2 * fromPixel, fromRow, temp + 32, 48);
    threeOutputAdjoint(temp, 16, to, plane);
    threeOutputAdjoint(temp + 48, 16, to + 7 * plane, plane);
    threeOutputAdjoint(temp + 96, 16, to + 14 * plane, plane);
    threeOutputAdjoint(temp + 144, 16, to + 21 * plane, plane);
    threeOutputAdjoint(temp + 192, 16, to + 28 * plane, plane);
    threeOutputAdjoint(temp + 240, 16, to + 35 * plane, plane);
    threeOutputAdjoint(temp + 288, 16, to + 42 * plane, plane);
    from += 16; to += 16;
  }
}

/** dx += B dV Bt: 49 planes to 7 x 7 pixels. */
export function threeInputAdjointTile(from: usize, plane: usize, to: usize, toRow: usize, toPixel: usize, temp: usize, channels: i32): void {
  const fromRow = 7 * plane;
  const end = from + (<usize>channels << 2);
  while (from < end) {
    threeInputAdjoint(from, fromRow, temp, 112);
    threeInputAdjoint(from + 1 * plane, fromRow, temp + 16, 112);
    threeInputAdjoint(from + 2 * plane, fromRow, temp + 32, 112);
    threeInputAdjoint(from + 3 * plane, fromRow, temp + 48, 112);
    threeInputAdjoint(from + 4 * plane, fromRow, temp + 64, 112);
    threeInputAdjoint(from + 5 * plane, fromRow, temp + 80, 112);
    threeInputAdjoint(from + 6 * plane, fromRow, temp + 96, 112);
    threeInputsAdd(temp, to, toPixel);
    threeInputsAdd(temp + 112, to + 1 * toRow, toPixel);
    threeInputsAdd(temp + 224, to + 2 * toRow, toPixel);
    threeInputsAdd(temp + 336, to + 3 * toRow, toPixel);
    threeInputsAdd(temp + 448, to + 4 * toRow, toPixel);
    threeInputsAdd(temp + 560, to + 5 * toRow, toPixel);
    threeInputsAdd(temp + 672, to + 6 * toRow, toPixel);
    from += 16; to += 16;
  }
}

/** U = G g Gt: 3 x 3 taps to 25 planes. */
export function threeFilterTile(from: usize, fromRow: usize, fromPixel: usize, to: usize, plane: usize, temp: usize, channels: i32): void {
  const end = from + (<usize>channels << 2);
  while (from < end) {
    threeFilter(from, fromRow, temp, 48);
    threeFilter(from + 1 * fromPixel, fromRow, temp + 16, 48);
    threeFilter(from + 2 * fromPixel, fromRow, temp + 32, 48);
    threeFilter(temp, 16, to, plane);
    threeFilter(temp + 48, 16, to + 5 * plane, plane);
    threeFilter(temp + 96, 16, to + 10 * plane, plane);
    threeFilter(temp + 144, 16, to + 15 * plane, plane);
    threeFilter(temp + 192, 16, to + 20 * plane, plane);
    from += 16; to += 16;
  }
}

/** dw = Gt dU G: 25 planes to 3 x 3 taps. */
export function threeFilterAdjointTile(from: usize, plane: usize, to: usize, toRow: usize, toPixel: usize, temp: usize, channels: i32): void {
  const fromRow = 5 * plane;
  const end = from + (<usize>channels << 2);
  while (from < end) {
    threeFilterAdjoint(from, fromRow, temp, 80);
    threeFilterAdjoint(from + 1 * plane, fromRow, temp + 16, 80);
    threeFilterAdjoint(from + 2 * plane, fromRow, temp + 32, 80);
    threeFilterAdjoint(from + 3 * plane, fromRow, temp + 48, 80);
    threeFilterAdjoint(from + 4 * plane, fromRow, temp + 64, 80);
    threeFilterAdjoint(temp, 16, to, toPixel);
    threeFilterAdjoint(temp + 80, 16, to + 1 * toRow, toPixel);
    threeFilterAdjoint(temp + 160, 16, to + 2 * toRow, toPixel);
    from += 16; to += 16;
  }
}
