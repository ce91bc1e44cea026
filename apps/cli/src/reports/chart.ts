/**
 * Line charts as HTML and SVG, complete without a script: the lines are stretched with the page, everything written stays text of its own size, so that
 * a chart is as readable on a phone as on a desk. `hover.ts` adds the values under the pointer.
 */
import { linearAxis, logAxis, show, type Axis, type Kind } from './axis.js';
import { html, raw, type Html } from './html.js';

export interface Series {
  readonly name: string;
  /** Ascending x. Points that are not finite leave a gap. */
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Number in the palette, from 0; by default the place among the series. Series of one thing share a colour. */
  readonly colour?: number;
  readonly dashed?: boolean;
}

export interface LineChart {
  readonly title: string;
  /** One sentence beneath the title. */
  readonly note?: string;
  readonly series: readonly Series[];
  /** What x is, in one word: `epoch`. */
  readonly x: string;
  /** `percent`: values are shares from 0 to 1. */
  readonly kind?: Kind;
  /** `auto`: logarithmic when all values are above 0 and the largest is more than 20 times the smallest. */
  readonly scale?: 'linear' | 'log' | 'auto';
  /** An x to mark with a line and a word: the best epoch. */
  readonly mark?: { readonly x: number; readonly text: string };
  /** Charts of one group show the values at the same x together. */
  readonly group?: string;
}

/** What `hover.ts` reads: places in per cent of the plot, the values as text. */
export interface ChartData {
  readonly x: string;
  readonly series: readonly {
    readonly points: readonly (readonly [x: number, left: number, top: number, text: string])[];
  }[];
}

/** Colours of the palette in `style.ts`. */
export const paletteSize = 8;

const isFinitePoint = ([x, y]: readonly [number, number]): boolean =>
  Number.isFinite(x) && Number.isFinite(y);
const rounded = (value: number): number => Math.round(value * 1e4) / 1e4;

/** A path through the points in a square of 1000; a point without neighbours becomes a dot (a round cap on no length). */
function path(points: Series['points'], left: Axis, top: Axis, logarithmic: boolean): string {
  let pen = 'M';
  return points
    .map((point, index) => {
      const drawable = isFinitePoint(point) && (!logarithmic || point[1] > 0);
      if (!drawable) {
        pen = 'M';
        return '';
      }
      const at = `${rounded(1000 * left.place(point[0]))} ${rounded(1000 * (1 - top.place(point[1])))}`;
      const next = points[index + 1];
      const alone = pen === 'M' && !(next && isFinitePoint(next) && (!logarithmic || next[1] > 0));
      const drawn = `${pen}${at}${alone ? 'h0' : ''}`;
      pen = 'L';
      return drawn;
    })
    .join('');
}

const percentOf = (share: number): string => `${rounded(100 * share)}%`;

