/** Turning, moving and scaling a picture before a network sees it: equivariance under one's fingers. */
import { warpAffine, type AffineMap } from '@capsnet/datasets';
import { side } from './picture.js';

export interface Transform {
  /** Degrees, counter-clockwise. */
  readonly rotate: number;
  /** Pixels to the right and down. */
  readonly shiftX: number;
  readonly shiftY: number;
  readonly scale: number;
}

export const identity: Transform = { rotate: 0, shiftX: 0, shiftY: 0, scale: 1 };

export const isIdentity = ({ rotate, shiftX, shiftY, scale }: Transform): boolean =>
  rotate === 0 && shiftX === 0 && shiftY === 0 && scale === 1;

/**
 * The transformed picture, `height` x `width` (the picture stands in the middle of a larger one).
 * Destination (x, y) reads source R^-1 ((x, y) - middle - shift) / scale + middle.
 */
export function transformed(
  picture: Float32Array,
  { rotate, shiftX, shiftY, scale }: Transform,
  height = side,
  width = side,
): Float32Array {
  if (height === side && width === side && isIdentity({ rotate, shiftX, shiftY, scale }))
    return picture.slice();
  const canvas = new Float32Array(height * width);
  const [top, left] = [Math.floor((height - side) / 2), Math.floor((width - side) / 2)];
  for (let y = 0; y < side; y++)
    canvas.set(picture.subarray(y * side, (y + 1) * side), (y + top) * width + left);
  const angle = (rotate * Math.PI) / 180;
  const [cosine, sine] = [Math.cos(angle) / scale, Math.sin(angle) / scale];
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
  const [fromX, fromY] = [middleX + shiftX, middleY + shiftY];
  const map: AffineMap = [
    cosine,
    -sine,
    middleX - cosine * fromX + sine * fromY,
    sine,
    cosine,
    middleY - sine * fromX - cosine * fromY,
  ];
  return warpAffine(canvas, [height, width, 1], map);
}
