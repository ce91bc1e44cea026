/** A picture of training images as the network sees them: class names beneath, and what augmentation makes of them below. */
import { createPipeline, imageSize, randomKey, type ImageShape } from '@capsnet/datasets';
import type { ExampleSet } from '../data/examples.js';
import {
  createCanvas,
  drawText,
  fill,
  textHeight,
  textWidth,
  toPng,
  type Canvas,
  type Colour,
} from '../pictures/canvas.js';

export interface PreviewOptions {
  readonly count: number;
  /** Shows each image twice: as it is, and distorted. */
  readonly augment: boolean;
  readonly seed: number;
}

const paper: Colour = [247, 247, 245];
const ink: Colour = [32, 33, 36];
const gap = 8;
const across = 10;

/** The bytes of the PNG. */
export function previewPicture(set: ExampleSet, { count, augment, seed }: PreviewOptions): Uint8Array {
  const [height, width] = set.shape;
  const shown = Math.min(count, set.count);
  const scale = Math.max(1, Math.round(64 / Math.max(height, width)));
  const { augment: _distorts, ...plain } = set.recipe as typeof set.recipe & { augment?: unknown };
  const recipes = [
    // smallNORB's recipe says whether it distorts; the others have nothing to say then.
    (set.recipe.kind === 'norb' ? { ...plain, augment: false } : plain) as typeof set.recipe,
    ...(augment ? [set.recipe] : []),
  ];
  const versions = recipes.map((recipe) =>
    createPipeline(set.source, recipe, { key: randomKey(seed), batchSize: shown, shuffle: false }).batchAt({
      epoch: 0,
      step: 0,
    }),
  );
  const { labels } = versions[0]!;
  const caption = (index: number): string =>
    Array.from(labels.subarray(index * set.labelsPerImage, (index + 1) * set.labelsPerImage))
      .flatMap((label) => (label < 0 ? [] : [set.classNames[label]!]))
      .join('+');
  const captions = Array.from({ length: shown }, (_, index) => caption(index));
  const cell = {
    width: Math.max(width * scale, ...captions.map((text) => textWidth(text, 1))),
    height: versions.length * (height * scale + 2) + 2 + textHeight(1),
  };
  const columns = Math.min(across, shown);
  const rows = Math.ceil(shown / columns);
  const canvas = createCanvas(gap + columns * (cell.width + gap), gap + rows * (cell.height + gap), paper);
  for (let index = 0; index < shown; index++) {
    const left = gap + (index % columns) * (cell.width + gap);
    const top = gap + Math.floor(index / columns) * (cell.height + gap);
    versions.forEach(({ images }, version) =>
      drawPixels(canvas, images, index, set.shape, left, top + version * (height * scale + 2), scale),
    );
    drawText(canvas, captions[index]!, left, top + cell.height - textHeight(1), 1, ink);
  }
  return toPng(canvas);
}

/** Colour as it is, of two cameras the first; standardised values are stretched to what can be shown. */
function drawPixels(
  canvas: Canvas,
  images: Float32Array,
  index: number,
  shape: ImageShape,
  left: number,
  top: number,
  scale: number,
): void {
  const [height, width, channels] = shape;
  const own = images.subarray(index * imageSize(shape), (index + 1) * imageSize(shape));
  const [low, high] = [own.reduce((a, b) => Math.min(a, b), 0), own.reduce((a, b) => Math.max(a, b), 1)];
  const byte = (value: number): number => Math.round((255 * (value - low)) / (high - low));
  for (let pixel = 0; pixel < height * width; pixel++) {
    const from = pixel * channels;
    const [red, green, blue] =
      channels === 3 ? [own[from]!, own[from + 1]!, own[from + 2]!] : [own[from]!, own[from]!, own[from]!];
    const [x, y] = [left + (pixel % width) * scale, top + Math.floor(pixel / width) * scale];
    fill(canvas, x, y, scale, scale, [byte(red), byte(green), byte(blue)]);
  }
}
