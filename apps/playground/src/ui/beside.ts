/** A second network beside the first: the same picture, its own capsules. */
import { onPaletteChange, paint } from '../pictures/paint.js';
import type { Encoded, NetworkInfo } from '../protocol.js';
import { titleOf } from '../library.js';
import { element, part } from './dom.js';
import { LengthBars } from './lengths.js';

export interface BesideView {
  readonly info: NetworkInfo;
  readonly encoded: Encoded;
  readonly longest: number;
  readonly chosen: number;
}

export class Beside {
  private readonly title = element('h2', { id: 'beside-title' });
  private readonly bars = new LengthBars('Lengths of the class capsules of the second network');
  private readonly canvas = element('canvas', { class: 'frame large', role: 'img' });
  private readonly caption = element('figcaption', {});
  private last: { picture: Float32Array; width: number; height: number } | undefined;

  constructor() {
    part('beside').append(
      this.title,
      element(
        'p',
        { class: 'lead' },
        'The same picture, and the same changes to the capsule of the same class. Dimensions mean other things in another network.',
      ),
      element(
        'div',
        { class: 'beside-body' },
        this.bars.root,
        element('figure', {}, this.canvas, this.caption),
      ),
    );
    onPaletteChange(
      () => this.last && this.showPicture(this.last.picture, this.last.width, this.last.height),
    );
  }

  hide(): void {
    part('beside').hidden = true;
  }

  show({ info, encoded, longest, chosen }: BesideView): void {
    part('beside').hidden = false;
    this.title.textContent = titleOf(info);
    this.bars.show({ names: info.classNames, values: encoded.lengths, chosen, marked: [longest] });
    this.caption.textContent = `capsule ${info.classNames[chosen]}`;
    this.canvas.setAttribute(
      'aria-label',
      `Reconstruction of the capsule ${info.classNames[chosen]} by the second network`,
    );
  }

  showPicture(picture: Float32Array, width: number, height: number): void {
    this.last = { picture, width, height };
    paint(this.canvas, picture, width, height);
  }
}
