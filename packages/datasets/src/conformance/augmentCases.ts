/**
 * Runs the cases of a folder of reference values for data pipelines (`augment/`): each names an operation, explicit parameters and input
 * tensors; the answer is the tensors of the same names as its outputs. Nothing is drawn here.
 */
import { crop, pad, rotate, shift } from '../augment/geometry.js';
import { erase, shiftAmounts, shiftMargins, squish } from '../augment/mnist.js';
import { augmentNorb, brightness, centerCrop, channelStatistics, preprocessNorb } from '../augment/norb.js';
import { scaleImages } from '../augment/preprocess.js';
import { resizeWidth } from '../augment/resize.js';
import { DataError } from '../errors.js';
import { overlay } from '../multimnist/merge.js';
import { imageSize, oneHot, type ImageShape } from '../values/dataset.js';

/** An array of a case, row-major. */
export interface CaseTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint8Array;
}

/** An entry of `index.json`. */
export interface AugmentCase {
  readonly name: string;
  readonly op: string;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly file: string;
  readonly tensors: { readonly inputs: readonly string[]; readonly outputs: readonly string[] };
}

type Outputs = Record<string, Float32Array>;
type Tensors = Readonly<Record<string, CaseTensor>>;

/** Reads tensors and attributes by name and says which is missing or has another form. */
interface Case {
  readonly tensor: (name: string) => { data: Float32Array; shape: readonly number[] };
  readonly number: (name: string) => number;
  readonly numbers: (name: string) => number[];
  readonly pairs: (name: string) => [number, number][];
}

function reader(entry: AugmentCase, tensors: Tensors): Case {
  const wrong = (what: string) =>
    new DataError(`case ${entry.name} (${entry.op}) ${what}: check its index.json and file.`);
  const attribute = (name: string): unknown => {
    if (!(name in entry.attrs)) throw wrong(`has no attribute ${name}`);
    return entry.attrs[name];
  };
  const isNumbers = (value: unknown): value is number[] =>
    Array.isArray(value) && value.every((item) => typeof item === 'number');
  return {
    tensor(name) {
      const found = tensors[name];
      if (!found) throw wrong(`has no tensor ${name}`);
      return { data: Float32Array.from(found.data), shape: found.shape };
    },
    number(name) {
      const value = attribute(name);
      if (typeof value !== 'number') throw wrong(`wants a number for ${name}`);
      return value;
    },
    numbers(name) {
      const value = attribute(name);
      if (!isNumbers(value)) throw wrong(`wants numbers for ${name}`);
      return value;
    },
    pairs(name) {
      const value = attribute(name);
      if (!Array.isArray(value) || !value.every((item) => isNumbers(item) && item.length === 2)) {
        throw wrong(`wants pairs of numbers for ${name}`);
      }
      return value as [number, number][];
    },
  };
}

/** [N,H,W] or [N,H,W,C] as the shape of one image. */
const imageShapeOf = (shape: readonly number[]): ImageShape => [shape[1]!, shape[2]!, shape[3] ?? 1];

