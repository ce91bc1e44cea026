/**
 * Published weights: a Keras HDF5 file and, beside it, what other software computed with it. The weights are imported as `capsnet weights import` does,
 * the network answers the given images on the backend, and every tensor of the file of expected values is held against ours. Then the weights
 * are written back and compared with the file that they came from: the same datasets, shapes and bytes.
 *
 * Expected values are told by their names: `input` [batch, height, width, channels] and `labels` [batch] are given to the network; `primary`, `caps`,
 * `lengths`, `recon` (decoded from the longest capsule), `recon_label` (from the label's), `recon2` (of the second digit),
 * `stage<n>_first_sample` (of the first image, after the n-th normalisation).
 */
import { readFileSync } from 'node:fs';
import {
  decodeSafetensors,
  fromKeras,
  layoutOf,
  toKeras,
  WeightsError,
  type KerasFile,
  type Model,
  type StoredTensor,
  recogniseKeras,
} from '@capsnet/capsules';
import { compile, oneHot, type Backend, type Tensor } from '@capsnet/tensor';
import { UserError, systemReason } from '../errors.js';
import { readKeras, writeKeras } from '../weights/hdf5.js';
import { compare, passes, type Comparison, type Scale } from './compare.js';
import { asTensor } from './golden.js';
import type { CaseResult } from './run.js';

export interface OfficialPair {
  readonly weights: KerasFile;
  readonly model: Model;
  /** The name of the model in the catalogue. */
  readonly name: string;
  readonly expected: ReadonlyMap<string, StoredTensor>;
}

function read(flag: string, file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    const reason = systemReason(error);
    throw reason === undefined ? error : new UserError(`${flag}: "${file}" cannot be read (${reason}).`);
  }
}

/**
 * Reads both files.
 *
 * @param first images to compare; by default all
 * @throws UserError when a file is missing or damaged, or they do not belong together
 */
export async function readPair(
  weightsFile: string,
  expectedFile: string,
  first = Infinity,
): Promise<OfficialPair> {
  const bytes = read('--official', weightsFile);
  const stored = read('--expected', expectedFile);
  try {
    const weights = await readKeras(bytes, weightsFile);
    const { tensors } = decodeSafetensors(stored, expectedFile);
    const { model, name } = recogniseKeras(weights, weightsFile, inputOf(tensors));
    const expected = new Map([...tensors].map(([key, values]) => [key, firstOf(values, first)]));
    return { weights, model, name, expected };
  } catch (error) {
    if (error instanceof WeightsError) throw new UserError(error.message);
    throw error;
  }
}

/** The first rows of a tensor. */
function firstOf({ shape, data }: StoredTensor, count: number): StoredTensor {
  const rows = shape[0] ?? 0;
  if (rows <= count) return { shape, data };
  return { shape: [count, ...shape.slice(1)], data: data.slice(0, (data.length / rows) * count) };
}

/** The size of the images, so that weights for other sizes than the papers' are recognised too. */
function inputOf(tensors: ReadonlyMap<string, StoredTensor>) {
  const shape = tensors.get('input')?.shape;
  if (shape?.length !== 4)
    throw new UserError('--expected: the file has no tensor "input" [batch, height, width, channels].');
  return { input: [shape[1]!, shape[2]!, shape[3]!] as const };
}

/** Absolute on capsules (lengths below 1) and on images; stages have no fixed scale, theirs is the largest value. */
const toleranceOf = (name: string): readonly [number, Scale] =>
  name.startsWith('recon')
    ? [1e-3, 'absolute']
    : name.startsWith('stage')
      ? [1e-4, 'tensor']
      : [1e-4, 'absolute'];

