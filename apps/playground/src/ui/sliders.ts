/** The dimensions of the capsule: a slider for the noise of each, where its number stands, and a button that swings it. */
import { narrowRange, wideRange } from '../state/view.js';
import { element, part, shape } from './dom.js';

export interface SliderEvents {
  /** `since`: when the hand moved, on the clock of `performance`. */
  readonly moved: (dimension: number, value: number, since: number) => void;
  readonly settled: () => void;
  readonly animate: (dimension: number) => void;
}

export interface SliderState {
  /** What is added to each dimension. */
  readonly noise: readonly number[];
  readonly wide: boolean;
  /** The capsule's numbers as the network gave them, and for the picture without turning and moving. */
  readonly capsule: ArrayLike<number>;
  readonly rest: ArrayLike<number> | undefined;
  /** The dimension that swings; -1: none. */
  readonly swinging: number;
}

/** Half the width of the drawing of a number from -1 to 1. */
const half = 46;
const play = 'M2 1 L13 7 L2 13 Z';
const stop = 'M2 2 H12 V12 H2 Z';

interface Row {
  readonly input: HTMLInputElement;
  readonly output: HTMLElement;
  readonly place: SVGSVGElement;
  readonly button: HTMLButtonElement;
  readonly sign: SVGPathElement;
}

const signed = (value: number): string =>
  `${value > 0 ? '+' : value < 0 ? '−' : ''}${Math.abs(value).toFixed(2)}`;

export class Sliders {
  private rows: Row[] = [];

  constructor(private readonly events: SliderEvents) {}

  /** The number of the capsule's dimensions. */
  build(dimensions: number): void {
    if (this.rows.length === dimensions) return;
    const rows = Array.from({ length: dimensions }, (_, index) => this.row(index));
    part('sliders').className = 'sliders';
    part('sliders').replaceChildren(...rows.map(({ root }) => root));
    this.rows = rows;
  }

  show({ noise, wide, capsule, rest, swinging }: SliderState): void {
    const range = wide ? wideRange : narrowRange;
    this.rows.forEach(({ input, output, place, button, sign }, index) => {
      const value = noise[index] ?? 0;
      if (Number(input.max) !== range) {
        input.min = String(-range);
        input.max = String(range);
      }
      if (Number(input.value) !== value) input.value = String(value);
      const text = value === 0 ? '0' : signed(value);
      if (output.textContent !== text) {
        output.textContent = text;
        output.className = value === 0 ? 'none' : '';
        input.setAttribute('aria-valuetext', text);
      }
      drawPlace(place, capsule[index] ?? 0, rest?.[index]);
      const pressed = String(index === swinging);
      if (button.getAttribute('aria-pressed') !== pressed) {
        button.setAttribute('aria-pressed', pressed);
        sign.setAttribute('d', index === swinging ? stop : play);
      }
    });
  }

  private row(index: number): Row & { readonly root: HTMLElement } {
    const { moved, settled, animate } = this.events;
    const id = `dimension-${index + 1}`;
    const input = element('input', {
      type: 'range',
      id,
      step: '0.01',
      min: String(-narrowRange),
      max: String(narrowRange),
      value: '0',
      'aria-label': `Dimension ${index + 1}`,
      oninput: (event: Event) => moved(index, Number(input.value), event.timeStamp),
      onchange: settled,
      ondblclick: (event: Event) => {
        moved(index, 0, event.timeStamp);
        settled();
      },
    });
    const output = element('output', { htmlFor: id });
    const place = shape('svg', { class: 'place', viewBox: `${-half} -10 ${2 * half} 20`, role: 'img' });
    const sign = shape('path', { d: play });
    const button = element(
      'button',
      {
        type: 'button',
        class: 'icon',
        'aria-label': `Swing dimension ${index + 1}`,
        title: 'Swing it to and fro',
        onclick: () => animate(index),
      },
      shape('svg', { viewBox: '0 0 14 14', 'aria-hidden': 'true' }, sign),
    );
    const root = element(
      'div',
      { class: 'slider-row' },
      element('label', { htmlFor: id, 'aria-hidden': 'true' }, String(index + 1)),
      input,
      output,
      place,
      button,
    );
    return { root, input, output, place, button, sign };
  }
}

/** Where a number from -1 to 1 stands, and where it stood before the picture was turned or moved. */
function drawPlace(place: SVGSVGElement, value: number, rest: number | undefined): void {
  const at = (number: number): string => (half * Math.max(-1, Math.min(1, number))).toFixed(1);
  const difference = rest === undefined ? 0 : value - rest;
  const moving = Math.abs(difference) > 0.03;
  const words = `stands at ${value.toFixed(2)}${rest === undefined ? '' : `, was ${rest.toFixed(2)}`}`;
  if (place.getAttribute('aria-label') === words) return;
  place.setAttribute('aria-label', words);
  place.classList.toggle('moving', moving);
  const parts: SVGElement[] = [
    shape('line', { x1: -half, x2: half, y1: 0, y2: 0 }),
    shape('line', { x1: 0, x2: 0, y1: -3, y2: 3 }),
  ];
  if (rest !== undefined) {
    parts.push(shape('line', { x1: at(rest), x2: at(rest), y1: -6, y2: 6, class: 'rest' }));
    if (moving) parts.push(shape('line', { x1: at(rest), x2: at(value), y1: 0, y2: 0, class: 'moved' }));
  }
  parts.push(shape('circle', { cx: at(value), cy: 0, r: 4 }));
  place.replaceChildren(...parts);
}
