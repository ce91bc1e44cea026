/** The view Train: a network learns in the page, and can be looked into while it does. */
import type { Engine } from './client.js';
import type { Library } from './library.js';
import { trainedName, type EngineEvent, type RawImages, type TrainingOptions } from './protocol.js';
import type { Store } from './state/store.js';
import { Chart } from './ui/chart.js';
import { element, part, percent } from './ui/dom.js';
import { notify, sentence } from './ui/notices.js';

const kinds: Readonly<Record<TrainingOptions['kind'], string>> = {
  'efficient-capsnet': 'Efficient-CapsNet',
  'original-capsnet': 'Original CapsNet',
  'base-capsnet': 'Base-CapsNet (no attention)',
  'efficient-capsnet-multimnist': 'Efficient-CapsNet for two digits',
};

export interface TrainerTools {
  readonly store: Store;
  readonly engine: Engine;
  readonly library: Library;
  readonly chooseFile: () => void;
  readonly download: (name: string) => void;
  /** The network in training has learned something. */
  readonly improved: () => void;
}

type Phase = 'idle' | 'running' | 'paused';

export class Trainer {
  private readonly kind = select('train-kind', kinds);
  private readonly size = select('train-size', { small: 'small (quick)', paper: 'as in the papers' });
  private readonly data = element('select', { id: 'train-data' });
  private readonly batch = number('train-batch', 16, 1, 256, 1);
  private readonly rate = number('train-rate', 0.001, 0.00001, 0.1, 0.00001);
  private readonly seed = number('train-seed', 1, 0, 1_000_000, 1);
  private readonly start = button('Start', () => void this.begin(), 'primary');
  private readonly pause = button('Pause', () => void this.togglePause());
  private readonly stop = button('Stop', () => void this.end());
  private readonly look = button('Look inside', () => this.lookInside());
  private readonly save = button('Download weights', () => this.tools.download(trainedName));
  private readonly chart = new Chart();
  private readonly figures = { step: value(), loss: value(), accuracy: value(), speed: value() };
  private readonly status = element('p', { class: 'hint', role: 'status' }, 'Nothing is trained yet.');
  private readonly dropped = new Map<string, RawImages>();
  private phase: Phase = 'idle';
  private spoken = 0;

  constructor(private readonly tools: TrainerTools) {
    this.data.append(
      ...[2000, 10_000, 60_000].map((count) =>
        element('option', { value: String(count) }, `${count.toLocaleString('en')} generated digits`),
      ),
    );
    this.data.value = '10000';
    part('train').append(
      element(
        'section',
        { class: 'card', 'aria-labelledby': 'train-title' },
        element('h2', { id: 'train-title' }, 'Train a network'),
        element(
          'p',
          { class: 'lead' },
          'From scratch, in this page. Digits are generated; drop MNIST’s files to train on those.',
        ),
        element(
          'div',
          { class: 'form' },
          field('Network', this.kind, 'wide'),
          field('Images', this.data, 'wide'),
          field('Size', this.size, 'wide'),
          field('Images a step', this.batch),
          field('Learning rate', this.rate),
          field('Seed', this.seed),
        ),
        element('div', { class: 'row' }, this.start, this.pause, this.stop),
        element(
          'button',
          { type: 'button', class: 'plain', onclick: tools.chooseFile },
          'Open MNIST files …',
        ),
      ),
      element(
        'section',
        { class: 'card', 'aria-labelledby': 'curves-title' },
        element(
          'div',
          { class: 'spread' },
          element('h2', { id: 'curves-title' }, 'Learning curves'),
          element('div', { class: 'row' }, this.look, this.save),
        ),
        element(
          'dl',
          { class: 'figures' },
          figure('Step', this.figures.step),
          figure('Loss', this.figures.loss),
          figure('Accuracy', this.figures.accuracy),
          figure('Images/s', this.figures.speed),
        ),
        this.chart.root,
        this.status,
      ),
    );
    this.show('idle');
    this.look.disabled = this.save.disabled = true;
  }

  /** Presets the form for two digits. */
  forPairs(): void {
    this.kind.value = 'efficient-capsnet-multimnist';
  }

  /** Images from files, to be learned from. */
  addSet(set: RawImages): void {
    if (!this.dropped.has(set.name))
      this.data.append(
        element(
          'option',
          { value: set.name },
          `${set.name}: ${set.labels.length.toLocaleString('en')} images`,
        ),
      );
    this.dropped.set(set.name, set);
    this.data.value = set.name;
  }

