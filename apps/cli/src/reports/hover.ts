/** What runs in the page of a report: the values under the pointer, a finger, or the arrow keys. */
import type { ChartData } from './chart.js';

/**
 * Wires all charts of the page. It is put into the page as text, so it must be closed: no name from outside of it but those of the browser.
 */
export function wireCharts(): void {
  interface Wired {
    readonly group: string;
    readonly xs: readonly number[];
    show(x: number | undefined): void;
  }
  const charts: Wired[] = [];

  const wire = (figure: HTMLElement): Wired => {
    const data = JSON.parse(figure.dataset['chart']!) as ChartData;
    const group = figure.dataset['group']!;
    const plot = figure.querySelector<HTMLElement>('.plot')!;
    const cross = figure.querySelector<HTMLElement>('.cross')!;
    const dots = Array.from(figure.querySelectorAll<HTMLElement>('.dot'));
    const outputs = Array.from(figure.querySelectorAll<HTMLElement>('.legend output'));
    const resting = outputs.map((output) => output.textContent);
    const places = new Map<number, number>();
    for (const { points } of data.series) for (const [x, left] of points) places.set(x, left);
    const xs = [...places.keys()].sort((a, b) => a - b);
    let current = xs.length - 1;

    const show = (x: number | undefined): void => {
      figure.classList.toggle('hovered', x !== undefined);
      cross.hidden = x === undefined;
      if (x !== undefined) cross.style.left = `${places.get(x) ?? 0}%`;
      data.series.forEach(({ points }, index) => {
        const dot = dots[index]!;
        const point = x === undefined ? points[points.length - 1] : points.find(([at]) => at === x);
        dot.hidden = point === undefined;
        outputs[index]!.textContent = x === undefined ? resting[index]! : (point?.[3] ?? '\u2013');
        if (!point) return;
        dot.style.left = `${point[1]}%`;
        dot.style.top = `${point[2]}%`;
      });
      outputs[data.series.length]!.textContent = x === undefined ? resting[data.series.length]! : String(x);
    };
    const broadcast = (x: number | undefined): void => {
      for (const chart of charts) {
        if (chart.group !== group) continue;
        chart.show(x === undefined || chart.xs.includes(x) ? x : undefined);
      }
    };
    const nearest = (share: number): number => {
      let best = 0;
      xs.forEach((x, index) => {
        if (Math.abs(places.get(x)! - share) < Math.abs(places.get(xs[best]!)! - share)) best = index;
      });
      return best;
    };
    plot.addEventListener('pointermove', (event) => {
      const { left, width } = plot.getBoundingClientRect();
      current = nearest((100 * (event.clientX - left)) / width);
      broadcast(xs[current]);
    });
    const leave = (): void => {
      current = xs.length - 1;
      broadcast(undefined);
    };
    plot.addEventListener('pointerleave', leave);
    plot.addEventListener('blur', leave);
    plot.addEventListener('keydown', (event) => {
      const moves: Readonly<Record<string, number>> = {
        ArrowLeft: current - 1,
        ArrowRight: current + 1,
        Home: 0,
        End: xs.length - 1,
      };
      const wanted = moves[event.key];
      if (wanted === undefined) return;
      event.preventDefault();
      current = Math.min(xs.length - 1, Math.max(0, wanted));
      broadcast(xs[current]);
    });
    return { group, xs, show };
  };
  charts.push(...Array.from(document.querySelectorAll<HTMLElement>('[data-chart]')).map(wire));
  document.documentElement.dataset['wired'] = String(charts.length);
}
