/**
 * What happens between primary and class capsules for one image: what every child predicts of every parent, how well the predictions agree, and how much of each
 * child goes to which parent.
 *
 * - self-attention routing (Mazzia, Salvetti, Chiaberge 2021): the predictions of a parent agree with each other, A[k,j,m] = uHat[k,j] . uHat[k,m] / sqrt(z)
 *   (eq. 6); what a child comes to is the sum over m, from which the couplings are made;
 * - dynamic routing (Sabour, Frosst, Hinton 2017, procedure 1): a prediction agrees with the parent that came out, uHat[k,n] . v[k].
 */
import type { ModelDescription, Parameters } from '@capsnet/capsules';
import { compile, matmul, reshape, sizeOf, transpose, type Backend, type Tensor } from '@capsnet/tensor';
import { pictureOf, type Picture } from '../evaluation/display.js';
import { judge } from '../evaluation/evaluate.js';
import type { Subject } from '../inspect/subject.js';

/** Rows of parents or children, columns of children. */
export type Matrix = readonly (readonly number[])[];

export interface Routing {
  readonly method: 'self-attention' | 'dynamic' | 'none';
  /** Of dynamic routing. */
  readonly iterations?: number;
  /** The primary capsules: places of the map, and kinds at each; child n = (row * width + column) * kinds + kind. */
  readonly map: { readonly height: number; readonly width: number; readonly kinds: number };
  readonly predicted: number;
  readonly second: number;
  /** Lengths of the primary and of the class capsules. */
  readonly primaryLengths: readonly number[];
  readonly classLengths: readonly number[];
  /** Coupling coefficients, parents x children: the children's sum over the parents is 1. */
  readonly couplings: Matrix;
  /** Agreement of each child's prediction, parents x children. */
  readonly agreement: Matrix;
  /** Lengths of the predictions, parents x children. */
  readonly predictionLengths: Matrix;
  /** Children x children, of the two longest class capsules: self-attention routing only. */
  readonly pairs?: { readonly predicted: Matrix; readonly second: Matrix };
  readonly input: Picture;
  readonly reconstruction?: Picture;
}

type CapsuleDescription = Exclude<ModelDescription, { kind: 'cnn' }>;

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!;
  return sum;
};
const norm = (a: ArrayLike<number>): number => Math.sqrt(dot(a, a));

/** Rows of a flat array. */
const rowsOf = (values: Float32Array, width: number): Float32Array[] =>
  Array.from({ length: values.length / width }, (_, row) => values.subarray(row * width, (row + 1) * width));

/** What the children [1, ..., i] predict: [parents, children, z]. */
function predictionsOf(
  { kind, classNames, dimensions }: CapsuleDescription,
  parameters: Parameters,
  primary: Tensor,
): Tensor {
  const weights = (parameters as { digit: { W: Tensor } }).digit.W;
  const parents = classNames.length;
  const children = sizeOf(primary.shape.slice(1, -1));
  const u: Tensor = transpose(reshape(primary, [1, children, primary.shape.at(-1)!]) as Tensor, [1, 0, 2]);
  const uHat: Tensor = matmul(u, weights);
  return kind === 'efficient-capsnet'
    ? (reshape(uHat, [parents, children, dimensions]) as Tensor)
    : transpose(reshape(uHat, [children, parents, dimensions]) as Tensor, [1, 0, 2]);
}

/** Follows one image through the routing of a capsule network. */
export async function followRouting(
  subject: Subject & { readonly description: CapsuleDescription },
  backend: Backend,
): Promise<Routing> {
  const { split, images, description, index, label } = subject;
  const { model, parameters, state } = subject.weights;
  const step = compile(
    (weights: Parameters, statistics: Parameters, x: Tensor) => {
      let primary: Tensor | undefined;
      const output = model.apply(weights, statistics, x, {
        mode: 'test',
        observe: (layer, seen) => {
          if (layer === 'primary') primary = seen;
        },
      });
      return {
        primary: primary!,
        predictions: predictionsOf(description, weights, primary!),
        capsules: output.capsules,
        lengths: output.lengths,
        ...(output.couplings ? { couplings: output.couplings } : {}),
        ...(output.reconstruction ? { reconstruction: output.reconstruction } : {}),
      };
    },
    { backend, name: 'routing' },
  );
  try {
    const result = await step(parameters, state, images);
    const read = async (values: Tensor): Promise<Float32Array> => Float32Array.from(await values.data());
    const [, height, width, kinds] =
      result.primary.rank === 5 ? result.primary.shape : [1, 1, 1, result.primary.shape[1]!];
    const children = height! * width! * kinds!;
    const parents = description.classNames.length;
    const z = description.dimensions;
    const primary = rowsOf(await read(result.primary), result.primary.shape.at(-1)!);
    const all = rowsOf(await read(result.predictions), z);
    const predictions = Array.from({ length: parents }, (_, k) =>
      all.slice(k * children, (k + 1) * children),
    );
    const capsules = rowsOf(await read(result.capsules), z);
    const classLengths = Array.from(await read(result.lengths));
    const couplings = result.couplings
      ? rowsOf(await read(result.couplings), children).map((row) => Array.from(row))
      : predictions.map((row) => row.map(() => 1 / parents));
    const { predicted, second } = judge(classLengths, index, label);
    const attends = description.kind === 'efficient-capsnet';
    const pairsOf = (parent: number): Matrix =>
      predictions[parent]!.map((one) => predictions[parent]!.map((other) => dot(one, other) / Math.sqrt(z)));
    const agreement = predictions.map((row, k) => {
      const target = attends
        ? Float64Array.from({ length: z }, (_, axis) => row.reduce((sum, vector) => sum + vector[axis]!, 0))
        : capsules[k]!;
      return row.map((vector) => dot(vector, target) / (attends ? Math.sqrt(z) : 1));
    });
    return {
      method: attends ? 'self-attention' : description.kind === 'original-capsnet' ? 'dynamic' : 'none',
      ...(description.kind === 'original-capsnet' ? { iterations: description.iterations } : {}),
      map: { height: height!, width: width!, kinds: kinds! },
      predicted,
      second,
      primaryLengths: primary.map(norm),
      classLengths,
      couplings,
      agreement,
      predictionLengths: predictions.map((row) => row.map(norm)),
      ...(attends ? { pairs: { predicted: pairsOf(predicted), second: pairsOf(second) } } : {}),
      input: pictureOf(split, await images.data(), 0, 'input'),
      ...(result.reconstruction
        ? { reconstruction: pictureOf(split, await read(result.reconstruction), 0, 'reconstruction') }
        : {}),
    };
  } finally {
    step.release();
  }
}
