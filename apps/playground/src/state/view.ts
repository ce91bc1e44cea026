/** What the page shows, as one value: enough to show it again somewhere else. */
import { identity, type Transform } from '../pictures/transform.js';

export const views = ['explore', 'pairs', 'train'] as const;
export type ViewName = (typeof views)[number];

/** Where the picture comes from. */
export type PictureSource =
  | { readonly kind: 'gallery'; readonly set: string; readonly index: number }
  | { readonly kind: 'drawing'; readonly picture: Float32Array };

/** One of two overlaid digits: a picture of the gallery and where it stands. */
export interface PairDigit {
  readonly index: number;
  readonly x: number;
  readonly y: number;
}

export interface ViewState {
  readonly view: ViewName;
  /** Name of the network; empty: the first that fits. */
  readonly network: string;
  /** Name of a second network beside it; empty: none. */
  readonly beside: string;
  readonly source: PictureSource;
  readonly transform: Transform;
  /** Class of the capsule that is shown; -1: the longest. */
  readonly capsule: number;
  /** Added to the dimensions of the capsule. */
  readonly noise: readonly number[];
  /** Sliders go from -1 to 1 instead of -0.25 to 0.25. */
  readonly wide: boolean;
  readonly pair: readonly [PairDigit, PairDigit];
}

export const dimensions = 16;
export const narrowRange = 0.25;
export const wideRange = 1;
export const noNoise: readonly number[] = Array.from({ length: dimensions }, () => 0);

export const firstView: ViewState = {
  view: 'explore',
  network: '',
  beside: '',
  source: { kind: 'gallery', set: 'digits', index: 3 },
  transform: identity,
  capsule: -1,
  noise: noNoise,
  wide: false,
  pair: [
    { index: 2, x: -4, y: -2 },
    { index: 7, x: 4, y: 2 },
  ],
};
