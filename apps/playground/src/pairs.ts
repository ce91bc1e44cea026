/** The view Pairs: two digits laid over each other, and what a network makes of them (MultiMNIST, Sabour et al. 2017, section 6). */
import { overlay } from '@capsnet/datasets';
import type { Engine } from './client.js';
import type { ImageSet } from './data/sets.js';
import { latest } from './latest.js';
import type { Library } from './library.js';
import { onPaletteChange, paint, paintTwo } from './pictures/paint.js';
import { transformed } from './pictures/transform.js';
import type { NetworkInfo } from './protocol.js';
import type { Store } from './state/store.js';
import type { PairDigit, ViewState } from './state/view.js';
import { element, part } from './ui/dom.js';
import { LengthBars } from './ui/lengths.js';
import { dismiss, notify, sentence, type Way } from './ui/notices.js';
import { Setting } from './ui/setting.js';

const field = 36;
const furthest = 6;

interface Result {
  readonly info: NetworkInfo;
  /** The two longest, that of the first digit first. */
  readonly classes: readonly [number, number];
  readonly lengths: Float32Array;
  readonly images: Float32Array;
}

export interface PairsTools {
  readonly store: Store;
  readonly engine: Engine;
  readonly library: Library;
  readonly waysWithoutNetwork: readonly Way[];
}

export class Pairs {
  private readonly overlaid = picture('The two digits laid over each other', 'pair-canvas');
  private readonly apart = picture('Both reconstructions, each in its colour', 'pair-canvas');
  private readonly singles = [
    picture('Reconstruction of the first digit'),
    picture('Reconstruction of the second digit'),
  ] as const;
  private readonly captions = [
    element('figcaption', { class: 'key' }),
    element('figcaption', { class: 'key two' }),
  ] as const;
  private readonly bars = new LengthBars('Lengths of the class capsules');
  private readonly verdict = element('p', { class: 'verdict', role: 'status' });
  private readonly controls: readonly { x: Setting; y: Setting; kind: HTMLSelectElement }[];
  private input = new Float32Array(field * field);
  private result: Result | undefined;

  constructor(
    private readonly tools: PairsTools,
    private readonly set: ImageSet,
  ) {
    const [first, second] = [this.digitControls(0), this.digitControls(1)];
    this.controls = [first, second];
    part('pairs').append(
      element(
        'section',
        { class: 'card', 'aria-labelledby': 'pair-title' },
        element('h2', { id: 'pair-title' }, 'Two digits at once'),
        element('p', { class: 'lead' }, 'They lie over each other, as on glass. Which two are they?'),
        this.overlaid,
        first.root,
        second.root,
      ),
      element(
        'section',
        { class: 'card', 'aria-labelledby': 'pair-lengths' },
        element('h2', { id: 'pair-lengths' }, 'Class capsules'),
        element('p', { class: 'lead' }, 'The two longest are what the network sees.'),
        this.verdict,
        this.bars.root,
      ),
      element(
        'section',
        { class: 'card', 'aria-labelledby': 'pair-apart' },
        element('h2', { id: 'pair-apart' }, 'Taken apart'),
        element(
          'p',
          { class: 'lead' },
          'Each of the two capsules is drawn by itself, from the same picture.',
        ),
        this.apart,
        element(
          'div',
          { class: 'pair-results' },
          element('figure', {}, this.singles[0], this.captions[0]),
          element('figure', {}, this.singles[1], this.captions[1]),
        ),
      ),
    );
    tools.store.subscribe((state) => this.refresh(state));
    onPaletteChange(() => this.render());
  }

  refresh(state: ViewState = this.tools.store.state): void {
    if (state.view !== 'pairs') return;
    state.pair.forEach(({ index, x, y }, which) => {
      const { x: right, y: down, kind } = this.controls[which]!;
      right.set(x);
      down.set(y);
      kind.value = String(this.set.labels[index % this.set.count]);
    });
    const [a, b] = state.pair.map(({ index, x, y }) =>
      transformed(
        this.set.picture(index % this.set.count),
        { rotate: 0, shiftX: x, shiftY: y, scale: 1 },
        field,
        field,
      ),
    );
    this.input = overlay(a!, b!) as Float32Array<ArrayBuffer>;
    paint(this.overlaid, this.input, field, field);
    void this.read(undefined);
  }

