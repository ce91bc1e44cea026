/**
 * The view's state: one value, replaced as a whole; who shows it subscribes. Every change also goes into the address and the history, so that
 * Back undoes it. Changes of one gesture (a slider being dragged) are one entry.
 */
import { fromAddress, toAddress } from './address.js';
import type { ViewState } from './view.js';

export type Listener = (state: ViewState, before: ViewState) => void;

/** Browsers refuse more than about 100 changes of the address in 30 seconds. */
const addressDelay = 250;

export class Store {
  private current: ViewState;
  private readonly listeners = new Set<Listener>();
  private gesture = '';
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** What the next writing makes. */
  private entry: 'push' | 'replace' = 'replace';
  private written: string;
  /** Ended gestures that are not written yet. */
  private left: { readonly entry: 'push' | 'replace'; readonly address: string }[] = [];

  constructor() {
    this.current = fromAddress(location.hash);
    this.written = toAddress(this.current);
    addEventListener('popstate', () => {
      clearTimeout(this.timer);
      this.timer = undefined;
      this.left = [];
      const state = fromAddress(location.hash);
      this.written = toAddress(state);
      this.gesture = '';
      this.show(state);
    });
  }

  get state(): ViewState {
    return this.current;
  }

  subscribe(listener: Listener): void {
    this.listeners.add(listener);
  }

  /**
   * Changes the state.
   *
   * @param gesture name of what the hand is doing; changes under the same name are undone together. Without one, the change stands alone.
   */
  change(patch: Partial<ViewState>, gesture = ''): void {
    const next = { ...this.current, ...patch };
    if (gesture === '' || gesture !== this.gesture) {
      // What an earlier gesture has left to be written becomes an entry of its own.
      if (this.timer !== undefined) this.left.push({ entry: this.entry, address: toAddress(this.current) });
      this.entry = 'push';
    }
    this.gesture = gesture;
    this.show(next);
    // Writing the address takes the browser a millisecond or more: a moving hand does not wait for it.
    if (gesture === '') this.write();
    else this.timer ??= setTimeout(() => this.write(), addressDelay);
  }

  /** The hand lets go: what comes next is another change. */
  endGesture(): void {
    this.gesture = '';
  }

  /** Brings address and history up to date. */
  private write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const { entry, address } of [
      ...this.left,
      { entry: this.entry, address: toAddress(this.current) },
    ]) {
      if (address === this.written) continue;
      this.written = address;
      if (entry === 'push') history.pushState(null, '', this.addressOf(address));
      else history.replaceState(null, '', this.addressOf(address));
    }
    this.left = [];
    this.entry = 'replace';
  }

  private addressOf(address: string): string {
    return address === '' ? location.pathname + location.search : `#${address}`;
  }

  private show(next: ViewState): void {
    const before = this.current;
    this.current = next;
    for (const listener of this.listeners) listener(next, before);
  }
}
