/**
 * The speed of the innermost kernel alone, with operands that lie in the first-level cache: what there is to reach on this machine, and what the
 * benchmark holds every product and convolution against.
 */

/** What the measurement needs of the engine's exports. */
export interface MicroKernels {
  rows5: Tile;
  rows6: Tile;
}

type Tile = (
  a: number,
  aRow: number,
  b: number,
  bStep: number,
  c: number,
  cRow: number,
  k: number,
  from: number,
  fromRow: number,
) => void;

const depth = 512;
const rounds = 9;
const callsPerRound = 2000;

/**
 * GFLOP/s of one thread, multiply and add counted as two.
 *
 * @param at address of 64 KiB of memory to use
 */
export function microKernelSpeed(kernels: MicroKernels, relaxed: boolean, at: number): number {
  const [rows, kernel] = relaxed ? [6, kernels.rows6] : [5, kernels.rows5];
  const [a, b, c] = [at, at + rows * depth * 4 + 64, at + rows * depth * 4 + 128 + depth * 32];
  let best = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    for (let call = 0; call < callsPerRound; call++) kernel(a, depth * 4, b, 32, c, 32, depth, c, 32);
    best = Math.min(best, performance.now() - start);
  }
  return (2 * 8 * rows * depth * callsPerRound) / best / 1e6;
}
