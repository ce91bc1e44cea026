/** What the network reads, in a sentence. */
import type { Reading } from '../explorer/reading.js';
import { element } from './dom.js';

export class Verdict {
  readonly root = element('p', { class: 'verdict', role: 'status' });
  private last = '';

  /** @param truth the class of an image of the gallery */
  show({ info, encoded, longest }: Reading, truth: string | undefined): void {
    const name = info.classNames[longest]!;
    const sure = encoded.lengths[longest]! >= 0.5;
    const state = `${name} ${sure} ${truth}`;
    // A status that says the same again would be spoken again.
    if (state === this.last) return;
    this.last = state;
    this.root.replaceChildren(
      'Reads ',
      element('strong', {}, name),
      sure ? '' : ', but is not sure',
      truth === undefined
        ? ''
        : truth === name
          ? element('span', { class: 'right' }, ' ✓ right')
          : element('span', { class: 'wrong' }, ` ✗ it is ${truth}`),
    );
  }
}
