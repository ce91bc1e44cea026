/** Learning curves: loss and accuracy over the steps. */
import type { TrainingPoint } from '../protocol.js';
import { element, shape } from './dom.js';

const width = 760;
const height = 300;
const frame = { left: 52, right: 52, top: 12, bottom: 30 };
/** Points that are drawn at most; more of them are averaged. */
const most = 300;

type Pair = readonly [step: number, value: number];

export class Chart {
  readonly root = element('div', { class: 'chart' });
  private readonly points: TrainingPoint[] = [];
  private pending = false;

  constructor() {
    this.draw();
  }

  clear(): void {
    this.points.length = 0;
    this.draw();
  }

  add(point: TrainingPoint): void {
    this.points.push(point);
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.draw();
    });
  }

  private draw(): void {
    const trained = this.points.filter(({ validation }) => !validation);
    const tested = this.points.filter(({ validation }) => validation);
    const steps = Math.max(20, ...this.points.map(({ step }) => step));
    const losses = thinned(trained.map(({ step, loss }) => [step, loss] as const));
    const top = niceTop(Math.max(0.1, ...losses.map(([, value]) => value)));
    const x = (step: number): number => frame.left + ((width - frame.left - frame.right) * step) / steps;
    const y = (share: number): number =>
      height - frame.bottom - (height - frame.top - frame.bottom) * Math.min(1, share);
    const line = (pairs: readonly Pair[], scale: number, kind: string): SVGPolylineElement =>
      shape('polyline', {
        class: kind,
        points: pairs
          .map(([step, value]) => `${x(step).toFixed(1)},${y(value / scale).toFixed(1)}`)
          .join(' '),
      });
    const ticks = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
      shape('line', { class: 'axis', x1: frame.left, x2: width - frame.right, y1: y(share), y2: y(share) }),
      text(frame.left - 8, y(share) + 4, (top * share).toFixed(2), 'end'),
      text(width - frame.right + 8, y(share) + 4, `${100 * share} %`, 'start'),
    ]);
    const last = trained.at(-1);
    this.root.replaceChildren(
      shape(
        'svg',
        {
          viewBox: `0 0 ${width} ${height}`,
          role: 'img',
          'aria-label': last
            ? `Learning curves after ${last.step} steps: loss ${last.loss.toFixed(3)}, accuracy ${(100 * last.accuracy).toFixed(1)} %.`
            : 'Learning curves: nothing trained yet.',
        },
        ...ticks,
        text(frame.left, height - 8, '0', 'middle'),
        text(width - frame.right, height - 8, `${steps} steps`, 'middle'),
        line(losses, top, 'loss'),
        line(thinned(trained.map(({ step, accuracy }) => [step, accuracy] as const)), 1, 'accuracy'),
        line(
          tested.map(({ step, validation }) => [step, validation!.loss] as const),
          top,
          'loss validation',
        ),
        line(
          tested.map(({ step, validation }) => [step, validation!.accuracy] as const),
          1,
          'accuracy validation',
        ),
      ),
      element(
        'p',
        { class: 'legend' },
        element('span', {}, 'loss (left)'),
        element('span', { class: 'of-accuracy' }, 'accuracy (right)'),
        'dashed: on images that are not trained on',
      ),
    );
  }
}

function text(x: number, y: number, content: string, anchor: string): SVGTextElement {
  const made = shape('text', { x, y, 'text-anchor': anchor });
  made.textContent = content;
  return made;
}

/** At most `most` pairs, each the mean of its stretch. */
function thinned(pairs: readonly Pair[]): Pair[] {
  const size = Math.ceil(pairs.length / most);
  if (size <= 1) return [...pairs];
  return Array.from({ length: Math.ceil(pairs.length / size) }, (_, index) => {
    const stretch = pairs.slice(index * size, (index + 1) * size);
    return [stretch.at(-1)![0], stretch.reduce((sum, [, value]) => sum + value, 0) / stretch.length] as const;
  });
}

/** The next of 1, 2, 5 times a power of ten. */
function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= value)!;
}
