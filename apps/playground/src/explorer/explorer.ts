/**
 * The view Explore: from the picture to the capsules, and from a changed capsule back to a picture. The two ways are apart, so that a slider costs one
 * run of the decoder; each does only the newest of what it is asked for.
 */
import type { Engine } from '../client.js';
import type { ImageSet } from '../data/sets.js';
import { latest } from '../latest.js';
import type { Library } from '../library.js';
import { trainedName } from '../protocol.js';
import type { Store } from '../state/store.js';
import { narrowRange, noNoise, wideRange, type ViewState } from '../state/view.js';
import { Beside } from '../ui/beside.js';
import { Board } from '../ui/board.js';
import { CouplingPicture } from '../ui/couplings.js';
import { part } from '../ui/dom.js';
import type { EnginePanel } from '../ui/engine.js';
import { Gallery } from '../ui/gallery.js';
import { Grid, gridSteps, gridValues } from '../ui/grid.js';
import { LengthBars } from '../ui/lengths.js';
import { dismiss, notify, sentence, type Way } from '../ui/notices.js';
import { Reconstruction } from '../ui/reconstruction.js';
import { Sliders } from '../ui/sliders.js';
import { TransformControls } from '../ui/transform.js';
import { Verdict } from '../ui/verdict.js';
import { GalleryReader } from './galleryReader.js';
import { chosenOf, longestOf, readPicture, vectorOf, type Reading } from './reading.js';
import { Swing } from './swing.js';

export interface ExplorerTools {
  readonly store: Store;
  readonly engine: Engine;
  readonly library: Library;
  readonly panel: EnginePanel;
  readonly chooseFile: () => void;
  /** What to offer when there is no network. */
  readonly waysWithoutNetwork: readonly Way[];
}

/** Changes of these need the network; all others only the decoder. */
const read = ['source', 'transform', 'network', 'beside', 'view'] as const;

export class Explorer {
  private readonly board: Board;
  private readonly gallery: Gallery;
  private readonly galleryReader: GalleryReader;
  private readonly transform: TransformControls;
  private readonly bars: LengthBars;
  private readonly verdict = new Verdict();
  private readonly couplings = new CouplingPicture();
  private readonly reconstruction: Reconstruction;
  private readonly sliders: Sliders;
  private readonly swing: Swing;
  private readonly grid: Grid;
  private readonly beside = new Beside();
  private readonly sets: ImageSet[];
  private set: ImageSet;
  private picture: Float32Array;
  /** The source that the board drew itself. */
  private drawn: unknown;
  private reading: Reading | undefined;
  private second: Reading | undefined;
  /** Of which reading and class the unchanged reconstruction is shown. */
  private unchanged: { readonly reading: Reading; readonly chosen: number } | undefined;
  /** When the hand moved that the next picture answers. */
  private since: number | undefined;

  constructor(
    private readonly tools: ExplorerTools,
    generated: ImageSet,
  ) {
    const { store, engine, chooseFile } = tools;
    this.sets = [generated];
    this.set = generated;
    this.picture = generated.picture(0);
    const settled = (): void => store.endGesture();
    this.board = new Board({ drawn: (picture, done) => this.draw(picture, done), chooseFile });
    this.gallery = new Gallery((set, index) =>
      store.change({ source: { kind: 'gallery', set: set.name, index }, capsule: -1 }),
    );
    this.galleryReader = new GalleryReader(engine, (answers) => this.gallery.mark(answers));
    this.transform = new TransformControls({
      changed: (transform, gesture) => store.change({ transform }, gesture),
      settled,
    });
    this.bars = new LengthBars('Lengths of the class capsules; choose one', (capsule) =>
      store.change({ capsule }),
    );
    this.reconstruction = new Reconstruction({
      reset: () => this.reset(),
      randomise: () => this.randomise(),
      widen: (wide) => this.widen(wide),
    });
    this.sliders = new Sliders({
      moved: (dimension, value, since) => {
        this.since ??= since;
        store.change({ noise: store.state.noise.with(dimension, value) }, `noise ${dimension}`);
      },
      settled,
      animate: (dimension) => this.swing.toggle(dimension),
    });
    this.swing = new Swing(
      () => this.range,
      () => this.decode(),
    );
    this.grid = new Grid(
      () => this.drawGrid(),
      (dimension, value) => store.change({ noise: store.state.noise.with(dimension, value) }),
    );
    part('lengths').append(this.verdict.root, this.bars.root);
    store.subscribe((state, before) => this.update(state, before));
    this.showSource(store.state);
    this.transform.show(store.state.transform);
  }

