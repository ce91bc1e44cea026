/** Turning, moving and scaling the picture, and what of it the network sees. */
import { identity, isIdentity, type Transform } from '../pictures/transform.js';
import { onPaletteChange, paint } from '../pictures/paint.js';
import { element, part } from './dom.js';
import { Setting } from './setting.js';

export interface TransformEvents {
  readonly changed: (transform: Transform, gesture: string) => void;
  readonly settled: () => void;
}

const signed = (value: number, unit: string): string => `${value > 0 ? '+' : ''}${value}${unit}`;

export class TransformControls {
  private readonly seen = element('canvas', {
    class: 'frame',
    role: 'img',
    'aria-label': 'What the network sees',
  });
  private readonly settings: Record<keyof Transform, Setting>;
  private readonly reset = element('button', { type: 'button', class: 'plain' }, 'Reset');
  private transform = identity;
  private last: { picture: Float32Array; width: number; height: number } | undefined;

  constructor({ changed, settled }: TransformEvents) {
    const setting = (
      key: keyof Transform,
      label: string,
      low: number,
      high: number,
      step: number,
      unit: string,
    ): Setting =>
      new Setting({
        label,
        low,
        high,
        step,
        show: (value) => (key === 'scale' ? `${Math.round(value * 100)} %` : signed(value, unit)),
        changed: (value) => changed({ ...this.transform, [key]: value }, key),
        settled,
      });
    this.settings = {
      rotate: setting('rotate', 'Turn', -60, 60, 1, '°'),
      shiftX: setting('shiftX', 'Right', -8, 8, 0.5, ' px'),
      shiftY: setting('shiftY', 'Down', -8, 8, 0.5, ' px'),
      scale: setting('scale', 'Scale', 0.5, 1.5, 0.01, ''),
    };
    this.reset.addEventListener('click', () => changed(identity, ''));
    part('transform').classList.add('divided');
    part('transform').append(
      element('div', { class: 'spread' }, element('h3', {}, 'Turn, move, scale it'), this.reset),
      element(
        'div',
        { class: 'transform-body' },
        element('div', {}, ...Object.values(this.settings).map(({ root }) => root)),
        element('figure', {}, this.seen, element('figcaption', {}, 'seen so')),
      ),
      element(
        'p',
        { class: 'hint' },
        'The marks beside the sliders of the capsule show which dimensions move along.',
      ),
    );
    onPaletteChange(() => this.render());
  }

  show(transform: Transform): void {
    this.transform = transform;
    for (const key of ['rotate', 'shiftX', 'shiftY', 'scale'] as const)
      this.settings[key].set(transform[key]);
    this.reset.disabled = isIdentity(transform);
  }

  /** The picture as the network gets it. */
  showSeen(picture: Float32Array, width: number, height: number): void {
    this.last = { picture, width, height };
    this.render();
  }

  private render(): void {
    if (this.last) paint(this.seen, this.last.picture, this.last.width, this.last.height);
  }
}
