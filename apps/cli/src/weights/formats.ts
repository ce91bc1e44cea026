/** The formats that trained weights are written in: ours, that of Keras, and ONNX, which is the network and not only its weights. */
import { saveModel, toKeras, type KerasLayout, type LoadedModel } from '@capsnet/capsules';
import { extname } from 'node:path';
import { UserError } from '../errors.js';
import { writeKeras } from './hdf5.js';

/** As `--format` names them. */
export const formatNames = ['safetensors', 'keras', 'onnx'] as const;
export type FormatName = (typeof formatNames)[number];

const endings: Readonly<Record<FormatName, readonly string[]>> = {
  safetensors: ['.safetensors'],
  keras: ['.h5', '.hdf5'],
  onnx: ['.onnx'],
};

/** Key of the note that keeps the names of a file imported from Keras, so that it can be written again as it was. */
export const layoutKey = 'keras_layout';

/**
 * The format of a file to write: what was asked for, else what its ending says.
 *
 * @throws UserError when the ending says nothing, or says something else than was asked for
 */
export function formatOf(output: string, asked?: FormatName): FormatName {
  const ending = extname(output).toLowerCase();
  const said = formatNames.find((format) => endings[format].includes(ending));
  if (asked !== undefined && asked !== said)
    throw new UserError(`--output: "${output}" should end in ${endings[asked][0]} for --format ${asked}.`);
  if (said !== undefined) return said;
  throw new UserError(
    `--output: "${output}" should end in .h5 (for Keras), .onnx (for other runtimes) or .safetensors.`,
  );
}

/**
 * The bytes of a file of that format.
 *
 * @throws UserError for half precision in a format that does not have it
 */
export function encodeWeights(loaded: LoadedModel, format: FormatName, half: boolean): Promise<Uint8Array> {
  if (half && format !== 'safetensors')
    throw new UserError(
      `--half is for .safetensors: ${format === 'keras' ? 'Keras keeps its weights' : 'the network in ONNX is written'} in single precision. Leave it out.`,
    );
  const { model, parameters, state, metadata } = loaded;
  if (format === 'keras') return kerasBytes(loaded);
  if (format === 'onnx') return onnxBytes(loaded);
  return saveModel(model, parameters, state, metadata, half ? 'F16' : 'F32');
}

/** Under the names that the weights came with, or else those that Keras would give. */
async function kerasBytes({ model, parameters, state, metadata }: LoadedModel): Promise<Uint8Array> {
  const layout = metadata[layoutKey];
  const named = layout === undefined ? [] : [JSON.parse(layout) as KerasLayout];
  return writeKeras(await toKeras(model, parameters, state, ...named));
}

async function onnxBytes({ model, parameters, state, metadata }: LoadedModel): Promise<Uint8Array> {
  const { modelToOnnx } = await import('@capsnet/capsules/onnx');
  const { [layoutKey]: _layout, ...notes } = metadata;
  return modelToOnnx(model, parameters, state, notes);
}
