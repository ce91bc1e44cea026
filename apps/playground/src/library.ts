/** The networks that can be looked into: those shipped with the page, those dropped on it, and the one trained in it. */
import type { ImageShape } from '@capsnet/capsules';
import type { Engine } from './client.js';
import { trainedName, type NetworkInfo } from './protocol.js';

export interface Offer {
  readonly name: string;
  readonly kind: string;
  readonly input: ImageShape;
  readonly decodings: number;
  /** Kept for a new worker; shipped ones are fetched when they are needed. */
  readonly bytes?: Uint8Array;
  readonly dataset?: string;
  readonly accuracy?: number;
}

interface Shipped extends Offer {
  readonly bytes: never;
}

export class Library {
  private readonly offers = new Map<string, Offer>();
  private readonly loaded = new Map<string, Promise<NetworkInfo>>();
  private readonly listeners = new Set<() => void>();
  private opened = false;

  constructor(private readonly engine: Engine) {}

  /** Reads the list of shipped weights. */
  async open(): Promise<void> {
    const response = await fetch('./weights/index.json').finally(() => (this.opened = true));
    if (!response.ok)
      throw new Error(
        `The list of shipped weights could not be loaded (${response.status}). Drop a weights file on the page.`,
      );
    for (const offer of (await response.json()) as (Omit<Shipped, 'bytes'> & { bytes: number })[]) {
      const { bytes: _size, ...rest } = offer;
      this.offers.set(offer.name, rest);
    }
    this.changed();
  }

  /** Whether the shipped weights are known: before that, none to be had means nothing. */
  get isOpen(): boolean {
    return this.opened;
  }

  onChange(listener: () => void): void {
    this.listeners.add(listener);
  }

  /** What can be chosen, for one or for two digits. */
  choices(decodings: number): readonly Offer[] {
    return [...this.offers.values()].filter((offer) => offer.decodings === decodings);
  }

  /** The offer of this name, or the first one that fits. */
  pick(name: string, decodings: number): Offer | undefined {
    const fitting = this.choices(decodings);
    return fitting.find((offer) => offer.name === name) ?? fitting[0];
  }

  /** The network in the worker, loaded now if it is not there yet. */
  ready(name: string): Promise<NetworkInfo> {
    const known = this.loaded.get(name);
    if (known) return known;
    const loading = this.load(name);
    this.loaded.set(name, loading);
    loading.catch(() => this.loaded.delete(name));
    return loading;
  }

  /**
   * Adds weights from a file.
   *
   * @throws EngineError when the bytes are no weights that fit
   */
  async add(name: string, bytes: Uint8Array): Promise<NetworkInfo> {
    const info = await this.engine.call('load', { name, bytes });
    this.loaded.set(name, Promise.resolve(info));
    this.offer(info, bytes);
    return info;
  }

  /** The network in training begins anew: it lives in the worker. */
  addTrained(info: NetworkInfo): void {
    this.loaded.set(info.name, Promise.resolve(info));
    this.offer(info);
  }

  /** The worker is a new one and holds nothing. */
  forget(): void {
    this.loaded.clear();
    this.offers.delete(trainedName);
    this.changed();
  }

  private offer(info: NetworkInfo, bytes?: Uint8Array): void {
    const { name, kind, input, decodings, notes } = info;
    this.offers.set(name, {
      name,
      kind,
      input,
      decodings,
      ...(bytes ? { bytes } : {}),
      ...(notes['dataset'] === undefined ? {} : { dataset: notes['dataset'] }),
    });
    this.changed();
  }

  private async load(name: string): Promise<NetworkInfo> {
    const kept = this.offers.get(name)?.bytes;
    const bytes = kept ?? (await fetchWeights(name));
    return this.engine.call('load', { name, bytes });
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}

async function fetchWeights(name: string): Promise<Uint8Array> {
  const response = await fetch(`./weights/${encodeURIComponent(name)}.safetensors`);
  if (!response.ok)
    throw new Error(
      `The weights "${name}" could not be loaded (${response.status}). Choose others, or drop a file on the page.`,
    );
  return new Uint8Array(await response.arrayBuffer());
}

const titles: Readonly<Record<string, string>> = {
  'efficient-capsnet': 'Efficient-CapsNet',
  'original-capsnet': 'Original CapsNet',
  'base-capsnet': 'Base-CapsNet',
};

/** A network's name for people. */
export const titleOf = ({ name, kind }: { readonly name: string; readonly kind: string }): string =>
  `${titles[kind] ?? kind} · ${name.startsWith(`${kind}-`) ? name.slice(kind.length + 1) : name}`;
