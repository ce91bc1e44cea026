/** The gallery: test images in pages, by class or by what the network gets wrong. */
import type { ImageSet } from '../data/sets.js';
import { onPaletteChange, paint } from '../pictures/paint.js';
import { side } from '../pictures/picture.js';
import { element, part } from './dom.js';

const perPage = 24;

export class Gallery {
  private readonly sets = element('select', { 'aria-label': 'Set of images' });
  private readonly filter = element('select', { 'aria-label': 'Which images' });
  private readonly thumbs = element('div', { class: 'thumbs', role: 'listbox', 'aria-label': 'Test images' });
  private readonly pageText = element('span', { class: 'hint', role: 'status' });
  private readonly back = element('button', { type: 'button', 'aria-label': 'Earlier images' }, '‹');
  private readonly forth = element('button', { type: 'button', 'aria-label': 'More images' }, '›');
  private readonly score = element('span', { class: 'hint', id: 'gallery-score' });
  private known: readonly ImageSet[] = [];
  private set!: ImageSet;
  private selected = -1;
  private page = 0;
  /** The network's answers so far, by image. */
  private answers: ArrayLike<number> = [];

  constructor(private readonly choose: (set: ImageSet, index: number) => void) {
    part('gallery').append(
      element('div', { class: 'spread' }, element('h3', {}, 'Test images'), this.score),
      element('div', { class: 'row' }, this.filter, this.sets),
      this.thumbs,
      element('div', { class: 'spread' }, this.back, this.pageText, this.forth),
    );
    this.filter.addEventListener('change', () => this.turnTo(0));
    this.sets.addEventListener('change', () => this.choose(this.known[this.sets.selectedIndex]!, 0));
    this.back.addEventListener('click', () => this.turnTo(this.page - 1));
    this.forth.addEventListener('click', () => this.turnTo(this.page + 1));
    this.thumbs.addEventListener('keydown', (event) => this.walk(event));
    onPaletteChange(() => this.render());
  }

  /** The sets there are, and the one that is shown. */
  offer(known: readonly ImageSet[], set: ImageSet): void {
    this.known = known;
    this.sets.replaceChildren(...known.map(({ name }) => element('option', { value: name }, name)));
    this.sets.hidden = known.length < 2;
    this.sets.value = set.name;
    if (this.set === set) return;
    this.set = set;
    this.answers = [];
    this.page = 0;
    this.filter.replaceChildren(
      element('option', { value: 'all' }, 'All classes'),
      ...set.classNames.map((name, label) => element('option', { value: String(label) }, `Class ${name}`)),
      element('option', { value: 'wrong' }, 'Misclassified'),
    );
    this.render();
  }

  /** Marks the image that is on the board; -1: none of these. Turns to its page when it is shown for the first time. */
  select(index: number): void {
    if (index === this.selected) return;
    this.selected = index;
    const place = this.shown().indexOf(index);
    if (place >= 0) this.page = Math.floor(place / perPage);
    this.render();
  }

  /** What the network says of the first images. */
  mark(answers: ArrayLike<number>): void {
    this.answers = answers;
    let right = 0;
    for (let index = 0; index < answers.length; index++)
      if (answers[index] === this.set.labels[index]) right++;
    this.score.textContent = answers.length === 0 ? '' : `${right} of ${answers.length} right`;
    this.render();
  }

  private isWrong(index: number): boolean {
    return index < this.answers.length && this.answers[index] !== this.set.labels[index];
  }

  /** Numbers of the images that the filter lets through. */
  private shown(): number[] {
    const all = Array.from({ length: this.set.count }, (_, index) => index);
    const { value } = this.filter;
    if (value === 'all') return all;
    if (value === 'wrong') return all.filter((index) => this.isWrong(index));
    return all.filter((index) => this.set.labels[index] === Number(value));
  }

  private turnTo(page: number): void {
    this.page = page;
    this.render();
  }

  private render(): void {
    if (!this.set) return;
    const shown = this.shown();
    const pages = Math.max(1, Math.ceil(shown.length / perPage));
    this.page = Math.min(pages - 1, Math.max(0, this.page));
    const focused = this.thumbs.contains(document.activeElement);
    const here = shown.slice(this.page * perPage, (this.page + 1) * perPage);
    const reachable = here.includes(this.selected) ? this.selected : here[0];
    this.thumbs.replaceChildren(...here.map((index) => this.thumb(index, index === reachable)));
    if (here.length === 0) {
      this.thumbs.append(
        element(
          'p',
          { class: 'empty', role: 'option', 'aria-disabled': 'true' },
          this.answers.length === 0
            ? 'The network has not looked at them yet.'
            : 'None: the network gets all of them right.',
        ),
      );
    }
    this.pageText.textContent = `${this.page + 1} of ${pages}`;
    this.back.disabled = this.page === 0;
    this.forth.disabled = this.page === pages - 1;
    if (focused) this.thumbs.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
  }

  private thumb(index: number, reachable: boolean): HTMLElement {
    const canvas = element('canvas', { width: side, height: side });
    paint(canvas, this.set.picture(index), side, side);
    const { classNames, labels } = this.set;
    const answer = this.isWrong(index) ? classNames[this.answers[index]!] : undefined;
    return element(
      'button',
      {
        type: 'button',
        role: 'option',
        'aria-selected': String(index === this.selected),
        'aria-label': `Image ${index + 1}, a ${classNames[labels[index]!]}${answer === undefined ? '' : `, taken for a ${answer}`}`,
        tabindex: reachable ? '0' : '-1',
        onclick: () => this.choose(this.set, index),
      },
      canvas,
      answer !== undefined && element('span', { class: 'wrong', 'aria-hidden': 'true' }, answer),
    );
  }

  private walk(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 8, ArrowUp: -8 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const all = [...this.thumbs.querySelectorAll<HTMLElement>('button')];
    all[all.indexOf(document.activeElement as HTMLElement) + step]?.focus();
  }
}
