/** IEEE half precision, binary16: 1 sign, 5 exponent and 10 fraction bits. */

/** The largest finite number. */
export const largestHalf = 65504;

/** The number of 16 bits. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The 16 bits of the nearest half, of two the even one; beyond `largestHalf` (by half a step) those of infinity. */
export function toHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  // Below 2^-14 halves are equally spaced. Above, the step is 2^-10 of the power of two below the number; a fraction that rounds up to 1024 carries
  // into the exponent, which is the next half indeed.
  const exponent = Math.max(-14, Math.min(16, Math.floor(Math.log2(size))));
  if (size < 2 ** -14) return sign | roundToEven(size * 2 ** 24);
  const bits = ((exponent + 15) << 10) + roundToEven((size / 2 ** exponent - 1) * 1024);
  return sign | Math.min(bits, 0x7c00);
}

function roundToEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
