/**
 * What the chapters draw their figures with: a few shapes of SVG, and axes for curves. Figures go to `figures/` beside the text, or to
 * the folder that CAPSNET_FIGURES names.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const repository = new URL('../../', import.meta.url);
const here = fileURLToPath(new URL('.', import.meta.url));

/** Writes a figure and says so. */
export function saveFigure(name: string, contents: string | Uint8Array): void {
  const folder = process.env['CAPSNET_FIGURES'] ?? join(here, 'figures');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), contents);
  const named = process.env['CAPSNET_FIGURES'] ? name : relative(process.cwd(), join(folder, name));
  console.log(`figure: ${named}`);
}

/** A number as it stands in a figure: short, and the same on every machine. */
const short = (value: number): string => String(Math.round(value * 100) / 100);

export const colours = ['#2f6fb2', '#d1495b', '#3a8f5c', '#8a5bb0', '#c98a1b'];

/** Text at a place; `anchor` start, middle or end. */
export const label = (x: number, y: number, text: string, anchor = 'middle', size = 12): string =>
  `<text x="${short(x)}" y="${short(y)}" text-anchor="${anchor}" font-size="${size}">${text.replace(/&/g, '&amp;').replace(/</g, '&lt;')}</text>`;

/** A filled rectangle. */
export const box = (x: number, y: number, width: number, height: number, fill: string): string =>
  `<rect x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}" fill="${fill}"/>`;

/** A line through points. */
export const path = (points: readonly (readonly [number, number])[], colour: string, width = 1.5): string =>
  `<polyline points="${points.map(([x, y]) => `${short(x)},${short(y)}`).join(' ')}" fill="none" stroke="${colour}" stroke-width="${width}"/>`;

/** An arrow from one point to another. */
export function arrow(
  [x0, y0]: readonly [number, number],
  [x1, y1]: readonly [number, number],
  colour: string,
  width = 1.5,
): string {
  const angle = Math.atan2(y1 - y0, x1 - x0);
  const barb = (turn: number): [number, number] => [
    x1 - 7 * Math.cos(angle + turn),
    y1 - 7 * Math.sin(angle + turn),
  ];
  return path([[x0, y0], [x1, y1]], colour, width) + path([barb(0.45), [x1, y1], barb(-0.45)], colour, width); // prettier-ignore
}

/** A whole figure. */
export const svg = (width: number, height: number, ...parts: readonly string[]): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif">\n` +
  `<rect width="${width}" height="${height}" fill="#fff"/>\n${parts.join('\n')}\n</svg>\n`;

/** One curve of a plot. */
export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
}

/** Curves in one frame, with the range of each axis; `log` draws that axis in powers of ten. */
export interface Plot {
  readonly title: string;
  readonly x: { readonly name: string; readonly range: readonly [number, number]; readonly log?: boolean };
  readonly y: { readonly name: string; readonly range: readonly [number, number]; readonly log?: boolean };
  readonly curves: readonly Curve[];
  /** Where the names stand: at the top by default. */
  readonly legend?: 'top' | 'bottom';
}

/** A plot at a place: what goes into `svg`. */
export function plot(
  { title, x, y, curves, legend = 'top' }: Plot,
  left = 0,
  width = 420,
  height = 300,
): string {
  const frame = { left: left + 56, right: left + width - 14, top: 34, bottom: height - 44 };
  const along = (axis: Plot['x'], value: number, from: number, to: number): number => {
    const scale = (v: number): number => (axis.log ? Math.log10(v) : v);
    const [low, high] = axis.range;
    return from + ((scale(value) - scale(low)) / (scale(high) - scale(low))) * (to - from);
  };
  const across = (value: number): number => along(x, value, frame.left, frame.right);
  const up = (value: number): number => along(y, value, frame.bottom, frame.top);
  const names = legend === 'top' ? frame.top + 8 : frame.bottom - 18 * curves.length - 4;
  const ticks = ({ range: [low, high], log }: Plot['x']): number[] =>
    log
      ? Array.from({ length: Math.floor(Math.log10(high / low) / 2 + 1.001) }, (_, k) => low * 100 ** k)
      : Array.from({ length: 5 }, (_, k) => low + ((high - low) * k) / 4);
  const named = (value: number, log?: boolean): string =>
    log ? value.toExponential(0) : String(Number(value.toPrecision(3)));
  return [
    label((frame.left + frame.right) / 2, 20, title, 'middle', 14),
    ...ticks(x).map((v) => path([[across(v), frame.top], [across(v), frame.bottom]], '#ddd', 1) + label(across(v), frame.bottom + 16, named(v, x.log))), // prettier-ignore
    ...ticks(y).map((v) => path([[frame.left, up(v)], [frame.right, up(v)]], '#ddd', 1) + label(frame.left - 6, up(v) + 4, named(v, y.log), 'end')), // prettier-ignore
    label((frame.left + frame.right) / 2, height - 10, x.name),
    label(frame.left, frame.top - 6, y.name, 'middle'),
    ...curves.map(({ points }, k) => path(points.map(([a, b]) => [across(a), up(b)] as const), colours[k % colours.length]!, 2)), // prettier-ignore
    ...curves.map(({ name }, k) => box(frame.right - 130, names + 18 * k, 12, 3, colours[k % colours.length]!) + label(frame.right - 112, names + 6 + 18 * k, name, 'start')), // prettier-ignore
  ].join('\n');
}
