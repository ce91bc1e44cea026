/** Tensors of random numbers, functions of a key. */
import { fromHost, type Tensor } from '../graph/tensor.js';
import { sizeOf } from '../shape/rules.js';
import type { Shape } from '../shape/types.js';
import { threefry, type RandomKey } from './key.js';

/** `count` numbers uniform in (0, 1), 32 bits of randomness each. */
export function uniformNumbers(key: RandomKey, count: number): Float64Array {
  const numbers = new Float64Array(count);
  for (let index = 0; index < count; index += 2) {
    const [a, b] = threefry(key, index >>> 1, 0);
    numbers[index] = (a + 0.5) / 2 ** 32;
    if (index + 1 < count) numbers[index + 1] = (b + 0.5) / 2 ** 32;
  }
  return numbers;
}

/** `count` numbers of the standard normal distribution (Box-Muller). */
export function normalNumbers(key: RandomKey, count: number): Float64Array {
  const uniform = uniformNumbers(key, count + (count % 2));
  const numbers = new Float64Array(count);
  for (let index = 0; index < count; index += 2) {
    const radius = Math.sqrt(-2 * Math.log(uniform[index]!));
    const angle = 2 * Math.PI * uniform[index + 1]!;
    numbers[index] = radius * Math.cos(angle);
    if (index + 1 < count) numbers[index + 1] = radius * Math.sin(angle);
  }
  return numbers;
}

const draw = <S extends Shape>(shape: S, numbers: Float64Array): Tensor<S> =>
  fromHost(Float32Array.from(numbers), shape, 'float32');

/**
 * Uniform in [low, high).
 *
 * @returns a float32 tensor of the given shape, the same for the same key
 */
export const randomUniform = <const S extends Shape>(
  key: RandomKey,
  shape: S,
  low = 0,
  high = 1,
): Tensor<S> =>
  draw(
    shape,
    uniformNumbers(key, sizeOf(shape)).map((u) => low + (high - low) * u),
  );

/**
 * Normal with the given mean and standard deviation.
 *
 * @returns a float32 tensor of the given shape, the same for the same key
 */
export const randomNormal = <const S extends Shape>(
  key: RandomKey,
  shape: S,
  mean = 0,
  deviation = 1,
): Tensor<S> =>
  draw(
    shape,
    normalNumbers(key, sizeOf(shape)).map((z) => mean + deviation * z),
  );

/**
 * Normal with standard deviation `sigma`, redrawn outside two sigma (as Keras' TruncatedNormal; the numbers' own
 * deviation is then
 * 0.87962566 sigma).
 *
 * @returns a float32 tensor of the given shape, the same for the same key
 */
export function randomTruncatedNormal<const S extends Shape>(key: RandomKey, shape: S, sigma = 1): Tensor<S> {
  const count = sizeOf(shape);
  const numbers = new Float64Array(count);
  let filled = 0;
  for (let round = 0; filled < count; round++) {
    for (const z of normalNumbers(
      [key[0], (key[1] + round) >>> 0],
      Math.max(16, Math.ceil((count - filled) * 1.1)),
    )) {
      if (Math.abs(z) <= 2 && filled < count) numbers[filled++] = sigma * z;
    }
  }
  return draw(shape, numbers);
}
