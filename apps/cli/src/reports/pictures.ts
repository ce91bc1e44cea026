/** Pictures inside a page: enlarged by whole factors, never smoothed; and cards of them with what the network said. */
import { encode } from 'fast-png';
import type { Picture } from '../evaluation/display.js';
import { html, type Content, type Html } from './html.js';

/** The picture as a PNG in the address itself. */
export function dataAddress({ width, height, channels, bytes }: Picture): string {
  const png = encode({ width, height, data: bytes, channels, depth: 8 });
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}

/** Pixels that the longer side of an enlarged picture should come near to. */
const wantedSize = 84;

/** A picture, each of its pixels a square of whole pixels of the page. */
export function image(picture: Picture, description: string, wanted = wantedSize): Html {
  const side = Math.max(picture.width, picture.height);
  const scale = Math.max(side <= 48 ? 2 : 1, Math.round(wanted / side));
  return html`<img
    src="${dataAddress(picture)}"
    width="${picture.width * scale}"
    height="${picture.height * scale}"
    alt="${description}"
  />`;
}

export interface Guess {
  readonly name: string;
  /** Length of its capsule, 0 to 1. */
  readonly length: number;
  readonly right: boolean;
}

export interface CardImage {
  readonly picture: Picture;
  /** A few words beneath it. */
  readonly caption: string;
}

export interface Card {
  readonly title: Content;
  readonly images: readonly CardImage[];
  readonly guesses?: readonly Guess[];
}

/** An image, what the decoder draws for it, and the best guesses with the lengths of their capsules as bars. */
const cardOf = ({ title, images, guesses = [] }: Card): Html =>
  html`<li class="card">
    <p>${title}</p>
    <div class="images">
      ${images.map(
        ({ picture, caption }) => html`<div>${image(picture, caption)}<span>${caption}</span></div>`,
      )}
    </div>
    ${guesses.map(
      ({ name, length, right }) =>
        html`<div class="guess${right ? ' right' : ''}">
          <span>${name}</span
          ><i><b style="width:${(100 * Math.min(1, Math.max(0, length))).toFixed(1)}%"></b></i
          ><output>${length.toFixed(2)}</output>
        </div>`,
    )}
  </li>`;

/** Cards beside each other, as many as the page is wide. */
export function gallery(cards: readonly Card[]): Html {
  const longest = Math.max(1, ...cards.flatMap(({ guesses = [] }) => guesses.map(({ name }) => name.length)));
  return html`<ul class="gallery" style="--name:${Math.min(longest, 11)}ch">
    ${cards.map(cardOf)}
  </ul>`;
}

export interface Pair {
  readonly input: Picture;
  readonly reconstructions: readonly Picture[];
  readonly caption: string;
}

/** Test images above their reconstructions, without any words but a short caption. */
export const pairs = (entries: readonly Pair[]): Html =>
  html`<ul class="pairs">
    ${entries.map(
      ({ input, reconstructions, caption }) =>
        html`<li>
          ${image(input, `test image: ${caption}`, 56)}${reconstructions.map((picture) =>
            image(picture, `reconstruction: ${caption}`, 56),
          )}<span>${caption}</span>
        </li>`,
    )}
  </ul>`;
