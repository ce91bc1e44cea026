/** Axes of charts: from values to places between 0 and 1, and round numbers to write beside them. */
import { loss as showNumber } from '../output/format.js';

export interface Tick {
  readonly value: number;
  readonly text: string;
  /** 0 at the start of the axis, 1 at its end. */
  readonly place: number;
}

export interface Axis {
  place(value: number): number;
  readonly ticks: readonly Tick[];
}

/** How numbers of an axis are written. */
export type Kind = 'number' | 'percent';

const trimmed = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);

/** A number of an axis, short: `0.002`, `1.5e-5`, `40k`. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 1e6) return `${trimmed((value / 1e6).toPrecision(3))}M`;
  if (size >= 1e4) return `${trimmed((value / 1e3).toPrecision(3))}k`;
  if (size < 1e-3) return value.toExponential(1).replace('.0e', 'e').replace('e-', 'e\u2212');
  return trimmed(value.toPrecision(4));
}

/** A value as a person reads it. `percent` takes a share. */
export function show(value: number, kind: Kind): string {
  if (kind === 'percent') return `${(100 * value).toFixed(2)} %`;
  return Number.isInteger(value) || Math.abs(value) >= 100 ? short(value) : showNumber(value);
}

const label = (value: number, kind: Kind): string =>
  kind === 'percent' ? `${trimmed((100 * value).toFixed(4))}%` : short(value);

/** 1, 2 or 5 times a power of ten, so that about `parts` of them make up `length`. */
function roundStep(length: number, parts: number): number {
  const rough = length / parts;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find((factor) => factor * power >= rough * 0.999) ?? 10);
}

export interface LinearOptions {
  readonly kind?: Kind;
  /** About how many ticks. */
  readonly parts?: number;
  /** The axis ends at the smallest and the largest value. */
  readonly tight?: boolean;
  /** No tick between two whole numbers. */
  readonly whole?: boolean;
  /** Bounds that round numbers do not pass. */
  readonly from?: number;
  readonly to?: number;
}

/** An axis whose ends are round numbers around all values. */
export function linearAxis(
  values: readonly number[],
  {
    kind = 'number',
    parts = 4,
    tight = false,
    whole = false,
    from = -Infinity,
    to = Infinity,
  }: LinearOptions = {},
): Axis {
  let [low, high] = [Math.min(...values), Math.max(...values)];
  // Also when they differ by rounding alone: steps of such a size cannot be counted.
  if (!(high - low > Math.max(1e-12 * Math.max(Math.abs(low), Math.abs(high)), 1e-200))) {
    // One value alone stands in the middle, unless that would leave the bounds.
    const room = whole ? 0.5 : Math.abs(low) > 1e-100 ? Math.abs(low) * 0.1 : 0.5;
    [low, high] = [Math.max(from, low - room), Math.min(to, high + room)];
  }
  const step = Math.max(roundStep(high - low, parts), whole ? 1 : 0);
  const start = tight ? low : Math.max(from, Math.floor(low / step + 1e-9) * step);
  const end = tight ? high : Math.min(to, Math.ceil(high / step - 1e-9) * step);
  const place = (value: number): number => (value - start) / (end - start);
  const ticks: Tick[] = [];
  for (let index = Math.ceil(start / step - 1e-9); index * step <= end + step * 1e-9; index++) {
    const value = Number((index * step).toPrecision(12));
    ticks.push({ value, text: label(value, kind), place: place(value) });
  }
  return { place, ticks };
}

/** An axis of powers of ten, with 2 and 5 between them where there is room. Values must be above 0. */
export function logAxis(values: readonly number[], { kind = 'number' }: { readonly kind?: Kind } = {}): Axis {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(1.15, (high / low) ** 0.04);
  const [start, end] = [Math.log(low / room), Math.log(high * room)];
  const place = (value: number): number => (Math.log(value) - start) / (end - start);
  const decades = (end - start) / Math.LN10;
  const factors = decades > 3 ? [1] : decades > 1.3 ? [1, 3] : [1, 2, 5];
  const every = Math.max(1, Math.ceil(decades / 6));
  const ticks: Tick[] = [];
  const first = Math.floor(start / Math.LN10);
  for (let power = first; power <= Math.ceil(end / Math.LN10); power++) {
    if ((power - first) % every !== 0) continue;
    for (const factor of factors) {
      const value = Number(`${factor}e${power}`);
      const at = place(value);
      if (at >= 0 && at <= 1) ticks.push({ value, text: label(value, kind), place: at });
    }
  }
  return { place, ticks };
}
