/** Putting pictures on canvases in the colours of the page: ink on paper in the light, light on dark in the dark. */

type Colour = readonly [red: number, green: number, blue: number];

export interface Palette {
  readonly paper: Colour;
  readonly ink: Colour;
  readonly first: Colour;
  readonly second: Colour;
}

let palette: Palette | undefined;
const listeners = new Set<() => void>();

/** The colours of the page, read from its style sheet. */
export function currentPalette(): Palette {
  if (palette) return palette;
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): Colour => {
    const [red = 0, green = 0, blue = 0] = style.getPropertyValue(name).trim().split(/[ ,]+/).map(Number);
    return [red, green, blue];
  };
  palette = {
    paper: read('--paper'),
    ink: read('--ink'),
    first: read('--first-digit'),
    second: read('--second-digit'),
  };
  return palette;
}

/** Calls back when light becomes dark or the other way round. */
export function onPaletteChange(listener: () => void): void {
  listeners.add(listener);
}

/** To be called when the theme has been switched. */
export function paletteChanged(): void {
  palette = undefined;
  for (const listener of listeners) listener();
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paletteChanged);

const mix = (paper: number, ink: number, share: number): number => paper + (ink - paper) * share;

/** Paints height x width numbers from 0 (paper) to 1 (ink) on a canvas of that size. */
export function paint(
  canvas: HTMLCanvasElement,
  picture: ArrayLike<number>,
  width: number,
  height: number,
  offset = 0,
): void {
  const { paper, ink } = currentPalette();
  draw(canvas, width, height, (at) => {
    const share = clamp(picture[offset + at]!);
    return [mix(paper[0], ink[0], share), mix(paper[1], ink[1], share), mix(paper[2], ink[2], share)];
  });
}

/** Paints two pictures over each other, each in its colour; where both have ink the colours mix. */
export function paintTwo(
  canvas: HTMLCanvasElement,
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  width: number,
  height: number,
): void {
  const { paper, first: firstInk, second: secondInk } = currentPalette();
  draw(canvas, width, height, (at) => {
    const [a, b] = [clamp(first[at]!), clamp(second[at]!)];
    const total = a + b;
    const share = total === 0 ? 0 : Math.max(a, b);
    const weight = total === 0 ? 0 : b / total;
    return [0, 1, 2].map((channel) =>
      mix(paper[channel]!, mix(firstInk[channel]!, secondInk[channel]!, weight), share),
    );
  });
}

const clamp = (value: number): number => (value < 0 ? 0 : value > 1 ? 1 : value);

function draw(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
  colourAt: (at: number) => readonly number[],
): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const image = new ImageData(width, height);
  for (let at = 0; at < width * height; at++) {
    const [red, green, blue] = colourAt(at);
    image.data[4 * at] = red!;
    image.data[4 * at + 1] = green!;
    image.data[4 * at + 2] = blue!;
    image.data[4 * at + 3] = 255;
  }
  canvas.getContext('2d')!.putImageData(image, 0, 0);
}