  private readonly read = latest(async () => {
    const { store, library, engine } = this.tools;
    const { state } = store;
    const offer = library.pick(state.network, 2);
    if (!offer) {
      notify({
        about: 'network',
        text: 'There are no weights for two digits yet. Train such a network here, or load a file.',
        ways: this.tools.waysWithoutNetwork,
      });
      return;
    }
    try {
      const info = await library.ready(offer.name);
      const { lengths, capsules } = await engine.call('encode', {
        network: info.name,
        images: this.input,
        count: 1,
      });
      const ordered = [...lengths.keys()].sort((p, q) => lengths[q]! - lengths[p]!);
      const labels = state.pair.map(({ index }) => this.set.labels[index % this.set.count]);
      const [one, two] = ordered as [number, number];
      // The colours follow the digits where the network is right.
      const swapped = one === labels[1] || (two === labels[0] && one !== labels[0]);
      const classes: [number, number] = swapped ? [two, one] : [one, two];
      const { dimensions } = info;
      const vectors = new Float32Array(2 * dimensions);
      classes.forEach((label, row) =>
        vectors.set(capsules.subarray(label * dimensions, (label + 1) * dimensions), row * dimensions),
      );
      const { images } = await engine.call('decode', { network: info.name, vectors, classes });
      this.result = { info, classes, lengths, images };
      dismiss('network');
      this.render();
    } catch (error) {
      notify({ about: 'network', mood: 'bad', text: sentence(error), ways: this.tools.waysWithoutNetwork });
    }
  });

  private render(): void {
    if (this.tools.store.state.view !== 'pairs') return;
    paint(this.overlaid, this.input, field, field);
    const { result } = this;
    if (!result) return;
    const { info, classes, lengths, images } = result;
    const size = field * field;
    const halves = [images.subarray(0, size), images.subarray(size)] as const;
    this.bars.show({ names: info.classNames, values: lengths, chosen: -1, marked: classes });
    halves.forEach((half, which) => {
      const blank = new Float32Array(size);
      if (which === 0) paintTwo(this.singles[0], half, blank, field, field);
      else paintTwo(this.singles[1], blank, half, field, field);
      this.captions[which as 0 | 1].textContent = info.classNames[classes[which as 0 | 1]]!;
    });
    paintTwo(this.apart, halves[0], halves[1], field, field);
    const [first, second] = classes.map((label) => info.classNames[label]!);
    const truth = this.tools.store.state.pair.map(({ index }) => this.set.labels[index % this.set.count]!);
    const right = classes.every((label) => truth.includes(label));
    this.verdict.replaceChildren(
      'Reads ',
      element('strong', {}, `${first} and ${second}`),
      right
        ? element('span', { class: 'right' }, ' ✓ right')
        : element(
            'span',
            { class: 'wrong' },
            ` ✗ they are ${truth.map((label) => this.set.classNames[label]).join(' and ')}`,
          ),
    );
  }

  private change(which: 0 | 1, patch: Partial<PairDigit>, gesture = ''): void {
    const { store } = this.tools;
    const [first, second] = store.state.pair;
    store.change(
      { pair: which === 0 ? [{ ...first, ...patch }, second] : [first, { ...second, ...patch }] },
      gesture,
    );
  }

  private digitControls(which: 0 | 1): {
    root: HTMLElement;
    x: Setting;
    y: Setting;
    kind: HTMLSelectElement;
  } {
    const name = which === 0 ? 'First' : 'Second';
    const kind = element('select', { 'aria-label': `${name} digit: class` });
    kind.append(
      ...this.set.classNames.map((each, label) => element('option', { value: String(label) }, each)),
    );
    kind.addEventListener('change', () => this.change(which, { index: this.another(0, Number(kind.value)) }));
    const settled = (): void => this.tools.store.endGesture();
    const setting = (axis: 'x' | 'y', label: string): Setting =>
      new Setting({
        label,
        low: -furthest,
        high: furthest,
        step: 1,
        show: (value) => `${value > 0 ? '+' : ''}${value} px`,
        changed: (value) => this.change(which, { [axis]: value }, `pair ${which} ${axis}`),
        settled,
      });
    const [x, y] = [setting('x', 'Right'), setting('y', 'Down')];
    const root = element(
      'fieldset',
      { class: 'digit' },
      element('legend', { class: which === 0 ? 'key' : 'key two' }, `${name} digit`),
      element(
        'div',
        { class: 'row' },
        kind,
        element(
          'button',
          {
            type: 'button',
            onclick: () => {
              const { index } = this.tools.store.state.pair[which];
              this.change(which, { index: this.another(index + 1, Number(kind.value)) });
            },
          },
          'Another one',
        ),
      ),
      x.root,
      y.root,
    );
    return { root, x, y, kind };
  }

  /** The next image of a class, from a number on. */
  private another(from: number, label: number): number {
    for (let step = 0; step < this.set.count; step++) {
      const index = (from + step) % this.set.count;
      if (this.set.labels[index] === label) return index;
    }
    return from;
  }
}

const picture = (label: string, kind = ''): HTMLCanvasElement =>
  element('canvas', {
    class: `frame ${kind}`,
    width: field,
    height: field,
    role: 'img',
    'aria-label': label,
  });
