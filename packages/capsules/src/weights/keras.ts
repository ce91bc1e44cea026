/**
 * The weights of our models in the order in which Keras keeps them, so that weights files of the Efficient-CapsNet project can be read and written.
 * Pure data: reading and writing the HDF5 container is up to the caller.
 *
 * A Keras weights file is a list of groups (the layers of the outermost model), each with a list of named arrays. Layer names depend on what else
 * the training program had built before (`conv2d_4`), so weights are recognised by their order and shapes alone. In a group the trained
 * weights stand in the order of the layers, which is the order of our parameters; the moving statistics of batch normalisation stand
 * behind all of them, or each behind its layer: names tell them apart.
 */
import { leavesWithPaths, showShape, tensor, unflatten, type Shape, type Tensor } from '@capsnet/tensor';
import type { ParameterSpec, Parameters, ParameterSpecs } from '../layers/parameters.js';
import type { Model } from '../models/model.js';
import { WeightsError } from './safetensors.js';

/** One array of a file: `conv2d_4/kernel:0`. */
export interface KerasWeight {
  readonly name: string;
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** Names and shapes without the numbers: what it takes to write the same file again. */
export interface KerasLayout {
  /** Texts that Keras puts beside the weights. */
  readonly backend: string;
  readonly version: string;
  readonly groups: readonly {
    readonly name: string;
    readonly weights: readonly { readonly name: string; readonly shape: Shape }[];
  }[];
}

/** A Keras weights file with its numbers. */
export interface KerasFile extends KerasLayout {
  readonly groups: readonly { readonly name: string; readonly weights: readonly KerasWeight[] }[];
}

const isStatistic = (name: string): boolean => /(^|\/)moving_(mean|variance)(:\d+)?$/.test(name);

/** Axes of length 1 come and go between layouts of the same numbers: a depthwise kernel is [h,w,1,c] here and [h,w,c,1] there. */
const sameNumbers = (a: Shape, b: Shape): boolean => {
  const [left, right] = [a, b].map((shape) => shape.filter((length) => length !== 1));
  return showShape(left!) === showShape(right!);
};

interface Place {
  readonly path: string;
  readonly spec: ParameterSpec;
}
const placesOf = (specs: ParameterSpecs): Place[] =>
  leavesWithPaths(specs).map(({ path, leaf }) => ({ path, spec: leaf as ParameterSpec }));

/** The first thing in which weights and places differ, in words. */
function mismatch(
  weights: readonly { readonly name: string; readonly shape: Shape }[],
  places: readonly Place[],
): string | undefined {
  for (let k = 0; k < Math.max(weights.length, places.length); k++) {
    const [weight, place] = [weights[k], places[k]];
    if (!weight)
      return `nothing is there for ${place!.path} ${showShape(place!.spec.shape)} (${weights.length} arrays, ${places.length} wanted)`;
    if (!place)
      return `${weight.name} ${showShape(weight.shape)} is left over (${weights.length} arrays, ${places.length} wanted)`;
    if (!sameNumbers(weight.shape, place.spec.shape))
      return `array ${k + 1}, ${weight.name} ${showShape(weight.shape)}, stands where ${place.path} ${showShape(place.spec.shape)} belongs`;
  }
  return undefined;
}

/** All weights of a file, the trained ones and the moving statistics, each in their order. */
function split<Weight extends { readonly name: string }>(
  groups: readonly { readonly weights: readonly Weight[] }[],
): { readonly trained: readonly Weight[]; readonly statistics: readonly Weight[] } {
  const all = groups.flatMap(({ weights }) => weights);
  return {
    trained: all.filter(({ name }) => !isStatistic(name)),
    statistics: all.filter(({ name }) => isStatistic(name)),
  };
}

/** Why a file does not hold the weights of a model, or undefined when it does. */
export function kerasMismatch(model: Model, { groups }: KerasLayout): string | undefined {
  const { trained, statistics } = split(groups);
  return (
    mismatch(trained, placesOf(model.parameterSpecs)) ?? mismatch(statistics, placesOf(model.stateSpecs))
  );
}

/**
 * The weights of a model from a Keras file, by order and shape.
 *
 * @param source name of the file, for messages
 * @throws WeightsError naming the first array that does not fit
 */
export function fromKeras(
  model: Model,
  file: KerasFile,
  source = 'weights',
): { readonly parameters: Parameters; readonly state: Parameters } {
  const problem = kerasMismatch(model, file);
  if (problem !== undefined)
    throw new WeightsError(`${source}: these are not weights of ${model.description.kind}: ${problem}.`);
  const { trained, statistics } = split(file.groups);
  const fill = (specs: ParameterSpecs, weights: readonly KerasWeight[]): Parameters =>
    unflatten<unknown>(
      specs,
      placesOf(specs).map(({ spec }, k) => tensor(weights[k]!.data, spec.shape)),
    ) as Parameters;
  return { parameters: fill(model.parameterSpecs, trained), state: fill(model.stateSpecs, statistics) };
}

/** A file without its numbers. */
export const layoutOf = ({ backend, version, groups }: KerasFile): KerasLayout => ({
  backend,
  version,
  groups: groups.map(({ name, weights }) => ({
    name,
    weights: weights.map(({ name: weight, shape }) => ({ name: weight, shape })),
  })),
});

/**
 * The weights of a model as the contents of a Keras file.
 *
 * @param layout names to write them under: those of the file that they came from, or by default names as Keras would give
 * @throws WeightsError when the layout is that of another model
 */
export async function toKeras(
  model: Model,
  parameters: Parameters,
  state: Parameters,
  layout: KerasLayout = defaultLayout(model),
): Promise<KerasFile> {
  const problem = kerasMismatch(model, layout);
  if (problem !== undefined)
    throw new WeightsError(`toKeras: the layout is not that of ${model.description.kind}: ${problem}.`);
  const numbers = async (specs: ParameterSpecs, tree: Parameters): Promise<Float32Array[]> => {
    const named = new Map(leavesWithPaths(tree).map(({ path, leaf }) => [path, leaf as Tensor]));
    return Promise.all(
      placesOf(specs).map(async ({ path }) => {
        const data = await named.get(path)!.data();
        return data instanceof Float32Array ? data : Float32Array.from(data);
      }),
    );
  };
  const trained = await numbers(model.parameterSpecs, parameters);
  const statistics = await numbers(model.stateSpecs, state);
  return {
    ...layout,
    groups: layout.groups.map(({ name, weights }) => ({
      name,
      weights: weights.map((weight) => ({
        ...weight,
        data: (isStatistic(weight.name) ? statistics : trained).shift()!,
      })),
    })),
  };
}

const isDecoder = (path: string): boolean => path.startsWith('dec');

/** What Keras calls a layer of ours that it numbers. */
function kerasLayer(layer: string, rank: number): string | undefined {
  if (layer === 'digit') return undefined;
  if (layer.startsWith('bn')) return 'batch_normalization';
  if (layer.startsWith('in')) return 'instance_normalization';
  return rank === 4 ? 'conv2d' : 'dense';
}

/** Groups as in the published files: the network, then the decoder, with the layers that have no weights between them. */
export function defaultLayout(model: Model): KerasLayout {
  const layers = new Map<string, string>();
  const counts = new Map<string, number>();
  const nameOf = (path: string, shape: Shape): string => {
    const [layer, weight] = path.split('/') as [string, string];
    if (!layers.has(layer)) {
      const kind = kerasLayer(layer, shape.length);
      const key = `${isDecoder(layer) ? 'decoder' : 'network'} ${kind}`;
      const count = counts.get(key) ?? 0;
      counts.set(key, count + 1);
      layers.set(layer, kind === undefined ? 'digit_caps' : count === 0 ? kind : `${kind}_${count}`);
    }
    return `${layers.get(layer)}/${weight}:0`;
  };
  const weights = (specs: ParameterSpecs, decoder: boolean): { name: string; shape: Shape }[] =>
    placesOf(specs)
      .filter(({ path }) => isDecoder(path) === decoder)
      .map(({ path, spec: { shape } }) => ({ name: nameOf(path, shape), shape }));
  const network = [...weights(model.parameterSpecs, false), ...weights(model.stateSpecs, false)];
  const decoder = weights(model.parameterSpecs, true);
  return {
    backend: 'tensorflow',
    version: '2.4.0',
    groups: [
      { name: 'input_1', weights: [] },
      { name: 'CapsNet', weights: network },
      ...(decoder.length > 0
        ? [
            { name: 'input_2', weights: [] },
            { name: 'mask', weights: [] },
            { name: 'Generator', weights: decoder },
          ]
        : []),
    ],
  };
}
