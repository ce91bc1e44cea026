/** The state of the page in its address, behind `#`: what differs from the first view, in words that can be read and edited. */
import { pictureFromText, pictureToText } from '../pictures/picture.js';
import { dimensions, firstView, views, wideRange, type PairDigit, type ViewState } from './view.js';

const short = (value: number): string => String(Math.round(value * 1000) / 1000);

/** The address of a view, without `#`; empty for the first one. */
export function toAddress(state: ViewState): string {
  const words = new URLSearchParams();
  const put = (key: string, value: string, usual: string): void => {
    if (value !== usual) words.set(key, value);
  };
  put('view', state.view, firstView.view);
  put('network', state.network, '');
  put('beside', state.beside, '');
  const { source } = state;
  if (source.kind === 'drawing') words.set('drawing', pictureToText(source.picture));
  else put('image', `${source.set}/${source.index}`, imageOf(firstView));
  const { transform } = state;
  for (const key of ['rotate', 'shiftX', 'shiftY', 'scale'] as const)
    put(key, short(transform[key]), String(firstView.transform[key]));
  put('capsule', String(state.capsule), '-1');
  const noise = state.noise.flatMap((value, index) => (value === 0 ? [] : [`${index + 1}:${short(value)}`]));
  put('noise', noise.join(','), '');
  put('wide', String(state.wide), 'false');
  put('pair', pairOf(state), pairOf(firstView));
  return words.toString().replaceAll('%2F', '/').replaceAll('%3A', ':').replaceAll('%2C', ',');
}

const imageOf = ({ source }: ViewState): string =>
  source.kind === 'gallery' ? `${source.set}/${source.index}` : '';
const pairOf = ({ pair }: ViewState): string => pair.map(({ index, x, y }) => `${index},${x},${y}`).join(':');

/** The view of an address. What cannot be read counts as not said. */
export function fromAddress(address: string): ViewState {
  const words = new URLSearchParams(address.replace(/^#/, ''));
  const number = (key: string, low: number, high: number, usual: number): number => {
    const text = words.get(key);
    const value = text === null || text === '' ? NaN : Number(text);
    return Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : usual;
  };
  const usual = firstView.transform;
  return {
    view: views.find((name) => name === words.get('view')) ?? firstView.view,
    network: words.get('network') ?? '',
    beside: words.get('beside') ?? '',
    source: sourceFrom(words.get('image'), words.get('drawing')),
    transform: {
      rotate: number('rotate', -180, 180, usual.rotate),
      shiftX: number('shiftX', -14, 14, usual.shiftX),
      shiftY: number('shiftY', -14, 14, usual.shiftY),
      scale: number('scale', 0.3, 3, usual.scale),
    },
    capsule: Math.round(number('capsule', -1, 999, -1)),
    noise: noiseFrom(words.get('noise')),
    wide: words.get('wide') === 'true',
    pair: pairFrom(words.get('pair')),
  };
}

function sourceFrom(image: string | null, drawing: string | null): ViewState['source'] {
  const picture = drawing === null ? undefined : pictureFromText(drawing);
  if (picture) return { kind: 'drawing', picture };
  const match = /^(.+)\/(\d{1,6})$/.exec(image ?? '');
  return match ? { kind: 'gallery', set: match[1]!, index: Number(match[2]) } : firstView.source;
}

function noiseFrom(text: string | null): readonly number[] {
  const noise = [...firstView.noise];
  for (const part of (text ?? '').split(',')) {
    const match = /^(\d{1,3}):(-?\d*\.?\d+)$/.exec(part);
    if (!match) continue;
    const index = Number(match[1]) - 1;
    if (index >= 0 && index < dimensions)
      noise[index] = Math.min(wideRange, Math.max(-wideRange, Number(match[2])));
  }
  return noise;
}

function pairFrom(text: string | null): ViewState['pair'] {
  const digits = (text ?? '').split(':').map((part): PairDigit | undefined => {
    const match = /^(\d{1,6}),(-?\d{1,2}),(-?\d{1,2})$/.exec(part);
    return match ? { index: Number(match[1]), x: Number(match[2]), y: Number(match[3]) } : undefined;
  });
  return digits.length === 2 && digits[0] && digits[1] ? [digits[0], digits[1]] : firstView.pair;
}
