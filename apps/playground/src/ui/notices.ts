/** Messages to the user: what went wrong or has been done, each with a way on. */
import { element, part } from './dom.js';

export interface Way {
  readonly label: string;
  readonly go: () => void;
}

export interface Notice {
  readonly text: string;
  /** `bad`: something did not work. */
  readonly mood?: 'bad' | 'plain';
  readonly ways?: readonly Way[];
  /** A later notice about the same takes the place of this one. */
  readonly about?: string;
}

const shown = new Map<string, HTMLElement>();

/** Shows a message until it is dismissed, or something newer is known about the same. */
export function notify({ text, mood = 'plain', ways = [], about = text }: Notice): void {
  dismiss(about);
  const line = element(
    'div',
    { class: `notice${mood === 'bad' ? ' bad' : ''}`, role: mood === 'bad' ? 'alert' : 'status' },
    element('p', {}, text),
    ...ways.map(({ label, go }) =>
      element(
        'button',
        {
          type: 'button',
          onclick: () => {
            dismiss(about);
            go();
          },
        },
        label,
      ),
    ),
    element('button', { type: 'button', class: 'plain', onclick: () => dismiss(about) }, 'Dismiss'),
  );
  shown.set(about, line);
  part('notices').append(line);
}

/** Takes a message away, when there is one about this. */
export function dismiss(about: string): void {
  shown.get(about)?.remove();
  shown.delete(about);
}

/** The sentence of an error. */
export const sentence = (error: unknown): string => (error instanceof Error ? error.message : String(error));
