/** The lengths of the class capsules as bars, which are also the choice of a capsule. */
import { element } from './dom.js';

export interface Lengths {
  readonly names: readonly string[];
  readonly values: ArrayLike<number>;
  /** Class of the capsule that is looked into. */
  readonly chosen: number;
  /** Classes to stand out: the longest, or the two longest. */
  readonly marked: readonly number[];
}

export class LengthBars {
  readonly root: HTMLElement;
  private rows: { row: HTMLElement; fill: HTMLElement; output: HTMLElement }[] = [];
  private names: readonly string[] = [];

  /** @param choose called with a class; without it the bars only show */
  constructor(
    label: string,
    private readonly choose?: (label: number) => void,
  ) {
    this.root = element('div', {
      class: 'lengths',
      role: choose ? 'radiogroup' : 'list',
      'aria-label': label,
    });
    this.root.addEventListener('keydown', (event) => this.walk(event));
  }

  show({ names, values, chosen, marked }: Lengths): void {
    if (names.join() !== this.names.join()) this.build(names);
    this.rows.forEach(({ row, fill, output }, label) => {
      const value = values[label] ?? 0;
      const state = `${value.toFixed(3)} ${marked.indexOf(label)} ${label === chosen}`;
      if (row.dataset['state'] === state) return;
      row.dataset['state'] = state;
      fill.style.width = `${Math.min(100, 100 * value)}%`;
      output.textContent = value.toFixed(2);
      row.classList.toggle('longest', label === marked[0]);
      row.classList.toggle('second-longest', label === marked[1]);
      row.setAttribute(
        'aria-label',
        `${names[label]}: length ${value.toFixed(2)}${label === marked[0] ? ', the longest' : ''}`,
      );
      if (!this.choose) return;
      row.setAttribute('aria-checked', String(label === chosen));
      row.tabIndex = label === chosen ? 0 : -1;
    });
  }

  private build(names: readonly string[]): void {
    this.names = names;
    this.rows = names.map((name, label) => {
      const fill = element('span', { class: 'length-fill' });
      const output = element('output', {});
      const content = [element('b', {}, name), element('span', { class: 'length-track' }, fill), output];
      const row = this.choose
        ? element(
            'button',
            { type: 'button', class: 'length-row', role: 'radio', onclick: () => this.choose!(label) },
            ...content,
          )
        : element('div', { class: 'length-row', role: 'listitem' }, ...content);
      return { row, fill, output };
    });
    this.root.replaceChildren(...this.rows.map(({ row }) => row));
  }

  private walk(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (step === undefined || !this.choose) return;
    event.preventDefault();
    const at = this.rows.findIndex(({ row }) => row === document.activeElement);
    const next = (at + step + this.rows.length) % this.rows.length;
    this.choose(next);
    this.rows[next]!.row.focus();
  }
}
