/**
 * Networks for other runtimes: an ONNX file of what the engine's own graph says, operation by operation, in operators of the standard alone. The graph is
 * traced, so there is no second definition of a model here, and a model of one's own is exported as those of the catalogue are.
 */
import { leavesWithPaths, showShape, TensorError, type Tensor } from '@capsnet/tensor';
import type { Parameters } from '../layers/parameters.js';
import type { Model } from '../models/model.js';
import { traceBatch, type Length } from './batch.js';
import { lowerGraph } from './graph.js';
import { encodeModel, type OnnxValue } from './messages.js';

/** The set of operators that files are written for, and the version of the format that came with it (ONNX 1.13, onnxruntime 1.14). */
const operatorSet = 18;
const format = 8;

/** What a file says besides the computation. */
export interface OnnxOptions {
  /** Of the graph. */
  readonly name?: string;
  /** The input: a name, and the shape of one example. A batch of any length comes before it. */
  readonly input: { readonly name: string; readonly shape: readonly number[] };
  /** Tensors that the function uses and that keep their names: a tree, whose paths are the names. */
  readonly parameters?: Parameters;
  /** `metadata_props` of the file. */
  readonly metadata?: Readonly<Record<string, string>>;
}

const shown = (lengths: readonly Length[]): (number | string)[] =>
  lengths.map((length) => {
    if (typeof length === 'number') return length;
    return length.batches === 1 ? 'batch' : `${length.batches}*batch`;
  });

/**
 * The ONNX file of a function of tensors. It is traced, never run; what does not depend on its input is computed and stored.
 *
 * @param body a pure function from a float32 tensor [batch, ...shape] to named results
 * @returns the bytes of a `.onnx` file with the results as outputs of these names
 * @throws TensorError when the graph has an operation that ONNX cannot say, or depends on the batch by more than lengths
 */
export async function functionToOnnx(
  body: (x: Tensor) => Readonly<Record<string, Tensor>>,
  { name = 'capsnet', input, parameters = {}, metadata = {} }: OnnxOptions,
): Promise<Uint8Array> {
  const outputNames: string[] = [];
  const trace = await traceBatch((x) => {
    const results = Object.entries(body(x));
    outputNames.splice(0, Infinity, ...results.map(([output]) => output));
    return results.map(([, tensor]) => tensor);
  }, input.shape);
  const named = new Map(leavesWithPaths(parameters).map(({ path, leaf }) => [leaf as Tensor, path] as const));
  const taken = [...outputNames, ...named.values()];
  if (taken.includes(input.name))
    throw new TensorError(
      'onnx',
      `the input ${showShape(input.shape)} is called "${input.name}", and so is something else. Rename it.`,
    );
  const graph = await lowerGraph(trace, input.name, outputNames, named);
  const value = (label: string, tensor: Tensor): OnnxValue => ({
    name: label,
    type: tensor.dtype,
    shape: shown(trace.lengths(tensor)),
  });
  return encodeModel({
    name,
    producer: 'capsnet',
    format,
    operatorSet,
    inputs: [{ name: input.name, type: 'float32', shape: ['batch', ...input.shape] }],
    outputs: trace.outputs.map((tensor, index) => value(outputNames[index]!, tensor)),
    ...graph,
    metadata,
  });
}

/**
 * The ONNX file of a trained network, as it tests: gathered statistics, the decoder draws the longest capsule.
 *
 * Input `images` [batch, height, width, channels], prepared as in training. Outputs `lengths` [batch, classes] (of the CNN: probabilities), `capsules`
 * [batch, classes, dimensions] and, with a decoder, `reconstruction` [batch, height, width, channels]; with two decodings also `second_reconstruction`, of the
 * second longest capsule. The metadata have the description of the model and the names of its classes.
 *
 * @param notes further metadata: data set, preparation of images, accuracy
 * @throws TensorError when the model has an operation of a user
 */
export function modelToOnnx(
  model: Model,
  parameters: Parameters,
  state: Parameters,
  notes: Readonly<Record<string, string>> = {},
): Promise<Uint8Array> {
  const { description } = model;
  return functionToOnnx(
    (images) => {
      const output = model.apply(parameters, state, images, { mode: 'test' });
      const { lengths, capsules, reconstruction, secondReconstruction } = output;
      return {
        lengths,
        capsules,
        ...(reconstruction ? { reconstruction } : {}),
        ...(secondReconstruction ? { second_reconstruction: secondReconstruction } : {}),
      };
    },
    {
      name: description.kind,
      input: { name: 'images', shape: description.input },
      parameters: { ...parameters, ...merged(state, parameters) },
      metadata: {
        ...notes,
        class_names: JSON.stringify(description.classNames),
        capsnet_model: JSON.stringify(description),
      },
    },
  );
}

/** Statistics stand beside the parameters of their layer, as in weights files. */
const merged = (state: Parameters, parameters: Parameters): Parameters =>
  Object.fromEntries(
    Object.entries(state).map(([layer, statistics]) => [
      layer,
      { ...(parameters[layer] as Parameters), ...(statistics as Parameters) },
    ]),
  );
