/**
 * Weights and a batch from an integer hash instead of a random generator: the same numbers in every language, so that losses can be compared
 * with other libraries to the last digits and benchmarks do the same work. Convolution and dense weights are hashed in PyTorch's layouts
 * (OIHW and out-in) and moved into ours.
 */
import { oneHot, tensor, type Shape, type Tensor } from '@capsnet/tensor';
import type { Parameters } from '../layers/parameters.js';
import { mapSpecs } from '../layers/parameters.js';
import { initialize } from '../layers/initializers.js';
import { buildModel } from '../models/build.js';
import { describeModel } from '../models/catalogue.js';
import type { ModelDescription } from '../models/description.js';
import type { Model } from '../models/model.js';
import type { Batch } from '../training/batch.js';

/** `count` numbers in [low, high): a 32-bit mix of the position and the seed. */
export function hashed(count: number, seed: number, low: number, high: number): Float32Array {
  const numbers = new Float32Array(count);
  const offset = Math.imul(seed, 40503);
  for (let index = 0; index < count; index++) {
    let x = (Math.imul(index, 2654435761) + offset) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    x = (x ^ (x >>> 16)) >>> 0;
    numbers[index] = low + (high - low) * (x / 4294967296);
  }
  return numbers;
}

/** OIHW numbers in HWIO order. */
function fromOihw(
  numbers: Float32Array,
  [height, width, inputs, outputs]: readonly [number, number, number, number],
): Float32Array {
  const moved = new Float32Array(numbers.length);
  let from = 0;
  for (let o = 0; o < outputs; o++)
    for (let i = 0; i < inputs; i++)
      for (let h = 0; h < height; h++)
        for (let w = 0; w < width; w++)
          moved[((h * width + w) * inputs + i) * outputs + o] = numbers[from++]!;
  return moved;
}

/** A kernel [kh, kw, in, out] or [in, out] whose hash ran over PyTorch's layout, scaled to variance 1 / fan-in. */
function hashedKernel(shape: Shape, seed: number): Tensor {
  const square = (shape.length === 4 ? shape : [1, 1, ...shape]) as [number, number, number, number];
  const [height, width, inputs, outputs] = square;
  const bound = Math.sqrt(3 / (height * width * inputs));
  return tensor(fromOihw(hashed(height * width * inputs * outputs, seed, -bound, bound), square), shape);
}

/** The models that have hashed weights. */
export type HashModelName = 'efficient-capsnet' | 'original-capsnet';

/** A model with hashed weights. */
export interface HashModel {
  readonly model: Model;
  readonly parameters: Parameters;
  readonly state: Parameters;
}

/** Layers in the order of their seeds: kernels from 1 (or 21), routing weights, decoder from 7. */
const seeds: Readonly<
  Record<
    HashModelName,
    { readonly kernels: Readonly<Record<string, number>>; readonly routing: readonly [number, number] }
  >
> = {
  'efficient-capsnet': {
    kernels: { conv1: 1, conv2: 2, conv3: 3, conv4: 4, primary: 5, dec1: 7, dec2: 8, dec3: 9 },
    routing: [6, 0.17],
  },
  'original-capsnet': {
    kernels: { conv1: 21, primary: 22, dec1: 7, dec2: 8, dec3: 9 },
    routing: [23, 0.085],
  },
};

/**
 * A full-size model with hashed weights and zero biases. Two conventions are those of the comparison's scripts: batch
 * norm as PyTorch (epsilon 1e-5, momentum 0.9 of the old), and primary capsules of the original that are not divided by 32.
 */
export function hashModel(name: HashModelName): HashModel {
  const model = buildModel(asCompared(describeModel(name)));
  const { kernels, routing } = seeds[name];
  const start = (specs: Model['parameterSpecs']): Parameters =>
    mapSpecs(
      ({ shape, initializer }) => initialize(initializer === 'ones' ? 'ones' : 'zeros', [0, 0], shape),
      specs,
    );
  const parameters = { ...start(model.parameterSpecs) };
  for (const [layer, seed] of Object.entries(kernels)) {
    const branch = parameters[layer] as Readonly<Record<string, Tensor>>;
    parameters[layer] = { ...branch, kernel: hashedKernel(branch['kernel']!.shape, seed) };
  }
  const digit = parameters['digit'] as Readonly<Record<string, Tensor>>;
  const [seed, bound] = routing;
  parameters['digit'] = {
    ...digit,
    W: tensor(hashed(digit['W']!.size, seed, -bound, bound), digit['W']!.shape),
  };
  return { model, parameters, state: start(model.stateSpecs) };
}

function asCompared(description: ModelDescription): ModelDescription {
  if (description.kind === 'efficient-capsnet') {
    return {
      ...description,
      backbone: {
        ...description.backbone,
        normalization: { kind: 'batch', epsilon: 1e-5, momentum: 0.9, movingVariance: 'unbiased' },
      },
    };
  }
  return description.kind === 'original-capsnet'
    ? { ...description, primary: { ...description.primary, divisor: 1 } }
    : description;
}

/**
 * Options of Adam for the comparison. The other libraries add 1e-8 to sqrt(v) after its bias correction, which is
 * 1e-8 sqrt(1 - 0.999^t), about 4e-10 over the first steps, where Keras (and our `adam`) adds it. A hidden unit with a tiny gradient sees the
 * difference: with Keras' 1e-7 the second loss is 3e-4 higher.
 */
export const comparedAdam = { epsilon: 4e-10 } as const;

/** `size` hashed images [size, 28, 28, 1] with labels 0, 1, ..., 9, 0, .... */
export function hashBatch(size = 16): Batch {
  const labels: Tensor = oneHot(
    tensor(
      Int32Array.from({ length: size }, (_, index) => index % 10),
      [size],
    ),
    10,
  );
  return { images: tensor(hashed(size * 784, 1000, 0, 1), [size, 28, 28, 1]), labels };
}
