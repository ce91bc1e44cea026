/**
 * Models in files: a safetensors file whose tensors are named by their paths (`conv1/kernel`, `bn1/moving_mean`) and whose metadata has
 * the model's description. The file alone rebuilds the model.
 */
import {
  leaves,
  leavesWithPaths,
  sameShape,
  showShape,
  tensor,
  unflatten,
  type Tensor,
} from '@capsnet/tensor';
import { buildModel } from '../models/build.js';
import { DescriptionError, type ModelDescription } from '../models/description.js';
import type { Model } from '../models/model.js';
import type { ParameterSpec, Parameters, ParameterSpecs } from '../layers/parameters.js';
import {
  decodeSafetensors,
  encodeSafetensors,
  WeightsError,
  type FloatStorage,
  type Safetensors,
  type StoredTensor,
} from './safetensors.js';

/** Keys of the metadata. */
const formatKey = 'capsnet_format';
const descriptionKey = 'capsnet_model';
const format = '1';

/** A model read from a file, ready to run or to train on. */
export interface LoadedModel {
  readonly model: Model;
  readonly parameters: Parameters;
  readonly state: Parameters;
  /** Everything that the writer noted beside the description. */
  readonly metadata: Readonly<Record<string, string>>;
}

async function storedLeaves(
  tree: Parameters,
  specs: ParameterSpecs,
  what: string,
): Promise<[string, StoredTensor][]> {
  const named = new Map(leavesWithPaths(tree).map(({ path, leaf }) => [path, leaf as Tensor]));
  checkNames([...named.keys()], specs, what);
  // In the order of the specifications, so that the bytes do not depend on how the caller's records are ordered.
  return Promise.all(
    leavesWithPaths(specs).map(async ({ path }): Promise<[string, StoredTensor]> => {
      const values = named.get(path)!;
      const data = await values.data();
      return [
        path,
        { shape: values.shape, data: data instanceof Float32Array ? data : Float32Array.from(data) },
      ];
    }),
  );
}

function checkNames(names: readonly string[], specs: ParameterSpecs, what: string): void {
  const wanted = leavesWithPaths(specs).map(({ path }) => path);
  const missing = wanted.filter((path) => !names.includes(path));
  const extra = names.filter((path) => !wanted.includes(path));
  if (missing.length > 0 || extra.length > 0) {
    const parts = [
      missing.length > 0 ? `missing: ${missing.join(', ')}` : '',
      extra.length > 0 ? `not of this model: ${extra.join(', ')}` : '',
    ].filter(Boolean);
    throw new WeightsError(`${what} do not belong to this model (${parts.join('; ')}).`);
  }
}

/**
 * Weights and description as the bytes of a safetensors file. The same values give the same bytes.
 *
 * @param notes further metadata, for example the command, the epoch or the accuracy
 * @param storage `F16` halves the file and rounds every number to 11 significant bits
 * @throws WeightsError when a parameter does not fit the model
 */
export async function saveModel(
  model: Model,
  parameters: Parameters,
  state: Parameters,
  notes: Readonly<Record<string, string>> = {},
  storage: FloatStorage = 'F32',
): Promise<Uint8Array> {
  const stored = [
    ...(await storedLeaves(parameters, model.parameterSpecs, 'saveModel: the parameters')),
    ...(await storedLeaves(state, model.stateSpecs, 'saveModel: the state')),
  ];
  return encodeSafetensors(
    stored,
    { ...notes, [formatKey]: format, [descriptionKey]: JSON.stringify(model.description) },
    storage,
  );
}

/**
 * Rebuilds a model and its weights.
 *
 * @param source name of the file, for messages
 * @throws WeightsError when the file is damaged, is no model of ours, or its tensors are not those of its description
 */
export function loadModel(bytes: Uint8Array, source = 'weights'): LoadedModel {
  const file = decodeSafetensors(bytes, source);
  const { [formatKey]: version, [descriptionKey]: text, ...metadata } = file.metadata;
  if (version === undefined || text === undefined)
    throw new WeightsError(
      `${source}: the file has no model description in its metadata. Was it written by "capsnet train"?`,
    );
  if (version !== format)
    throw new WeightsError(`${source}: the file has format ${version}, this version reads ${format}.`);
  let model: Model;
  try {
    model = buildModel(JSON.parse(text) as ModelDescription);
  } catch (error) {
    if (error instanceof DescriptionError || error instanceof SyntaxError)
      throw new WeightsError(`${source}: ${error.message}`);
    throw error;
  }
  return { model, ...readWeights(model, file, source), metadata };
}

/**
 * The weights of a given model from a file's tensors, whatever description the file has.
 *
 * @throws WeightsError when a tensor is missing, has another shape, or belongs to another model
 */
export function readWeights(
  model: Model,
  file: Safetensors,
  source = 'weights',
): { readonly parameters: Parameters; readonly state: Parameters } {
  const parameterNames = leavesWithPaths(model.parameterSpecs).map(({ path }) => path);
  const stateNames = leavesWithPaths(model.stateSpecs).map(({ path }) => path);
  const wanted = new Set([...parameterNames, ...stateNames]);
  const missing = [...wanted].filter((name) => !file.tensors.has(name));
  const extra = [...file.tensors.keys()].filter((name) => !wanted.has(name));
  if (missing.length > 0 || extra.length > 0) {
    const some = (names: readonly string[]): string =>
      names.slice(0, 3).join(', ') + (names.length > 3 ? `, ... (${names.length})` : '');
    const problems = [
      missing.length > 0 ? `lacks ${some(missing)}` : '',
      extra.length > 0 ? `has ${some(extra)}` : '',
    ].filter(Boolean);
    throw new WeightsError(
      `${source}: these are weights of another model than ${model.description.kind}: the file ${problems.join(' and ')}.`,
    );
  }
  const read = (specs: ParameterSpecs, names: readonly string[]): Parameters => {
    const shapes = leaves<ParameterSpec>(specs);
    const tensors = names.map((name, index) => {
      const { shape, data } = file.tensors.get(name)!;
      if (!sameShape(shape, shapes[index]!.shape)) {
        throw new WeightsError(
          `${source}: ${name} has shape ${showShape(shape)}, the model ${model.description.kind} needs ${showShape(shapes[index]!.shape)}. These are weights of another model.`,
        );
      }
      if (!(data instanceof Float32Array))
        throw new WeightsError(`${source}: ${name} does not hold float numbers (F32 or F16).`);
      return tensor(data, shape);
    });
    return unflatten<unknown>(specs, tensors) as Parameters;
  };
  return {
    parameters: read(model.parameterSpecs, parameterNames),
    state: read(model.stateSpecs, stateNames),
  };
}
