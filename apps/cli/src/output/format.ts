/** Numbers and paths as people read and type them. */

/** `1,234,567`. */
export const count = (value: number): string =>
  Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');

/** A share as per cent with two decimals, which tell one image in 10,000 apart: `98.90 %`. */
export const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** `7 s`, `1 min 05 s`, `2 h 03 min`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

/** A loss: four significant decimals however small. */
export const loss = (value: number): string =>
  !Number.isFinite(value)
    ? String(value)
    : Math.abs(value) >= 1e-3 || value === 0
      ? value.toFixed(4)
      : value.toExponential(2);

/** `3 images`, `1 image`. */
export const plural = (value: number, noun: string): string =>
  `${count(value)} ${noun}${value === 1 ? '' : 's'}`;

/** Any text in quotes, which a shell takes for one word. */
export const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** A path as one types it: in quotes only where a shell would take it for something else. */
export const typed = (path: string): string => (/^[\w./~@%+,:=\\-]+$/.test(path) ? path : quoted(path));
