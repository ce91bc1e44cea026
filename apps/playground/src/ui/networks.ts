/** The bar above the views: which network, which one beside it, and weights from files. */
import { titleOf, type Library } from '../library.js';
import type { ViewState } from '../state/view.js';
import { element, part } from './dom.js';

export interface NetworkBarEvents {
  readonly choose: (name: string) => void;
  readonly chooseBeside: (name: string) => void;
  readonly openFile: () => void;
  readonly download: (name: string) => void;
}

export class NetworkBar {
  private readonly first = element('select', { id: 'network' });
  private readonly second = element('select', { id: 'network-beside' });
  private readonly secondField = element('label', { class: 'field' }, 'Beside it', this.second);
  private readonly facts = element('p', { class: 'hint' });

  constructor(
    private readonly library: Library,
    events: NetworkBarEvents,
  ) {
    this.first.addEventListener('change', () => events.choose(this.first.value));
    this.second.addEventListener('change', () => events.chooseBeside(this.second.value));
    part('networks').append(
      element('label', { class: 'field' }, 'Network', this.first),
      this.secondField,
      element('button', { type: 'button', onclick: events.openFile }, 'Load weights …'),
      element(
        'button',
        { type: 'button', class: 'plain', onclick: () => events.download(this.first.value) },
        'Download these',
      ),
      this.facts,
    );
  }

  show({ view, network, beside }: ViewState): void {
    part('networks').hidden = view === 'train';
    const decodings = view === 'pairs' ? 2 : 1;
    const choices = this.library.choices(decodings);
    const picked = this.library.pick(network, decodings);
    const options = (): HTMLElement[] =>
      choices.map((offer) => element('option', { value: offer.name }, titleOf(offer)));
    this.first.replaceChildren(
      ...(choices.length > 0 ? options() : [element('option', { value: '' }, 'none yet')]),
    );
    this.first.disabled = choices.length === 0;
    this.first.value = picked?.name ?? '';
    this.secondField.hidden = view === 'pairs' || choices.length < 2;
    this.second.replaceChildren(element('option', { value: '' }, 'nothing'), ...options());
    this.second.value = choices.some(({ name }) => name === beside) ? beside : '';
    const { dataset, accuracy } = picked ?? {};
    this.facts.textContent = picked
      ? [
          dataset === undefined ? '' : `trained on ${dataset}`,
          accuracy === undefined || Number.isNaN(accuracy)
            ? ''
            : `${(100 * accuracy).toFixed(1)} % right in its test`,
        ]
          .filter(Boolean)
          .join(', ')
      : '';
  }
}