/** Applies a function to each image of a batch and joins what it returns. */
function each(
  { data, shape }: { data: Float32Array; shape: readonly number[] },
  apply: (image: Float32Array, index: number, shape: ImageShape) => ArrayLike<number>,
): Float32Array {
  const imageShape = imageShapeOf(shape);
  const size = imageSize(imageShape);
  const parts = Array.from({ length: shape[0]! }, (_, index) =>
    apply(data.subarray(index * size, (index + 1) * size), index, imageShape),
  );
  const out: Float32Array = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const operations: Readonly<Record<string, (given: Case) => Outputs>> = {
  mnist_preprocess({ tensor, number }) {
    return {
      x: scaleImages(tensor('images').data, number('divisor')),
      one_hot: oneHot(tensor('labels').data, 1, 10),
    };
  },
  rotate({ tensor, numbers }) {
    const angles = numbers('angles');
    return { y: each(tensor('x'), (image, index, shape) => rotate(image, shape, angles[index]!)) };
  },
  shift({ tensor, numbers }) {
    const [dx, dy] = [numbers('dx'), numbers('dy')];
    return { y: each(tensor('x'), (image, index, shape) => shift(image, shape, dx[index]!, dy[index]!)) };
  },
  shift_margins({ tensor }) {
    return { margins: each(tensor('x'), (image, _, shape) => shiftMargins(image, shape)) };
  },
  shift_amounts({ tensor }) {
    const [margins, magnitudes, directions] = [tensor('margins'), tensor('rand').data, tensor('dirs').data];
    const amounts = new Float32Array(magnitudes.length);
    for (let index = 0; index < margins.shape[0]!; index++) {
      const four = margins.data.subarray(4 * index, 4 * index + 4);
      const two = (values: Float32Array) => [values[2 * index]!, values[2 * index + 1]!] as const;
      amounts.set(
        shiftAmounts([four[0]!, four[1]!, four[2]!, four[3]!], two(magnitudes), two(directions)),
        2 * index,
      );
    }
    return { amounts };
  },
  squish({ tensor, number }) {
    const [width, offset] = [number('width_mod'), number('offset_mod')];
    return {
      resized: each(tensor('x'), (image, _, shape) =>
        resizeWidth(image, shape, shape[1] - width, 'lanczos3'),
      ),
      y: each(tensor('x'), (image, _, shape) => squish(image, shape, width, offset)),
    };
  },
  erase({ tensor, number, numbers }) {
    const [rows, columns, size] = [numbers('row'), numbers('col'), number('size')];
    return {
      y: each(tensor('x'), (image, index, shape) => erase(image, shape, rows[index]!, columns[index]!, size)),
    };
  },
  mnist_augment_chain({ tensor, numbers }) {
    const [angles, dx, dy] = [numbers('angles'), numbers('dx'), numbers('dy')];
    const [width, offset] = [numbers('width_mod'), numbers('offset_mod')];
    const [rows, columns] = [numbers('row'), numbers('col')];
    const y = each(tensor('x'), (image, index, shape) => {
      const rotated = rotate(image, shape, angles[index]!);
      const shifted = shift(rotated, shape, dx[index]!, dy[index]!);
      return erase(
        squish(shifted, shape, width[index]!, offset[index]!),
        shape,
        rows[index]!,
        columns[index]!,
        4,
      );
    });
    return { y };
  },
  norb_preprocess({ tensor, number }) {
    const images = tensor('images');
    const [scale, patch, channels] = [number('scale'), number('patch'), images.shape[3]!];
    const statistics = channelStatistics(images.data, channels);
    const resized = each(images, (image, _, shape) => preprocessNorb(image, shape, statistics, scale));
    const resizedShape = [images.shape[0]!, scale, scale, channels];
    return {
      mean: Float32Array.from(statistics.mean),
      std: Float32Array.from(statistics.deviation),
      resized,
      center_crop: each({ data: resized, shape: resizedShape }, (image, _, shape) =>
        centerCrop(image, shape, patch),
      ),
    };
  },
  norb_augment({ tensor, numbers }) {
    const [top, left] = [numbers('top'), numbers('left')];
    const [delta, factor] = [tensor('delta').data, tensor('factor').data];
    const resized = tensor('resized');
    const patch = each(resized, (image, index, shape) =>
      crop(image, shape, top[index]!, left[index]!, 48, 48),
    );
    const patches = { data: patch, shape: [resized.shape[0]!, 48, 48, resized.shape[3]!] };
    return {
      patch,
      bright: each(patches, (image, index) => brightness(image, delta[index]!)),
      y: each(resized, (image, index, shape) =>
        augmentNorb(image, shape, {
          top: top[index]!,
          left: left[index]!,
          delta: delta[index]!,
          factor: factor[index]!,
        }),
      ),
    };
  },
  multimnist_merge({ tensor, number, pairs }) {
    const images = tensor('images');
    const [border, couples] = [number('pad'), pairs('pairs')];
    const padded = each(images, (image, _, shape) =>
      pad(scaleImages(image, number('divisor')), shape, border),
    );
    const shape: ImageShape = [images.shape[1]! + 2 * border, images.shape[2]! + 2 * border, 1];
    const size = imageSize(shape);
    const moved = (which: 0 | 1, shifts: [number, number][]) =>
      couples.map((couple, index) =>
        shift(padded.subarray(couple[which] * size, (couple[which] + 1) * size), shape, ...shifts[index]!),
      );
    const base = moved(0, pairs('shift_base'));
    const top = moved(1, pairs('shift_top'));
    const join = (parts: Float32Array[]) => Float32Array.from(parts.flatMap((part) => [...part]));
    const labels = tensor('labels').data;
    return {
      padded,
      base: join(base),
      top: join(top),
      merged: join(base.map((image, index) => overlay(image, top[index]!))),
      y: oneHot(
        couples.flat().map((index) => labels[index]!),
        2,
        10,
      ),
    };
  },
};

/** The operations that `runAugmentCase` knows. */
export const augmentOperations: readonly string[] = Object.keys(operations);

/**
 * Computes the outputs of a case. The result has every output except `y_q` of `rotate`, which is the same rotation with
 * OpenCV's rounded positions: ours are exact.
 * @throws DataError for an unknown operation, a missing tensor or a wrong attribute
 */
export function runAugmentCase(entry: AugmentCase, tensors: Tensors): Outputs {
  const operation = Object.hasOwn(operations, entry.op) ? operations[entry.op] : undefined;
  if (!operation) {
    throw new DataError(
      `case ${entry.name} asks for ${entry.op}, but the data pipelines know ${augmentOperations.join(', ')}.`,
    );
  }
  return operation(reader(entry, tensors));
}

/** The largest accepted |difference|, absolute: 0 for copies and whole numbers, else what the reference's notes say or less. */
export function augmentTolerance(op: string): number {
  if (['shift', 'shift_margins', 'shift_amounts', 'erase'].includes(op)) return 0;
  if (op === 'rotate' || op.startsWith('norb') || op === 'squish') return 1e-4;
  return op === 'mnist_augment_chain' ? 1e-3 : 1e-6;
}