  /** Reads the picture again: networks have come, or have to be loaded anew. */
  refresh(): void {
    this.galleryReader.forget();
    this.encode();
  }

  /** The network in training has better weights: reads the picture again when it is the one that is shown. */
  improved(): void {
    const { store, library } = this.tools;
    const shown = [library.pick(store.state.network, 1)?.name, store.state.beside];
    if (store.state.view === 'explore' && shown.includes(trainedName)) this.encode();
  }

  /** A set of images from files, shown at once. */
  addSet(set: ImageSet): void {
    const at = this.sets.findIndex(({ name }) => name === set.name);
    if (at >= 0) this.sets.splice(at, 1);
    this.sets.push(set);
    this.tools.store.change({ source: { kind: 'gallery', set: set.name, index: 0 }, capsule: -1 });
  }

  private update(state: ViewState, before: ViewState): void {
    if (state.source !== before.source) {
      if (state.source === this.drawn) this.gallery.select(-1);
      else this.showSource(state);
      if (state.source.kind === 'drawing') this.picture = state.source.picture;
    }
    if (state.transform !== before.transform) this.transform.show(state.transform);
    if (read.some((key) => state[key] !== before[key])) this.encode();
    else this.decode();
  }

  private draw(picture: Float32Array, done: boolean): void {
    const source = { kind: 'drawing', picture } as const;
    this.drawn = source;
    this.tools.store.change({ source, capsule: -1 }, 'stroke');
    if (done) this.tools.store.endGesture();
  }

  private showSource({ source }: ViewState): void {
    if (source.kind === 'drawing') {
      this.picture = source.picture;
      this.board.show(source.picture, true);
      this.gallery.offer(this.sets, this.set);
      this.gallery.select(-1);
      return;
    }
    this.set = this.sets.find(({ name }) => name === source.set) ?? this.sets[0]!;
    const index = Math.min(source.index, this.set.count - 1);
    this.picture = this.set.picture(index);
    this.board.show(this.picture, false);
    this.gallery.offer(this.sets, this.set);
    this.gallery.select(index);
  }

  private encode(): void {
    void this.encodeLatest(undefined);
  }

  /** Picture -> capsules, for one network or two, then everything that follows from them. */
  private readonly encodeLatest = latest<undefined>(async () => {
    const { store, library, engine, panel, waysWithoutNetwork } = this.tools;
    const { network, beside, transform, view } = store.state;
    if (view !== 'explore' || !library.isOpen) return;
    const offer = library.pick(network, 1);
    if (!offer) {
      notify({
        about: 'network',
        text: 'There are no weights to look into yet. Train a network here (a minute or two), or load a file.',
        ways: waysWithoutNetwork,
      });
      return;
    }
    const other = library.choices(1).find(({ name }) => name === beside && name !== offer.name);
    try {
      const { picture } = this;
      this.reading = await readPicture(engine, await library.ready(offer.name), picture, transform);
      this.second = other && (await readPicture(engine, await library.ready(other.name), picture, transform));
      dismiss('network');
    } catch (error) {
      notify({ about: 'network', mood: 'bad', text: sentence(error), ways: waysWithoutNetwork });
      return;
    }
    performance.mark('predicted');
    const { info, encoded, seen } = this.reading;
    panel.measured('encode', encoded.milliseconds);
    this.transform.showSeen(seen, info.input[1], info.input[0]);
    this.decode();
    if (this.grid.isOpen) this.drawGrid();
    void this.galleryReader.read(info, this.set);
  });

  /** Everything that is drawn from the reading without computing. */
  private showReading(): void {
    const { reading, second } = this;
    if (!reading) return;
    const { info, encoded, rest, longest } = reading;
    const { capsule, wide, source } = this.tools.store.state;
    const chosen = chosenOf(reading, capsule);
    const noise = this.swing.over(this.tools.store.state.noise);
    const changed = noise.some((value) => value !== 0);
    const lengths = encoded.lengths.slice();
    if (changed) lengths[chosen] = Math.hypot(...vectorOf(reading, chosen, noise));
    this.bars.show({ names: info.classNames, values: lengths, chosen, marked: [longestOf(lengths)] });
    this.verdict.show(reading, source.kind === 'gallery' ? this.truth(source.index) : undefined);
    this.sliders.build(info.dimensions);
    this.sliders.show({
      noise,
      wide,
      capsule: vectorOf(reading, chosen),
      rest: rest && rest.subarray(chosen * info.dimensions, (chosen + 1) * info.dimensions),
      swinging: this.swing.dimension,
    });
    const name = `capsule ${info.classNames[chosen]!}${chosen === longest ? ', the longest' : ''}`;
    this.reconstruction.label(name, changed, wide);
    this.couplings.show({ info, values: encoded.couplings, chosen });
    if (second) this.beside.show({ ...second, chosen: chosenOf(second, capsule) });
    else this.beside.hide();
  }

