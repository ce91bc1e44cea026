/**
 * Coupling coefficients: how strongly each primary capsule speaks for each class capsule. As lines where the primary capsules are few
 * (Efficient-CapsNet has 16), as a map of the picture where they have places (the original CapsNet).
 */
import { currentPalette, onPaletteChange, paint } from '../pictures/paint.js';
import type { NetworkInfo } from '../protocol.js';
import { element, part, shape } from './dom.js';

export interface Couplings {
  readonly info: NetworkInfo;
  /** classes x children */
  readonly values: Float32Array;
  readonly chosen: number;
}

const width = 320;
const height = 210;
const margin = 14;

export class CouplingPicture {
  private readonly body = element('div', { class: 'couplings' });
  private last: Couplings | undefined;

  constructor() {
    part('couplings').classList.add('divided');
    part('couplings').append(element('h3', {}, 'Coupling coefficients'), this.body);
    onPaletteChange(() => {
      const { last } = this;
      this.last = undefined;
      if (last) this.show(last);
    });
  }

  show(couplings: Couplings): void {
    // Most changes of the page leave the couplings as they are.
    if (this.last?.values === couplings.values && this.last.chosen === couplings.chosen) return;
    this.last = couplings;
    const { info, values } = couplings;
    const [rows, columns] = info.children;
    if (values.length === 0) {
      this.body.replaceChildren(element('p', { class: 'hint' }, 'This network does not route.'));
    } else if (rows * columns === 1) this.body.replaceChildren(...this.lines(couplings));
    else this.body.replaceChildren(...this.map(couplings));
  }

  private lines({ info, values, chosen }: Couplings): Element[] {
    const children = info.children[2];
    const { classNames } = info;
    const place = (index: number, count: number): number =>
      margin + ((height - 2 * margin) * (index + 0.5)) / count;
    const links = [];
    for (const label of [...classNames.keys()].sort((a, b) => Number(a === chosen) - Number(b === chosen))) {
      for (let child = 0; child < children; child++) {
        const strength = values[label * children + child]!;
        if (strength < 0.02) continue;
        const [from, to] = [place(child, children), place(label, classNames.length)];
        links.push(
          shape('path', {
            d: `M24 ${from} C ${width / 2} ${from}, ${width / 2} ${to}, ${width - 34} ${to}`,
            class: label === chosen ? 'link chosen' : 'link',
            'stroke-opacity': Math.min(1, (label === chosen ? 0.25 : 0.08) + 0.75 * strength).toFixed(2),
            'stroke-width': (0.6 + 3.4 * strength).toFixed(2),
          }),
        );
      }
    }
    const strongest = [...values.subarray(chosen * children, (chosen + 1) * children)];
    const best = strongest.indexOf(Math.max(...strongest));
    const text = `Lines from ${children} primary capsules on the left to ${classNames.length} class capsules on the right. Primary capsule ${best + 1} speaks loudest for ${classNames[chosen]}: ${strongest[best]!.toFixed(2)}.`;
    return [
      shape(
        'svg',
        { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': text },
        ...links,
        ...Array.from({ length: children }, (_, child) =>
          shape('circle', { cx: 20, cy: place(child, children), r: 3.5 }),
        ),
        ...classNames.map((name, label) => {
          const label_ = shape('text', {
            x: width - 24,
            y: place(label, classNames.length) + 4,
            class: label === chosen ? 'chosen-label' : '',
          });
          label_.textContent = name.length > 4 ? name.slice(0, 4) : name;
          return label_;
        }),
      ),
      element(
        'p',
        { class: 'hint' },
        `Each of the ${children} primary capsules (left) shares its vote among the classes (right).`,
      ),
    ];
  }

  /** Mean over the kinds of capsules at each place, for the chosen class. */
  private map({ info, values, chosen }: Couplings): Element[] {
    const [rows, columns, kinds] = info.children;
    const mine = values.subarray(chosen * rows * columns * kinds, (chosen + 1) * rows * columns * kinds);
    const means = Float32Array.from({ length: rows * columns }, (_, at) => {
      let total = 0;
      for (let kind = 0; kind < kinds; kind++) total += mine[at * kinds + kind]!;
      return total / kinds;
    });
    const [least, most] = [Math.min(...means), Math.max(...means)];
    const scaled = means.map((value) => (most > least ? (value - least) / (most - least) : 0));
    const name = info.classNames[chosen];
    const canvas = element('canvas', {
      class: 'frame',
      role: 'img',
      'aria-label': `Map of ${rows} by ${columns} places: how strongly the primary capsules at each speak for ${name}, from ${least.toFixed(3)} to ${most.toFixed(3)}.`,
    });
    currentPalette();
    paint(canvas, scaled, columns, rows);
    return [
      canvas,
      element(
        'p',
        { class: 'hint' },
        `How strongly the ${kinds} primary capsules at each place of the picture speak for ${name}: ${least.toFixed(3)} (paper) to ${most.toFixed(3)} (ink).`,
      ),
    ];
  }
}
