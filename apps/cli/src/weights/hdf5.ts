/**
 * Keras weights files: HDF5 with a group a layer. `layer_names` of the root lists the groups in their order, `weight_names` of each group its datasets.
 * The container is read and written by h5wasm, in its memory, so no temporary file is needed.
 */
import { WeightsError, type KerasFile, type KerasWeight } from '@capsnet/capsules';
import type * as Hdf5 from 'h5wasm';
import type { Dataset, File, Group } from 'h5wasm';
import { sizeOf } from '@capsnet/tensor';

type Library = typeof Hdf5;

/** Loaded when it is needed: the library has 4 MB. */
async function library(): Promise<{ h5: Library; files: NonNullable<Library['FS']> }> {
  const h5 = await import('h5wasm');
  const module = await h5.ready;
  // Otherwise the library prints its own stack of errors.
  module.activate_throwing_error_handler();
  return { h5, files: module.FS };
}

let opened = 0;

/** The reason among the many lines of HDF5: the innermost description. */
const reasonOf = (error: unknown): string => {
  const lines = String(error instanceof Error ? error.message : error).split('\n');
  const last = lines.filter((line) => /^ *#\d+:/.test(line)).at(-1);
  return (last?.replace(/^ *#\d+: \S+ line \d+ in [^:]*: */, '') ?? lines[0] ?? '').trim();
};

/** Does something with a file in the library's memory, which is given back afterwards. */
async function within<Result>(
  work: (h5: Library, files: NonNullable<Library['FS']>, path: string) => Result,
): Promise<Result> {
  const { h5, files } = await library();
  const path = `/weights-${opened++}.h5`;
  try {
    return work(h5, files, path);
  } finally {
    if (files.analyzePath(path, false).exists) files.unlink(path);
  }
}

/**
 * The contents of a Keras weights file (`model.save_weights('x.h5')`), or of the weights in a saved model.
 *
 * @param source name of the file, for messages
 * @throws WeightsError when it is damaged, no HDF5, or has no weights in the layout of Keras
 */
export async function readKeras(bytes: Uint8Array, source: string): Promise<KerasFile> {
  return within((h5, files, path) => {
    files.writeFile(path, bytes);
    let file: File | undefined;
    try {
      file = new h5.File(path, 'r');
      const root = file.get('model_weights');
      return contentsOf(root instanceof h5.Group ? root : file, source, h5);
    } catch (error) {
      if (error instanceof WeightsError) throw error;
      throw new WeightsError(
        `${source}: this cannot be read as an HDF5 file (${reasonOf(error)}). Is it whole, and written by Keras?`,
      );
    } finally {
      file?.close();
    }
  });
}

/** A list of texts; Keras writes an empty one as numbers. */
function textsOf(group: Group, attribute: string, source: string): string[] {
  const value = group.attrs[attribute]?.value;
  const list = Array.isArray(value) ? value : undefined;
  if (list?.every((item) => typeof item === 'string')) return list;
  if (ArrayBuffer.isView(value) && value.byteLength === 0) return [];
  throw new WeightsError(
    `${source}: ${group.path} has no list "${attribute}". This is not a weights file of Keras: write one with model.save_weights("x.h5").`,
  );
}

const textOf = (group: Group, attribute: string): string => {
  const value = group.attrs[attribute]?.value;
  return typeof value === 'string' ? value : '';
};

function contentsOf(root: Group, source: string, h5: Library): KerasFile {
  const groups = textsOf(root, 'layer_names', source).map((name) => {
    const group = root.get(name);
    if (!(group instanceof h5.Group))
      throw new WeightsError(`${source}: the group "${name}", which layer_names lists, is missing.`);
    const weights = textsOf(group, 'weight_names', source).map((weight) => {
      const dataset = group.get(weight);
      if (!(dataset instanceof h5.Dataset))
        throw new WeightsError(
          `${source}: the dataset ${name}/${weight}, which weight_names lists, is missing.`,
        );
      return readWeight(dataset, weight, source);
    });
    return { name, weights };
  });
  return { backend: textOf(root, 'backend'), version: textOf(root, 'keras_version'), groups };
}

function readWeight(dataset: Dataset, name: string, source: string): KerasWeight {
  const { value, shape, dtype } = dataset;
  const data =
    value instanceof Float32Array
      ? value
      : value instanceof Float64Array
        ? Float32Array.from(value)
        : undefined;
  if (!data || !shape || data.length !== sizeOf(shape))
    throw new WeightsError(
      `${source}: ${name} holds ${JSON.stringify(dtype)} of shape [${shape?.join(',') ?? ''}], wanted float numbers.`,
    );
  const bad = data.findIndex((number) => !Number.isFinite(number));
  if (bad >= 0)
    throw new WeightsError(`${source}: ${name} has ${data[bad]} at place ${bad}. The file is damaged.`);
  return { name, shape, data };
}

/** The bytes of a Keras weights file: contiguous little-endian float32, in the oldest format of HDF5 that can hold them. */
export async function writeKeras(contents: KerasFile): Promise<Uint8Array> {
  return within((h5, files, path) => {
    const file = new h5.File(path, 'w', { libver: ['earliest', 'latest'] });
    try {
      writeTexts(
        file,
        'layer_names',
        contents.groups.map(({ name }) => name),
      );
      file.create_attribute('backend', contents.backend, null, 'A');
      file.create_attribute('keras_version', contents.version, null, 'A');
      for (const { name, weights } of contents.groups) {
        const group = file.create_group(name);
        writeTexts(
          group,
          'weight_names',
          weights.map((weight) => weight.name),
        );
        for (const weight of weights) writeWeight(group, weight, h5);
      }
    } finally {
      file.close();
    }
    return files.readFile(path).slice();
  });
}

/** A list of texts of one fixed length, as Keras writes it; an empty one is an empty list of numbers there. */
function writeTexts(group: Group, attribute: string, texts: readonly string[]): void {
  if (texts.length === 0) return group.create_attribute(attribute, new Float64Array(0), [0], '<d');
  // One more than the longest, for the zero at the end.
  const length = Math.max(...texts.map((text) => Buffer.byteLength(text))) + 1;
  group.create_attribute(attribute, [...texts], [texts.length], `A${length}`);
}

/** `conv2d_4/kernel:0`: the layer is a group of its own. */
function writeWeight(group: Group, { name, shape, data }: KerasWeight, h5: Library): void {
  const parts = name.split('/');
  const last = parts.pop()!;
  let parent = group;
  for (const part of parts) {
    const found = parent.keys().includes(part) ? parent.get(part) : parent.create_group(part);
    if (!(found instanceof h5.Group)) throw new WeightsError(`${name}: "${part}" is a dataset already.`);
    parent = found;
  }
  parent.create_dataset({ name: last, data, shape: [...shape], dtype: '<f' });
}
