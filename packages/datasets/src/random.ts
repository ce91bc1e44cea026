/**
 * Random numbers for data: every draw is a function of an explicit key, so a sample does not depend on which samples were made
 * before it, on which thread, or in which run. The generator is Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror, Shaw, "Parallel
 * random numbers: as easy as 1, 2, 3", SC 2011): a block cipher of a counter under a key. A key has the same form as in
 * @capsnet/tensor.
 */

/** Two 32-bit words. */
export type RandomKey = readonly [number, number];

// The two words of the last block. Scratch of this file alone: it saves an allocation for each draw.
let first = 0;
let second = 0;

const keyConstant = 0x1bd11bda; // Skein's parity constant, cut to 32 bits (Salmon et al., section 3.3)

/** Four rounds with the rotations a, b, c, d; then the caller adds the next words of the key schedule. */
function encrypt(k0: number, k1: number, counter0: number, counter1: number): void {
  const k2 = keyConstant ^ k0 ^ k1;
  let x = (counter0 + k0) | 0;
  let y = (counter1 + k1) | 0;
  x = (x + y) | 0;
  y = ((y << 13) | (y >>> 19)) ^ x;
  x = (x + y) | 0;
  y = ((y << 15) | (y >>> 17)) ^ x;
  x = (x + y) | 0;
  y = ((y << 26) | (y >>> 6)) ^ x;
  x = (x + y) | 0;
  y = ((y << 6) | (y >>> 26)) ^ x;
  x = (x + k1) | 0;
  y = (y + k2 + 1) | 0;
  x = (x + y) | 0;
  y = ((y << 17) | (y >>> 15)) ^ x;
  x = (x + y) | 0;
  y = ((y << 29) | (y >>> 3)) ^ x;
  x = (x + y) | 0;
  y = ((y << 16) | (y >>> 16)) ^ x;
  x = (x + y) | 0;
  y = ((y << 24) | (y >>> 8)) ^ x;
  x = (x + k2) | 0;
  y = (y + k0 + 2) | 0;
  x = (x + y) | 0;
  y = ((y << 13) | (y >>> 19)) ^ x;
  x = (x + y) | 0;
  y = ((y << 15) | (y >>> 17)) ^ x;
  x = (x + y) | 0;
  y = ((y << 26) | (y >>> 6)) ^ x;
  x = (x + y) | 0;
  y = ((y << 6) | (y >>> 26)) ^ x;
  x = (x + k0) | 0;
  y = (y + k1 + 3) | 0;
  x = (x + y) | 0;
  y = ((y << 17) | (y >>> 15)) ^ x;
  x = (x + y) | 0;
  y = ((y << 29) | (y >>> 3)) ^ x;
  x = (x + y) | 0;
  y = ((y << 16) | (y >>> 16)) ^ x;
  x = (x + y) | 0;
  y = ((y << 24) | (y >>> 8)) ^ x;
  x = (x + k1) | 0;
  y = (y + k2 + 4) | 0;
  x = (x + y) | 0;
  y = ((y << 13) | (y >>> 19)) ^ x;
  x = (x + y) | 0;
  y = ((y << 15) | (y >>> 17)) ^ x;
  x = (x + y) | 0;
  y = ((y << 26) | (y >>> 6)) ^ x;
  x = (x + y) | 0;
  y = ((y << 6) | (y >>> 26)) ^ x;
  first = (x + k2) >>> 0;
  second = (y + k0 + 5) >>> 0;
}

/** Encrypts a counter of two words under a key: the primitive of everything below. */
export function threefry(key: RandomKey, counter0: number, counter1: number): RandomKey {
  encrypt(key[0], key[1], counter0, counter1);
  return [first, second];
}

// The second counter word says what a block is for, so that keys, folds and draws of one key never coincide.
const purpose = { draw: 0, split: 0x73706c69, fold: 0x666f6c64 } as const;

/** The key of a seed: an integer from 0 to 2^53 - 1. Throws RangeError for anything else. */
export function randomKey(seed: number): RandomKey {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`randomKey: seed ${seed} is not an integer from 0 to 2^53 - 1. Give such a number.`);
  }
  return threefry([Math.floor(seed / 2 ** 32), seed >>> 0], 0, 0);
}

/** `count` independent keys. */
export const splitKey = (key: RandomKey, count = 2): RandomKey[] =>
  Array.from({ length: count }, (_, index) => threefry(key, index, purpose.split));

/** A key that depends on `key` and on a whole number below 2^32, such as an epoch or an index. */
export const foldIn = (key: RandomKey, value: number): RandomKey => threefry(key, value >>> 0, purpose.fold);

/**
 * The numbers that one key stands for, drawn one after the other. A cursor over a pure function, meant to live inside one function
 * that is itself pure: two `draws(key)` give the same numbers.
 */
export interface Draws {
  /** Uniform in [low, high), 32 bits of randomness. Default [0, 1). */
  uniform(low?: number, high?: number): number;
  /** Normal with the given mean and standard deviation (Box-Muller). Default N(0, 1). */
  normal(mean?: number, deviation?: number): number;
  /** A whole number in 0..limit-1; its bias is below limit / 2^53. */
  integer(limit: number): number;
  /** True with the given probability (default 1/2). */
  chance(probability?: number): boolean;
}

/** Starts the sequence of numbers of a key. */
export function draws(key: RandomKey): Draws {
  const [k0, k1] = key;
  let counter = 0;
  let pending = 0;
  let hasPending = false;
  let normalPending = NaN;
  const word = (): number => {
    if (hasPending) {
      hasPending = false;
      return pending;
    }
    encrypt(k0, k1, counter++, purpose.draw);
    pending = second;
    hasPending = true;
    return first;
  };
  const uniform = (low = 0, high = 1): number => low + (high - low) * (word() / 2 ** 32);
  return {
    uniform,
    normal(mean = 0, deviation = 1) {
      if (normalPending === normalPending) {
        const z = normalPending;
        normalPending = NaN;
        return mean + deviation * z;
      }
      // (word + 1/2) / 2^32 lies inside (0, 1): the logarithm is finite.
      const radius = Math.sqrt(-2 * Math.log((word() + 0.5) / 2 ** 32));
      const angle = 2 * Math.PI * (word() / 2 ** 32);
      normalPending = radius * Math.sin(angle);
      return mean + deviation * radius * Math.cos(angle);
    },
    integer(limit) {
      const high = word() >>> 6; // 26 bits
      const low = word() >>> 5; // 27 bits
      return Math.floor(((high * 2 ** 27 + low) / 2 ** 53) * limit);
    },
    chance: (probability = 0.5) => uniform() < probability,
  };
}

/** One uniform number in [0, 1). */
export const uniform = (key: RandomKey): number => draws(key).uniform();

/** One number of the standard normal distribution. */
export const normal = (key: RandomKey): number => draws(key).normal();

/** A random order of 0..count-1 (Fisher-Yates). */
export function permutation(key: RandomKey, count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  const draw = draws(key);
  for (let last = count - 1; last > 0; last--) {
    const other = draw.integer(last + 1);
    const kept = order[last]!;
    order[last] = order[other]!;
    order[other] = kept;
  }
  return order;
}