  private truth(index: number): string {
    return this.set.classNames[this.set.labels[Math.min(index, this.set.count - 1)]!]!;
  }

  private decode(): void {
    // The rest of the page follows the picture: drawing it first would hold the picture up by a frame.
    if (!this.reading?.info.hasDecoder) this.showReading();
    void this.decodeLatest(undefined);
  }

  /** Changed capsule -> picture. */
  private readonly decodeLatest = latest<undefined>(async () => {
    const { reading, second } = this;
    const { store, panel, waysWithoutNetwork } = this.tools;
    if (!reading?.info.hasDecoder || store.state.view !== 'explore') return;
    const { since } = this;
    this.since = undefined;
    const { capsule } = store.state;
    const noise = this.swing.over(store.state.noise);
    const [height, width] = reading.info.input;
    const chosen = chosenOf(reading, capsule);
    try {
      const { images, milliseconds } = await this.picturesOf(reading, vectorOf(reading, chosen, noise), [
        chosen,
      ]);
      this.reconstruction.show(images, width, height);
      panel.measured('decode', milliseconds);
      if (since !== undefined)
        panel.measured('slider', performance.measure('slider to picture', { start: since }).duration);
      this.showReading();
      if (this.unchanged?.reading !== reading || this.unchanged.chosen !== chosen) {
        this.unchanged = { reading, chosen };
        const plain = await this.picturesOf(reading, vectorOf(reading, chosen), [chosen]);
        this.reconstruction.showUnchanged(plain.images, width, height);
      }
      if (second?.info.hasDecoder) {
        const own = chosenOf(second, capsule);
        const other = await this.picturesOf(second, vectorOf(second, own, noise), [own]);
        this.beside.showPicture(other.images, second.info.input[1], second.info.input[0]);
      }
    } catch (error) {
      this.showReading();
      notify({ about: 'network', mood: 'bad', text: sentence(error), ways: waysWithoutNetwork });
    }
  });

  private picturesOf({ info }: Reading, vectors: Float32Array, classes: readonly number[]) {
    return this.tools.engine.call('decode', { network: info.name, vectors, classes });
  }

  private drawGrid(): void {
    void this.gridLatest(undefined);
  }

  private readonly gridLatest = latest<undefined>(async () => {
    const { reading } = this;
    if (!reading?.info.hasDecoder) return;
    const { dimensions, input, classNames } = reading.info;
    const { wide, capsule } = this.tools.store.state;
    const chosen = chosenOf(reading, capsule);
    const plain = vectorOf(reading, chosen);
    const vectors = new Float32Array(dimensions * gridSteps * dimensions);
    for (let row = 0; row < dimensions; row++) {
      gridValues(wide).forEach((value, step) => {
        const at = (row * gridSteps + step) * dimensions;
        vectors.set(plain, at);
        vectors[at + row]! += value;
      });
    }
    const classes = Array.from({ length: dimensions * gridSteps }, () => chosen);
    try {
      const { images } = await this.picturesOf(reading, vectors, classes);
      const name = `capsule ${classNames[chosen]}`;
      this.grid.show({ pictures: images, dimensions, width: input[1], height: input[0], wide, name });
    } catch (error) {
      notify({ about: 'grid', mood: 'bad', text: sentence(error) });
    }
  });

  private get range(): number {
    return this.tools.store.state.wide ? wideRange : narrowRange;
  }

  private reset(): void {
    this.swing.stop();
    this.tools.store.change({ noise: noNoise });
  }

  private randomise(): void {
    const draw = (): number => Math.round((2 * Math.random() - 1) * this.range * 100) / 100;
    this.tools.store.change({ noise: noNoise.map(draw) });
  }

  private widen(wide: boolean): void {
    const inside = (value: number): number => Math.min(narrowRange, Math.max(-narrowRange, value));
    const { noise } = this.tools.store.state;
    this.tools.store.change({ wide, noise: wide ? noise : noise.map(inside) });
    if (this.grid.isOpen) this.drawGrid();
  }
}
