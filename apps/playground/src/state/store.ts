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

  constructor() {
    this.current = fromAddress(location.hash);
    addEventListener('popstate', () => this.show(fromAddress(location.hash)));
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
    this.flush();
    const next = { ...this.current, ...patch };
    if (gesture === '' || gesture !== this.gesture) {
      if (toAddress(next) !== toAddress(this.current)) history.pushState(null, '', this.addressOf(next));
    } else {
      this.timer = setTimeout(() => this.write(), addressDelay);
    }
    this.gesture = gesture;
    this.show(next);
  }

  /** The hand lets go: what comes next is another change. */
  endGesture(): void {
    this.gesture = '';
    if (this.timer !== undefined) this.write();
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private write(): void {
    this.flush();
    history.replaceState(null, '', this.addressOf(this.current));
  }

  private addressOf(state: ViewState): string {
    const address = toAddress(state);
    return address === '' ? location.pathname + location.search : `#${address}`;
  }

  private show(next: ViewState): void {
    const before = this.current;
    this.current = next;
    for (const listener of this.listeners) listener(next, before);
  }
}
