/**
 * What a capsule stands for, seen by changing it: each of its dimensions is moved by itself, in steps, and the decoder draws the image that the changed capsule
 * means (Sabour, Frosst, Hinton 2017, section 5.1).
 */
import { decodeCapsules, lengthEpsilon, type Parameters } from '@capsnet/capsules';
import { compile, tensor, type Backend, type Tensor } from '@capsnet/tensor';
import { pictureOf, type Picture } from '../evaluation/display.js';
import { judge } from '../evaluation/evaluate.js';
import type { Subject } from '../inspect/subject.js';

export interface Variations {
  /** The class of the capsule that is moved. */
  readonly capsule: number;
  /** The class of the longest capsule. */
  readonly predicted: number;
  /** Of all class capsules, unmoved. */
  readonly lengths: readonly number[];
  /** What is added to a dimension: ascending, symmetric about 0. */
  readonly values: readonly number[];
  readonly input: Picture;
  /** What the unmoved capsule stands for. */
  readonly reconstruction: Picture;
  /** Row by row: a dimension, at each of the values. */
  readonly rows: readonly (readonly { readonly picture: Picture; readonly length: number }[])[];
}

/** `steps` values from -range to range; the middle one of an odd number is exactly 0. */
export const stepValues = (range: number, steps: number): number[] =>
  Array.from({ length: steps }, (_, step) => range * ((2 * step) / (steps - 1) - 1) + 0);

/** The length of a capsule, as the network has it. */
const lengthOf = (capsule: ArrayLike<number>): number =>
  Math.sqrt(Array.from(capsule).reduce((sum, value) => sum + value * value, lengthEpsilon));

export interface VariationOptions {
  /** The class whose capsule is moved; the longest capsule when left out. */
  readonly capsule?: number | undefined;
  readonly values: readonly number[];
  readonly backend: Backend;
  /** Called after each dimension. */
  readonly onRow?: (done: number, dimensions: number) => unknown;
}

/** Moves every dimension of a capsule through the values and draws what comes of it. */
export async function variations(
  subject: Subject,
  { capsule, values, backend, onRow }: VariationOptions,
): Promise<Variations> {
  const { split, images } = subject;
  const { model, parameters, state } = subject.weights;
  const encode = compile(
    (weights: Parameters, statistics: Parameters, x: Tensor) => {
      const { capsules, lengths } = model.apply(weights, statistics, x, { mode: 'test' });
      return [capsules, lengths];
    },
    { backend, name: 'encode' },
  );
  const decode = compile(
    (weights: Parameters, capsules: Tensor, marks: Tensor) => decodeCapsules(model, weights, capsules, marks),
    { backend, name: 'decode' },
  );
  try {
    const [encoded, scores] = (await encode(parameters, state, images)) as [Tensor, Tensor];
    const [, classes, dimensions] = encoded.shape as [number, number, number];
    const plain = Float32Array.from(await encoded.data());
    const lengths = Array.from(await scores.data());
    const { predicted } = judge(lengths, subject.index, subject.label);
    const chosen = capsule ?? predicted;
    const marks = new Float32Array(values.length * classes);
    for (let step = 0; step < values.length; step++) marks[step * classes + chosen] = 1;

    /** The pictures of the capsules that `move` makes of the plain one, one for each value. */
    const draw = async (move: (capsule: Float32Array, value: number) => void) => {
      const moved = new Float32Array(values.length * classes * dimensions);
      const vectors = values.map((value, step) => {
        moved.set(plain, step * classes * dimensions);
        const from = (step * classes + chosen) * dimensions;
        const vector = moved.subarray(from, from + dimensions);
        move(vector, value);
        return vector;
      });
      const drawn = await decode(
        parameters,
        tensor(moved, [values.length, classes, dimensions]),
        tensor(marks, [values.length, classes]),
      );
      const pixels = await drawn.data();
      return vectors.map((vector, step) => ({
        picture: pictureOf(split, pixels, step, 'reconstruction'),
        length: lengthOf(vector),
      }));
    };
    const [unmoved] = await draw(() => undefined);
    const rows: Awaited<ReturnType<typeof draw>>[] = [];
    for (let dimension = 0; dimension < dimensions; dimension++) {
      rows.push(await draw((vector, value) => void (vector[dimension]! += value)));
      await onRow?.(dimension + 1, dimensions);
    }
    return {
      capsule: chosen,
      predicted,
      lengths,
      values,
      input: pictureOf(split, await images.data(), 0, 'input'),
      reconstruction: unmoved!.picture,
      rows,
    };
  } finally {
    encode.release();
    decode.release();
  }
}
