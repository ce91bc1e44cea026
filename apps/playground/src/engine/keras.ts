/**
 * Keras weights files (HDF5) that are dropped on the page. Loaded when the first one comes. The container is opened by jsfive, a reader in plain
 * JavaScript; which model the weights are of is told by `recogniseKeras`.
 */
import {
  fromKeras,
  recogniseKeras,
  WeightsError,
  type KerasFile,
  type Model,
  type Parameters,
} from '@capsnet/capsules';
import { Dataset, File, Group } from 'jsfive';

/** Texts of one length are filled up with zero bytes. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value.replace(/\0+$/, '') : '');
const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(textOf) : []);

function contentsOf(root: Group, source: string): KerasFile {
  const layers = textsOf(root.attrs['layer_names']);
  if (layers.length === 0)
    throw new WeightsError(
      `${source}: this HDF5 file has no list of layers, so it was not written by Keras' save_weights.`,
    );
  return {
    backend: textOf(root.attrs['backend']),
    version: textOf(root.attrs['keras_version']),
    groups: layers.map((name) => {
      const group = root.get(name);
      if (!(group instanceof Group)) throw new WeightsError(`${source}: the layer ${name} is missing.`);
      const weights = textsOf(group.attrs['weight_names']).map((weight) => {
        const array = group.get(weight);
        if (!(array instanceof Dataset)) throw new WeightsError(`${source}: the array ${weight} is missing.`);
        return { name: weight, shape: array.shape, data: Float32Array.from(array.value as number[]) };
      });
      return { name, weights };
    }),
  };
}

/**
 * The model and the weights of a Keras file.
 *
 * @throws WeightsError when the file is damaged, or fits none of our models
 */
export function loadKeras(
  bytes: Uint8Array,
  source: string,
): { readonly model: Model; readonly parameters: Parameters; readonly state: Parameters } {
  let file: KerasFile;
  try {
    const root = new File(bytes.slice().buffer, source);
    const inside = root.keys.includes('model_weights') ? root.get('model_weights') : root;
    file = contentsOf(inside as Group, source);
  } catch (error) {
    if (error instanceof WeightsError) throw error;
    throw new WeightsError(`${source} is a damaged HDF5 file: get it again.`);
  }
  const { model } = recogniseKeras(file, source);
  return { model, ...fromKeras(model, file, source) };
}
