/** The reconstruction: what the decoder draws of the chosen capsule, and the buttons that change all of it at once. */
import { onPaletteChange, paint } from '../pictures/paint.js';
import { element, part } from './dom.js';

export interface ReconstructionEvents {
  readonly reset: () => void;
  readonly randomise: () => void;
  readonly widen: (wide: boolean) => void;
}

interface Shown {
  readonly picture: Float32Array;
  readonly width: number;
  readonly height: number;
}

export class Reconstruction {
  private readonly canvas = element('canvas', {
    class: 'frame large',
    id: 'reconstruction-canvas',
    role: 'img',
    'aria-label': 'Reconstruction of the capsule',
  });
  private readonly before = element('canvas', {
    class: 'frame',
    role: 'img',
    'aria-label': 'Reconstruction without changes',
  });
  private readonly difference = element('canvas', {
    class: 'frame',
    role: 'img',
    'aria-label': 'What the changes did',
  });
  private readonly caption = element('figcaption', {});
  private readonly wide = element('input', { type: 'checkbox' });
  private readonly resetButton: HTMLButtonElement;
  private last: Shown | undefined;
  private plain: Shown | undefined;

  constructor({ reset, randomise, widen }: ReconstructionEvents) {
    this.resetButton = element('button', { type: 'button', id: 'reset', onclick: reset }, 'Reset');
    this.wide.addEventListener('change', () => widen(this.wide.checked));
    part('reconstruction').append(
      element(
        'div',
        { class: 'reconstruction-body' },
        element('figure', {}, this.canvas, this.caption),
        element(
          'div',
          { class: 'reconstruction-side' },
          element(
            'div',
            { class: 'small-pictures' },
            element('figure', {}, this.before, element('figcaption', {}, 'unchanged')),
            element('figure', {}, this.difference, element('figcaption', {}, 'difference')),
          ),
          element(
            'div',
            { class: 'row' },
            this.resetButton,
            element('button', { type: 'button', onclick: randomise }, 'Randomise'),
          ),
          element('label', { class: 'check' }, this.wide, 'Wider range: −1 to 1'),
        ),
      ),
    );
    onPaletteChange(() => this.render());
  }

  /** @param caption which capsule this is @param changed whether there is anything to reset */
  label(caption: string, changed: boolean, wide: boolean): void {
    this.caption.textContent = caption;
    this.canvas.setAttribute('aria-label', `Reconstruction of ${caption}`);
    this.resetButton.disabled = !changed;
    this.wide.checked = wide;
  }

  /** Paints at once: this is what a slider waits for. */
  show(picture: Float32Array, width: number, height: number): void {
    this.last = { picture, width, height };
    paint(this.canvas, picture, width, height);
    this.renderDifference();
  }

  showUnchanged(picture: Float32Array, width: number, height: number): void {
    this.plain = { picture, width, height };
    paint(this.before, picture, width, height);
    this.renderDifference();
  }

  private render(): void {
    if (this.plain) paint(this.before, this.plain.picture, this.plain.width, this.plain.height);
    if (this.last) this.show(this.last.picture, this.last.width, this.last.height);
  }

  private renderDifference(): void {
    const { plain, last } = this;
    if (!plain || !last || plain.picture.length !== last.picture.length) return;
    const apart = last.picture.map((value, at) => Math.min(1, 2 * Math.abs(value - plain.picture[at]!)));
    paint(this.difference, apart, last.width, last.height);
  }
}
