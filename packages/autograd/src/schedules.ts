/**
 * Schedules: the learning rate as a function of time, counted in epochs or steps from 0 as the caller likes. Plain numbers: the rate enters
 * a compiled step as a scalar.
 */
export type Schedule = (time: number) => number;

/** The same rate always. */
export const constantSchedule =
  (rate: number): Schedule =>
  () =>
    rate;

/** max(initial · decay^time, minimum): the schedule of Efficient-CapsNet (5e-4, 0.97, 5e-5, by epochs). */
export const exponentialDecay =
  (initial: number, decay: number, minimum = 0): Schedule =>
  (time) =>
    Math.max(initial * decay ** time, minimum);

/**
 * From `initial` to `minimum` along half a cosine over `duration`, then `minimum` (Loshchilov and Hutter 2017, without restarts).
 *
 * @throws Error when the duration is not above 0
 */
export function cosineDecay(initial: number, duration: number, minimum = 0): Schedule {
  if (!(duration > 0)) throw new Error(`cosineDecay: the duration is ${duration}, wanted a number above 0.`);
  return (time) =>
    minimum + ((initial - minimum) * (1 + Math.cos(Math.PI * Math.min(Math.max(time / duration, 0), 1)))) / 2;
}

/**
 * `rates[k]` from `boundaries[k-1]` on and before `boundaries[k]`.
 *
 * @throws Error when there is not one rate more than boundaries, or the boundaries do not increase
 */
export function piecewiseConstant(boundaries: readonly number[], rates: readonly number[]): Schedule {
  if (rates.length !== boundaries.length + 1) {
    throw new Error(
      `piecewiseConstant: ${boundaries.length} boundaries need ${boundaries.length + 1} rates, found ${rates.length}.`,
    );
  }
  if (boundaries.some((boundary, k) => k > 0 && boundary <= boundaries[k - 1]!)) {
    throw new Error(`piecewiseConstant: the boundaries ${boundaries.join(', ')} do not increase.`);
  }
  return (time) => rates[boundaries.filter((boundary) => time >= boundary).length]!;
}

/**
 * A linear rise to the start of another schedule over `duration`, then that schedule, with its time counted from there.
 *
 * @throws Error when the duration is not above 0
 */
export function warmup(duration: number, after: Schedule): Schedule {
  if (!(duration > 0)) throw new Error(`warmup: the duration is ${duration}, wanted a number above 0.`);
  return (time) => (time < duration ? (after(0) * (time + 1)) / (duration + 1) : after(time - duration));
}
