import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromHalf, largestHalf, toHalf } from './half.js';
import { decodeSafetensors, encodeSafetensors } from './safetensors.js';

test('all 65,536 patterns survive the way to a number and back', () => {
  for (let bits = 0; bits < 0x10000; bits++) {
    const value = fromHalf(bits);
    if (Number.isNaN(value)) expect(Number.isNaN(fromHalf(toHalf(value)))).toBe(true);
    else if (toHalf(value) !== bits)
      throw new Error(`${bits.toString(16)} is ${value} is ${toHalf(value).toString(16)}`);
  }
});

test('some known halves', () => {
  const known = [
    [0, 0],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [0.1, 0x2e66],
    [65504, 0x7bff],
    [65519.9, 0x7bff],
    [65520, 0x7c00],
    [Infinity, 0x7c00],
    [-Infinity, 0xfc00],
    [2 ** -24, 1],
    [2 ** -25, 0],
    [2 ** -25 * 1.001, 1],
    [2 ** -14 * (1 - 2 ** -12), 0x0400],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [2 - 2 ** -12, 0x4000],
  ] as const;
  for (const [value, bits] of known) expect(toHalf(value), String(value)).toBe(bits);
});

test('rounding takes the nearest half', () => {
  fc.assert(
    fc.property(fc.double({ min: -largestHalf, max: largestHalf, noNaN: true }), (value) => {
      const bits = toHalf(value);
      const error = Math.abs(fromHalf(bits) - value);
      for (const neighbour of [bits - 1, bits + 1]) {
        const other = fromHalf(neighbour & 0xffff);
        if (Number.isFinite(other)) expect(error).toBeLessThanOrEqual(Math.abs(other - value));
      }
    }),
    { numRuns: 2000 },
  );
});

test('a file of halves is half as large and rounds each number', () => {
  const data = Float32Array.from({ length: 1000 }, (_, k) => Math.sin(k) / 10);
  const entries = [['w', { shape: [1000], data }]] as const;
  const [full, half] = [encodeSafetensors(entries), encodeSafetensors(entries, {}, 'F16')];
  expect(full.length - half.length).toBe(2000);
  const back = decodeSafetensors(half).tensors.get('w')!.data;
  expect(back).toBeInstanceOf(Float32Array);
  data.forEach((value, k) =>
    expect(Math.abs(back[k]! - value)).toBeLessThanOrEqual(Math.abs(value) * 2 ** -11 + 2 ** -25),
  );
  expect(() => encodeSafetensors([['big', { shape: [1], data: Float32Array.of(1e5) }]], {}, 'F16')).toThrow(
    '"big" has 100000, half precision ends at 65504. Store it as float32.',
  );
});
