/** A labelled slider with its value. */
import { element } from './dom.js';

export interface SettingOptions {
  readonly label: string;
  readonly low: number;
  readonly high: number;
  readonly step: number;
  readonly show: (value: number) => string;
  readonly changed: (value: number) => void;
  /** The hand lets go. */
  readonly settled: () => void;
}

let count = 0;

export class Setting {
  readonly root: HTMLElement;
  private readonly input: HTMLInputElement;
  private readonly output: HTMLElement;

  constructor(private readonly options: SettingOptions) {
    const { label, low, high, step, changed, settled } = options;
    const id = `setting-${++count}`;
    this.input = element('input', {
      type: 'range',
      id,
      min: String(low),
      max: String(high),
      step: String(step),
      oninput: () => {
        this.set(Number(this.input.value));
        changed(Number(this.input.value));
      },
      onchange: settled,
    });
    this.output = element('output', { htmlFor: id });
    this.root = element(
      'div',
      { class: 'setting' },
      element('label', { htmlFor: id }, label),
      this.input,
      this.output,
    );
  }

  set(value: number): void {
    const text = this.options.show(value);
    this.input.value = String(value);
    this.input.setAttribute('aria-valuetext', text);
    this.output.textContent = text;
  }
}
