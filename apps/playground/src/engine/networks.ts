/** Networks with their weights, and the two compiled functions that the page needs of each: image to capsules, capsules to image. */
import {
  decodeCapsules,
  loadModel,
  saveModel,
  summarize,
  WeightsError,
  type Model,
  type Parameters,
} from '@capsnet/capsules';
import { compile, tensor, type Compiled, type Tensor } from '@capsnet/tensor';
import type { Decoded, Encoded, NetworkInfo } from '../protocol.js';
import { isHdf5 } from './hdf5.js';

interface EncodedTensors {
  readonly lengths: Tensor;
  readonly capsules: Tensor;
  readonly couplings: Tensor | null;
}

export interface Weights {
  readonly parameters: Parameters;
  readonly state: Parameters;
}

export class Network {
  private readonly encodeCompiled: Compiled<[Parameters, Parameters, Tensor], EncodedTensors>;
  private readonly decodeCompiled: Compiled<[Parameters, Tensor, Tensor], Tensor>;

  private constructor(
    readonly info: NetworkInfo,
    private readonly model: Model,
    private weights: Weights,
  ) {
    this.encodeCompiled = compile(
      (parameters: Parameters, state: Parameters, images: Tensor): EncodedTensors => {
        const { lengths, capsules, couplings } = model.apply(parameters, state, images, { mode: 'test' });
        return { lengths, capsules, couplings: couplings ?? null };
      },
      { name: `encode ${info.kind}` },
    );
    // The decoder alone: a slider costs one run of it, not of the whole network.
    this.decodeCompiled = compile(
      (parameters: Parameters, capsules: Tensor, marks: Tensor) =>
        decodeCapsules(model, parameters, capsules, marks),
      { name: `decode ${info.kind}` },
    );
  }

  /** @throws WeightsError when the page cannot show networks of this kind */
  static of(name: string, model: Model, weights: Weights, notes: Record<string, string> = {}): Network {
    const { description } = model;
    if (description.kind === 'cnn')
      throw new WeightsError(
        `${name}: a plain CNN has no capsules to look into. Choose weights of a capsule network.`,
      );
    if (description.input[2] !== 1)
      throw new WeightsError(
        `${name}: this network takes ${description.input.join(' x ')} images with ${description.input[2]} channels; this page has grey ones. Test it with the command line: capsnet test.`,
      );
    const { layers, parameters } = summarize(model);
    const primary = layers.find(({ layer }) => layer === 'primary')!.output;
    // [children, dimensions], or [rows, columns, kinds, dimensions] where capsules have a place.
    const children: NetworkInfo['children'] =
      description.kind === 'original-capsnet'
        ? placesOf(primary, description.primary.capsules, description.primary.dimensions)
        : [1, 1, primary[0]!];
    return new Network(
      {
        name,
        kind: description.kind,
        input: description.input,
        classNames: description.classNames,
        dimensions: description.dimensions,
        decodings: 'decodings' in description ? description.decodings : 1,
        children,
        hasDecoder: description.decoder !== null,
        parameters,
        notes,
      },
      model,
      weights,
    );
  }

  /** From a .safetensors file of ours, or a Keras file (HDF5). @throws WeightsError when the bytes are no weights that fit */
  static async fromFile(name: string, bytes: Uint8Array): Promise<Network> {
    if (isHdf5(bytes)) {
      const { loadKeras } = await import('./keras.js');
      const { model, ...weights } = loadKeras(bytes, name);
      return Network.of(name, model, weights);
    }
    const { model, parameters, state, metadata } = loadModel(bytes, name);
    return Network.of(name, model, { parameters, state }, metadata);
  }

  /** New weights of the same model; the compiled functions stay. */
  improve(weights: Weights): void {
    this.weights = weights;
  }

  async encode(images: Float32Array, count: number): Promise<Encoded> {
    const begin = performance.now();
    const { parameters, state } = this.weights;
    const [height, width, channels] = this.info.input;
    const output = await this.encodeCompiled(
      parameters,
      state,
      tensor(images, [count, height, width, channels]),
    );
    const [lengths, capsules, couplings] = await Promise.all([
      copyOf(output.lengths),
      copyOf(output.capsules),
      output.couplings ? copyOf(output.couplings) : new Float32Array(0),
    ]);
    return { lengths, capsules, couplings, milliseconds: performance.now() - begin };
  }

  /** @param vectors count x dimensions @param classes the class of each */
  async decode(vectors: Float32Array, classes: readonly number[]): Promise<Decoded> {
    const begin = performance.now();
    const { classNames, dimensions } = this.info;
    const count = classes.length;
    const capsules = new Float32Array(count * classNames.length * dimensions);
    const marks = new Float32Array(count * classNames.length);
    classes.forEach((label, row) => {
      const place = row * classNames.length + label;
      capsules.set(vectors.subarray(row * dimensions, (row + 1) * dimensions), place * dimensions);
      marks[place] = 1;
    });
    const images = await this.decodeCompiled(
      this.weights.parameters,
      tensor(capsules, [count, classNames.length, dimensions]),
      tensor(marks, [count, classNames.length]),
    );
    return { images: await copyOf(images), milliseconds: performance.now() - begin };
  }

  /** The bytes of a safetensors file. */
  file(): Promise<Uint8Array> {
    return saveModel(this.model, this.weights.parameters, this.weights.state, this.info.notes);
  }

  release(): void {
    this.encodeCompiled.release();
    this.decodeCompiled.release();
  }
}

/** An array of its own, to be handed to the page. */
const copyOf = async (values: Tensor): Promise<Float32Array> => Float32Array.from(await values.data());

/** A map of primary capsules as rows, columns, kinds. */
function placesOf(
  primary: readonly number[],
  kinds: number,
  dimensions: number,
): readonly [number, number, number] {
  const count = primary.reduce((product, side) => product * side, 1) / dimensions / kinds;
  const side = Math.round(Math.sqrt(count));
  return side * side === count ? [side, side, kinds] : [1, count, kinds];
}
