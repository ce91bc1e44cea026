/** MultiMNIST's one operation (Sabour, Frosst, Hinton 2017, section 6): two shifted digits laid over each other. */

/** 28 x 28 digits stand in the middle of 36 x 36 and move by up to 6 pixels. */
export const overlayBorder = 4;
/** Largest shift of a digit along each axis, in pixels (Sabour et al. 2017, section 6.1 takes 4; the reference takes 6). */
export const overlayMaximumShift = 6;

/** min(base + top, 1): what the model sees of two shifted digits. */
export function overlay(
  base: Float32Array,
  top: Float32Array,
  out: Float32Array = new Float32Array(base.length),
): Float32Array {
  for (let at = 0; at < base.length; at++) out[at] = Math.min(base[at]! + top[at]!, 1);
  return out;
}