/** Everything that a file may expect, by name. */
function answersOf({ model, expected }: OfficialPair, backend: Backend) {
  const { classNames } = model.description;
  const labelled = model.description.decoder !== null && expected.has('labels');
  return compile(
    (weights: ReturnType<typeof fromKeras>, images: Tensor, labels: Tensor): Record<string, Tensor> => {
      const { parameters, state } = weights;
      const stages: Record<string, Tensor> = {};
      const tested = model.apply(parameters, state, images, {
        mode: 'test',
        observe(layer, output) {
          const stage = /^(?:in|bn)(\d+)$/.exec(layer)?.[1];
          if (stage !== undefined) stages[`stage${stage}_first_sample`] = output;
          if (layer === 'primary') stages['primary'] = output;
        },
      });
      const answers: Record<string, Tensor | undefined> = {
        ...stages,
        caps: tested.capsules,
        lengths: tested.lengths,
        recon: tested.reconstruction,
        recon2: tested.secondReconstruction,
      };
      if (labelled) {
        const marks = oneHot(labels, classNames.length);
        const played = model.apply(parameters, state, images, { mode: 'play', labels: marks });
        answers['recon_label'] = played.reconstruction;
      }
      return Object.fromEntries(
        Object.entries(answers).filter((pair): pair is [string, Tensor] => pair[1] !== undefined),
      );
    },
    { backend, name: 'published weights' },
  );
}

/** Compares everything, one result a tensor and one for the way back. */
export async function* runOfficial(pair: OfficialPair, backend: Backend): AsyncGenerator<CaseResult> {
  const { model, weights, expected } = pair;
  const images = asTensor(expected.get('input')!);
  const given = expected.get('labels');
  const labels = given
    ? asTensor({ shape: given.shape, data: Int32Array.from(given.data) })
    : asTensor({ shape: [images.shape[0]!], data: new Int32Array(images.shape[0]!) });
  const run = answersOf(pair, backend);
  try {
    const answers = await run(fromKeras(model, weights), images, labels);
    for (const [name, reference] of expected) {
      if (name === 'input' || name === 'labels') continue;
      yield await held(name, answers[name], reference);
    }
  } finally {
    run.release();
  }
  yield await wayBack(pair);
}

async function held(name: string, answer: Tensor | undefined, reference: StoredTensor): Promise<CaseResult> {
  const result = { case: name, op: 'published_weights' };
  if (!answer) return { ...result, status: 'unsupported', message: `nothing here computes "${name}"` };
  try {
    const [tolerance, scale] = toleranceOf(name);
    const data = await answer.data();
    const first = name.endsWith('_first_sample');
    const [shape, values] = first
      ? [[1, ...answer.shape.slice(1)], data.subarray(0, data.length / answer.shape[0]!)]
      : [answer.shape, data];
    const comparison: Comparison = compare(name, { shape, data: values }, reference, tolerance, { scale });
    return { ...result, status: passes(comparison) ? 'passed' : 'failed', ...comparison };
  } catch (error) {
    return { ...result, status: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}

/** Imports, exports and reads again: every dataset must be there, with its shape and its bytes. */
async function wayBack({ model, weights }: OfficialPair): Promise<CaseResult> {
  const result = { case: 'export', op: 'published_weights' };
  const { parameters, state } = fromKeras(model, weights);
  const bytes = await writeKeras(await toKeras(model, parameters, state, layoutOf(weights)));
  const again = await readKeras(bytes, 'the exported file');
  const problem = differenceOf(weights, again);
  return problem === undefined
    ? { ...result, status: 'passed', error: 0, tolerance: 0 }
    : { ...result, status: 'failed', message: problem };
}

/** The first difference of two files, in words. */
export function differenceOf(one: KerasFile, other: KerasFile): string | undefined {
  const layouts = [one, other].map((file) => JSON.stringify(layoutOf(file)));
  if (layouts[0] !== layouts[1]) return 'the exported file has other groups, names or shapes';
  for (const [g, group] of one.groups.entries())
    for (const [k, { name, data }] of group.weights.entries()) {
      const copy = other.groups[g]!.weights[k]!.data;
      const [a, b] = [data, copy].map((array) =>
        Buffer.from(array.buffer, array.byteOffset, array.byteLength),
      );
      if (!a!.equals(b!)) return `${group.name}/${name} has other bytes in the exported file`;
    }
  return undefined;
}