  /** What the worker says. */
  hear(event: EngineEvent): void {
    switch (event.event) {
      case 'point': {
        const { point } = event;
        this.chart.add(point);
        if (point.validation) {
          this.say(
            `Step ${point.step}: loss ${point.validation.loss.toFixed(3)}, ${percent(point.validation.accuracy)} right on images that are not trained on.`,
          );
          return;
        }
        this.figures.step.textContent = String(point.step);
        this.figures.loss.textContent = point.loss.toFixed(3);
        this.figures.accuracy.textContent = percent(point.accuracy);
        this.figures.speed.textContent = point.imagesPerSecond.toFixed(0);
        return;
      }
      case 'improved':
        this.tools.improved();
        return;
      case 'ended':
        this.show('idle');
        if (event.error)
          notify({
            about: 'training',
            mood: 'bad',
            text: event.error.message,
            ways: [{ label: 'Start again', go: () => void this.begin() }],
          });
    }
  }

  /** The worker is gone, and the training with it. */
  lost(): void {
    this.show('idle');
    this.look.disabled = this.save.disabled = true;
  }

  private async begin(): Promise<void> {
    const chosen = this.dropped.get(this.data.value);
    const options: TrainingOptions = {
      kind: this.kind.value as TrainingOptions['kind'],
      size: this.size.value as TrainingOptions['size'],
      data: chosen ?? { generate: Number(this.data.value) },
      batchSize: Math.round(this.batch.valueAsNumber),
      learningRate: this.rate.valueAsNumber,
      seed: Math.round(this.seed.valueAsNumber),
    };
    if (!(options.batchSize >= 1 && options.learningRate > 0 && options.seed >= 0)) {
      notify({
        about: 'training',
        mood: 'bad',
        text: 'Images a step, learning rate and seed must be numbers above 0. Correct them and start again.',
      });
      return;
    }
    this.chart.clear();
    this.status.textContent = 'Making the images and the plan of a step …';
    this.show('running');
    try {
      this.tools.library.addTrained(await this.tools.engine.call('train', options));
      this.look.disabled = this.save.disabled = false;
    } catch (error) {
      this.show('idle');
      notify({ about: 'training', mood: 'bad', text: sentence(error) });
    }
  }

  private async togglePause(): Promise<void> {
    const paused = this.phase === 'running';
    await this.tools.engine.call('pause', { paused });
    this.show(paused ? 'paused' : 'running');
  }

  private async end(): Promise<void> {
    await this.tools.engine.call('stop', null);
    this.show('idle');
  }

  private lookInside(): void {
    const pairs = this.tools.library.choices(2).some(({ name }) => name === trainedName);
    this.tools.store.change({ view: pairs ? 'pairs' : 'explore', network: trainedName });
  }

  private show(phase: Phase): void {
    this.phase = phase;
    this.start.disabled = phase !== 'idle';
    this.pause.disabled = phase === 'idle';
    this.stop.disabled = phase === 'idle';
    this.pause.textContent = phase === 'paused' ? 'Resume' : 'Pause';
  }

  /** At most one sentence in five seconds is spoken to those who listen. */
  private say(sentence: string): void {
    const now = performance.now();
    if (now - this.spoken < 5000) return;
    this.spoken = now;
    this.status.textContent = sentence;
  }
}

function select(id: string, options: Readonly<Record<string, string>>): HTMLSelectElement {
  const made = element('select', { id });
  made.append(...Object.entries(options).map(([value, label]) => element('option', { value }, label)));
  return made;
}

const number = (id: string, value: number, min: number, max: number, step: number): HTMLInputElement =>
  element('input', {
    type: 'number',
    id,
    value: String(value),
    min: String(min),
    max: String(max),
    step: String(step),
  });
const button = (label: string, onclick: () => void, kind = ''): HTMLButtonElement =>
  element('button', { type: 'button', class: kind, onclick }, label);
const field = (label: string, control: HTMLElement, kind = ''): HTMLElement =>
  element('label', { class: `field ${kind}` }, label, control);
const value = (): HTMLElement => element('dd', {}, '–');
const figure = (label: string, shown: HTMLElement): HTMLElement =>
  element('div', {}, element('dt', {}, label), shown);
