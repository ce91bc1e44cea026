import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { draws, foldIn, normal, permutation, randomKey, splitKey, threefry, uniform } from './random.js';

const seeds = fc.nat({ max: Number.MAX_SAFE_INTEGER });

describe('threefry', () => {
  // The known answers that are published with the generator (Random123, kat_vectors, threefry2x32 with 20 rounds).
  it.each([
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x13198a2e, 0x03707344],
      [0x243f6a88, 0x85a308d3],
      [0xc4923a9c, 0x483df7a0],
    ],
  ] as const)('key %j, counter %j', (key, [c0, c1], answer) => {
    expect(threefry(key, c0, c1)).toEqual(answer);
  });
});

describe('keys', () => {
  test.prop([seeds])('split and fold give distinct keys, the same every time', (seed) => {
    const key = randomKey(seed);
    const keys = [key, ...splitKey(key, 5), foldIn(key, 0), foldIn(key, 1), foldIn(key, 2)];
    expect(new Set(keys.map(String)).size).toBe(keys.length);
    expect(splitKey(randomKey(seed), 5)).toEqual(keys.slice(1, 6));
  });
  it.each([-1, 0.5, NaN, 2 ** 53])('seed %d is refused', (seed) => {
    expect(() => randomKey(seed)).toThrow(RangeError);
  });
  it('large seeds differ', () => {
    expect(randomKey(2 ** 32)).not.toEqual(randomKey(0));
  });
});

describe('draws', () => {
  test.prop([seeds])('are a function of the key', (seed) => {
    const take = () => {
      const draw = draws(randomKey(seed));
      return [draw.uniform(), draw.normal(), draw.integer(7), draw.chance(), draw.normal(2, 3)];
    };
    expect(take()).toEqual(take());
    expect(uniform(randomKey(seed))).toBe(draws(randomKey(seed)).uniform());
    expect(normal(randomKey(seed))).toBe(draws(randomKey(seed)).normal());
  });
  test.prop([seeds, fc.integer({ min: 1, max: 2 ** 40 })])('integers stay below the limit', (seed, limit) => {
    const draw = draws(randomKey(seed));
    for (let count = 0; count < 20; count++) {
      const value = draw.integer(limit);
      expect(Number.isInteger(value) && value >= 0 && value < limit).toBe(true);
    }
  });
  it('uniform numbers have the moments of U(0, 1), normal ones of N(0, 1)', () => {
    const draw = draws(randomKey(3));
    const count = 40_000;
    const moments = (values: number[]) => {
      const mean = values.reduce((sum, value) => sum + value, 0) / count;
      return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count] as const;
    };
    const [uniformMean, uniformVariance] = moments(Array.from({ length: count }, () => draw.uniform()));
    expect(Math.abs(uniformMean - 0.5)).toBeLessThan(0.01);
    expect(Math.abs(uniformVariance - 1 / 12)).toBeLessThan(0.005);
    const [normalMean, normalVariance] = moments(Array.from({ length: count }, () => draw.normal()));
    expect(Math.abs(normalMean)).toBeLessThan(0.03);
    expect(Math.abs(normalVariance - 1)).toBeLessThan(0.04);
  });
});

describe('permutation', () => {
  test.prop([seeds, fc.integer({ min: 0, max: 300 })])('holds every number once', (seed, count) => {
    expect([...permutation(randomKey(seed), count)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: count }, (_, i) => i),
    );
  });
  it('all orders of three come equally often', () => {
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 6000; seed++) {
      const order = permutation(randomKey(seed), 3).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(130);
  });
});
