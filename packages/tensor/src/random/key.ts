/**
 * Random numbers from explicit keys: a key is a value, and the same key gives the same numbers on every machine. Keys are split,
 * never advanced. The generator is Threefry-2x32 with 20 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
 * 2011), a function of key and counter.
 */

/** Two 32-bit words. */
export type RandomKey = readonly [number, number];

/** The key of a seed (an integer of up to 53 bits). */
export const randomKey = (seed: number): RandomKey =>
  threefry([Math.floor(seed / 2 ** 32) >>> 0, seed >>> 0], 0, 0);

const rotations = [13, 15, 26, 6, 17, 29, 16, 24] as const;

/** Encrypts a counter of two words under a key. */
export function threefry([k0, k1]: RandomKey, counter0: number, counter1: number): RandomKey {
  const schedule = [k0 | 0, k1 | 0, 0x1bd11bda ^ k0 ^ k1];
  let x = (counter0 + schedule[0]!) | 0;
  let y = (counter1 + schedule[1]!) | 0;
  for (let round = 0; round < 20; round++) {
    const r = rotations[round % 8]!;
    x = (x + y) | 0;
    y = ((y << r) | (y >>> (32 - r))) ^ x;
    if (round % 4 === 3) {
      const block = (round + 1) / 4;
      x = (x + schedule[block % 3]!) | 0;
      y = (y + schedule[(block + 1) % 3]! + block) | 0;
    }
  }
  return [x >>> 0, y >>> 0];
}

/** `count` independent keys. */
export const splitKey = (key: RandomKey, count = 2): RandomKey[] =>
  Array.from({ length: count }, (_, index) => threefry(key, index, 0x73706c69));

/** A key that depends on `key` and a number, such as a step or an epoch. */
export const foldIn = (key: RandomKey, value: number): RandomKey => threefry(key, value >>> 0, 0x666f6c64);
