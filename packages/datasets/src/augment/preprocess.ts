/** Bytes to the numbers a model sees. */

/** The divisors of the reference: MNIST by 256 (not 255), MultiMNIST by 255. */
export const mnistDivisor = 256;
/** What bytes of MultiMNIST are divided by. */
export const multiMnistDivisor = 255;

/** value / divisor, in float32. */
export function scaleImages(
  images: ArrayLike<number>,
  divisor: number,
  out: Float32Array = new Float32Array(images.length),
): Float32Array {
  for (let at = 0; at < images.length; at++) out[at] = images[at]! / divisor;
  return out;
}