/** The chart as a figure. */
export function lineChart({
  title,
  note,
  series,
  x,
  kind = 'number',
  scale = 'auto',
  mark,
  group,
}: LineChart): Html {
  const points = series.flatMap((one) => one.points).filter(isFinitePoint);
  if (points.length === 0)
    return html`<figure class="chart">
      <figcaption><h3>${title}</h3></figcaption>
      <p class="empty">Nothing has been measured yet.</p>
    </figure>`;
  const positive = points.map(([, y]) => y).filter((y) => y > 0);
  const wide = positive.length > 0 && Math.max(...positive) > 20 * Math.min(...positive);
  const logarithmic =
    positive.length > 0 &&
    (scale === 'log' || (scale === 'auto' && wide && positive.length === points.length));
  const xs = [...points.map(([at]) => at), ...(mark ? [mark.x] : [])];
  const left = linearAxis(xs, { parts: 7, tight: true, whole: xs.every(Number.isInteger) });
  const top = logarithmic
    ? logAxis(positive, { kind })
    : linearAxis(
        points.map(([, y]) => y),
        { kind, ...(kind === 'percent' ? { from: 0, to: 1 } : {}), ...(allAbove(points) ? { from: 0 } : {}) },
      );
  const drawable = ([at, y]: readonly [number, number]): boolean =>
    isFinitePoint([at, y]) && (!logarithmic || y > 0);
  const data: ChartData = {
    x,
    series: series.map((one) => ({
      points: one.points
        .filter(drawable)
        .map(([at, y]) => [
          at,
          rounded(100 * left.place(at)),
          rounded(100 * (1 - top.place(y))),
          show(y, kind),
        ]),
    })),
  };
  const colourOf = (one: Series, index: number): string =>
    `series-${((one.colour ?? index) % paletteSize) + 1}`;
  const lastOf = (index: number) => data.series[index]!.points.at(-1);
  return html`<figure class="chart" data-chart="${JSON.stringify(data)}" data-group="${group ?? title}">
    <figcaption>
      <h3>${title}</h3>
      ${note !== undefined && html`<p>${note}</p>`}
    </figcaption>
    <ul class="legend">
      ${series.map(
        (one, index) =>
          html`<li class="${colourOf(one, index)}${one.dashed ? ' dashed' : ''}">
            <i></i><span>${one.name}</span> <output>${lastOf(index)?.[3] ?? '\u2013'}</output>
          </li>`,
      )}
      <li class="at"><span>${x}</span> <output>${Math.max(...points.map(([at]) => at))}</output></li>
    </ul>
    <div class="axes${mark ? ' marked' : ''}">
      <div class="ticks-y" aria-hidden="true">
        ${top.ticks.map(({ text, place }) => html`<span style="top:${percentOf(1 - place)}">${text}</span>`)}
      </div>
      <div class="plot" tabindex="0" role="img" aria-label="${description(title, x, series, kind)}">
        ${top.ticks.map(({ place }) => html`<hr style="top:${percentOf(1 - place)}" />`)}
        ${
          mark &&
          html`<div
            class="mark${left.place(mark.x) > 0.9 ? ' before' : ''}"
            style="left:${percentOf(left.place(mark.x))}"
          >
            <span>${mark.text}</span>
          </div>`
        }
        <svg viewBox="0 0 1000 1000" preserveAspectRatio="none" aria-hidden="true">
          ${series.map(
            (one, index) =>
              html`<path
                class="${colourOf(one, index)}${one.dashed ? ' dashed' : ''}"
                d="${path(one.points, left, top, logarithmic)}"
              />`,
          )}
        </svg>
        <div class="cross" hidden></div>
        ${series.map((one, index) => {
          const last = lastOf(index);
          return html`<i
            class="dot ${colourOf(one, index)}"
            ${last ? raw(`style="left:${last[1]}%;top:${last[2]}%"`) : raw('hidden')}
          ></i>`;
        })}
      </div>
      <div class="ticks-x" aria-hidden="true">
        ${left.ticks.map(
          ({ text, place }, index) =>
            html`<span
              class="${index % 2 === 1 && left.ticks.length > 5 ? 'odd' : ''}"
              style="left:${percentOf(place)}"
              >${text}</span
            >`,
        )}
      </div>
    </div>
  </figure>`;
}

/** Whether an axis from 0 wastes little: the smallest value is not far from it. */
const allAbove = (points: readonly (readonly [number, number])[]): boolean => {
  const values = points.map(([, y]) => y);
  return Math.min(...values) >= 0 && Math.min(...values) < 0.4 * Math.max(...values);
};

function description(title: string, x: string, series: readonly Series[], kind: Kind): string {
  const parts = series.map(({ name, points }) => {
    const shown = points.filter(isFinitePoint);
    const [first, last] = [shown[0], shown.at(-1)];
    return first && last
      ? `${name} from ${show(first[1], kind)} to ${show(last[1], kind)} at ${x} ${last[0]}`
      : `${name}: no values`;
  });
  return `${title}: ${parts.join('; ')}`;
}
