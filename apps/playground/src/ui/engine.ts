/** What computes, how fast, and the switch. */
import type { BackendChoice, EngineInfo } from '../protocol.js';
import { element, part } from './dom.js';

const names: Readonly<Record<BackendChoice, string>> = {
  auto: 'The fastest that works here',
  wasm: 'WebAssembly, all threads',
  'wasm-1': 'WebAssembly, one thread',
  gpu: 'Graphics processor (WebGPU)',
  reference: 'Reference (plain loops, slow)',
};

/** What is measured, in the order of the list. */
const measures = {
  encode: 'Picture to capsules',
  decode: 'Capsule to picture',
  slider: 'Slider to picture',
} as const;

export class EnginePanel {
  private readonly summary = element('summary', {}, 'Engine starts …');
  private readonly choice = element('select', { id: 'backend' });
  private readonly facts = element('dl', {});
  private readonly threads = element('p', { class: 'hint' });
  private readonly root: HTMLElement;
  private readonly times = new Map<keyof typeof measures, number>();
  private info: EngineInfo | undefined;
  private pending: ReturnType<typeof setTimeout> | undefined;

  constructor(choices: readonly BackendChoice[], switchTo: (choice: BackendChoice) => void) {
    this.choice.append(...choices.map((choice) => element('option', { value: choice }, names[choice])));
    this.choice.addEventListener('change', () => switchTo(this.choice.value as BackendChoice));
    const details = element(
      'details',
      { class: 'engine' },
      this.summary,
      element(
        'div',
        { class: 'card panel' },
        element('label', { class: 'field' }, 'Compute with', this.choice),
        this.facts,
        this.threads,
      ),
    );
    details.addEventListener('keydown', ({ key }) => {
      if (key === 'Escape') details.open = false;
    });
    document.addEventListener('pointerdown', ({ target }) => {
      if (!details.contains(target as Node)) details.open = false;
    });
    this.root = details;
    part('engine').append(details);
  }

  ready(info: EngineInfo): void {
    this.info = info;
    this.times.clear();
    this.root.dataset['state'] = 'ready';
    this.choice.value = info.choice;
    this.threads.textContent = info.isolated
      ? 'This page is cross-origin isolated: threads may share memory.'
      : 'This page is not cross-origin isolated, so browsers allow one thread. The command "capsnet playground" sends the headers for more.';
    this.render();
  }

  lost(): void {
    this.root.dataset['state'] = 'lost';
    this.summary.textContent = 'Engine stopped';
  }

  /** A time in milliseconds; what is shown is a moving average. */
  measured(what: keyof typeof measures, milliseconds: number): void {
    const before = this.times.get(what);
    this.times.set(what, before === undefined ? milliseconds : 0.7 * before + 0.3 * milliseconds);
    this.pending ??= setTimeout(() => {
      this.pending = undefined;
      this.render();
    }, 200);
  }

  private render(): void {
    if (!this.info) return;
    const time = this.times.get('encode');
    this.summary.textContent = `${this.info.description}${time === undefined ? '' : ` · ${time.toFixed(1)} ms`}`;
    this.facts.replaceChildren(
      ...Object.entries(measures).flatMap(([key, label]) => {
        const value = this.times.get(key as keyof typeof measures);
        return [
          element('dt', {}, label),
          element('dd', {}, value === undefined ? '–' : `${value.toFixed(1)} ms`),
        ];
      }),
    );
  }
}
