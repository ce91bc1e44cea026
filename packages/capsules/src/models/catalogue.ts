/**
 * Descriptions of the models by name, for any image size, number of channels and classes.
 *
 * At the sizes of the papers (28x28; 36x36 with two decodings; 48x48) they are the papers' models. At others the rule is:
 * - backbone: four convolutions 5x5 32, 3x3 64, 3x3 64, 3x3/2 128; along each axis as many of the first ones also get stride 2 as bring the
 *   last map to at most 13, and the primary filter has the size of that map;
 * - decoder: dense (512, 1024) up to 4,096 numbers an image, above that up-sampling from a map of at least 6 a side.
 */
import type {
  BackboneDescription,
  ConvolutionDescription,
  DecoderDescription,
  ImageShape,
  ModelDescription,
} from './description.js';
import { DescriptionError, mapSides } from './description.js';

/** The models that have a name, as `capsnet train --model` takes them. */
export const modelNames = [
  'efficient-capsnet',
  'efficient-capsnet-multimnist',
  'efficient-capsnet-smallnorb',
  'original-capsnet',
  'base-capsnet',
  'cnn',
] as const;
/** One of `modelNames`. */
export type ModelName = (typeof modelNames)[number];

/** What may differ from the paper in a named model. */
export interface CatalogueOptions {
  /** Height, width and channels; by default those of the paper's data set. */
  readonly input?: ImageShape;
  /** By default the digits, or the five categories of smallNORB. */
  readonly classNames?: readonly string[];
  /** `false` leaves the decoder out. */
  readonly decoder?: boolean;
  /** Iterations of dynamic routing, for `original-capsnet`; 3 by default. */
  readonly iterations?: number;
}

const digits = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
const toys = ['animal', 'human', 'airplane', 'truck', 'car'];

const layers = (...rows: readonly (readonly [number, number, number])[]): ConvolutionDescription[] =>
  rows.map(([filters, kernel, stride]) => ({ filters, kernel, stride }));
const batchReLU = (convolutions: readonly ConvolutionDescription[]): BackboneDescription => ({
  convolutions,
  activation: 'relu',
  normalization: { kind: 'batch' },
});

/** The four convolutions of the MNIST model, with strides for larger images. */
function adaptedConvolutions(input: ImageShape, lastFilters = 128): ConvolutionDescription[] {
  const plain = layers([32, 5, 1], [64, 3, 1], [64, 3, 1], [lastFilters, 3, 2]);
  mapSides(input, plain);
  const strided = (count: number): ConvolutionDescription[] =>
    plain.map((layer, index) => (index < count ? { ...layer, stride: 2 } : layer));
  const needed = (side: number): number =>
    [0, 1, 2, 3].find((count) => mapSides([side, side, 1], strided(count))[0] <= 13) ?? -1;
  const [down, across] = [needed(input[0]), needed(input[1])];
  if (down >= 0 && across >= 0) {
    const steps = (index: number): [number, number] => [
      strided(down)[index]!.stride as number,
      strided(across)[index]!.stride as number,
    ];
    return plain.map((layer, index) => ({
      ...layer,
      stride: steps(index)[0] === steps(index)[1] ? steps(index)[0] : steps(index),
    }));
  }
  throw new DescriptionError(
    `images of ${input[0]}x${input[1]} are too large for this backbone: the last map would be larger than 13x13. Scale them down to at most 224 pixels a side, or write a description.`,
  );
}

/** Dense where it is small; else up-sampling, each level of which turns a side s into 2 s - 2, and the last convolution s into s - 2. */
function adaptedDecoder([height, width, channels]: ImageShape): DecoderDescription {
  if (height * width * channels <= 4096) return { kind: 'dense', units: [512, 1024] };
  // n levels make 2^n (s - 2) of a start s
  let levels = 3;
  while (Math.max(height, width) / 2 ** levels > 12) levels++;
  while (levels > 1 && Math.min(height, width) / 2 ** levels < 4) levels--;
  const start = (side: number): number => Math.ceil(side / 2 ** levels) + 2;
  const filters = [64, 128, 128, 64, 32, 32].slice(0, levels);
  return {
    kind: 'upsampling',
    start: [start(height), start(width)],
    filters,
    upsampleBefore: filters.map((_, index) => index + 1),
  };
}

/**
 * The description of a named model.
 *
 * @throws DescriptionError when the input is too small for the model, or an option does not fit it
 */
export function describeModel(name: ModelName, options: CatalogueOptions = {}): ModelDescription {
  const { iterations = 3 } = options;
  const isNorb = name === 'efficient-capsnet-smallnorb';
  const input =
    options.input ??
    (isNorb ? [48, 48, 2] : name === 'efficient-capsnet-multimnist' ? [36, 36, 1] : [28, 28, 1]);
  const classNames = options.classNames ?? (isNorb ? toys : digits);
  const decoder = options.decoder === false ? null : adaptedDecoder(input);
  const common = { input, classNames, decoder };
  const fullMap = (convolutions: readonly ConvolutionDescription[], capsules = 16) => ({
    kernel: mapKernel(input, convolutions),
    stride: 1,
    capsules,
    dimensions: 8,
  });

  switch (name) {
    case 'efficient-capsnet': {
      const convolutions = adaptedConvolutions(input);
      return {
        kind: 'efficient-capsnet',
        ...common,
        backbone: batchReLU(convolutions),
        primary: fullMap(convolutions),
        dimensions: 16,
        decodings: 1,
      };
    }
    case 'efficient-capsnet-multimnist': {
      const published = input[0] === 36 && input[1] === 36;
      const convolutions = published
        ? layers([32, 5, 1], [64, 3, 1], [64, 3, 2], [128, 3, 2])
        : adaptedConvolutions(input);
      const primary = published
        ? { kernel: 5, stride: 2, capsules: 16, dimensions: 8 }
        : fullMap(convolutions);
      return {
        kind: 'efficient-capsnet',
        ...common,
        backbone: batchReLU(convolutions),
        primary,
        dimensions: 16,
        decodings: 2,
      };
    }
    case 'efficient-capsnet-smallnorb': {
      const convolutions = layers([32, 7, 2], [64, 3, 1], [64, 3, 1], [128, 3, 2]);
      const backbone: BackboneDescription = {
        convolutions,
        activation: { leakyRelu: 0.3 },
        normalization: { kind: 'instance' },
      };
      return {
        kind: 'efficient-capsnet',
        ...common,
        backbone,
        primary: fullMap(convolutions),
        dimensions: 16,
        decodings: 1,
      };
    }
    case 'original-capsnet':
      return {
        kind: 'original-capsnet',
        ...common,
        convolutions: layers([256, 9, 1]),
        primary: { kernel: 9, stride: 2, capsules: 32, dimensions: 8 },
        dimensions: 16,
        iterations,
      };
    case 'base-capsnet': {
      // 19 primary capsules instead of 16 bring it to the published size, 183 k.
      const convolutions = adaptedConvolutions(input, 19 * 8);
      return {
        kind: 'base-capsnet',
        ...common,
        backbone: batchReLU(convolutions),
        primary: fullMap(convolutions, 19),
        dimensions: 16,
      };
    }
    case 'cnn':
      // 300 hidden units bring it to the published size, 173 k.
      return { kind: 'cnn', ...common, backbone: batchReLU(adaptedConvolutions(input)), hidden: 300 };
    default:
      throw new DescriptionError(`there is no model "${String(name)}". Known: ${modelNames.join(', ')}.`);
  }
}

function mapKernel(
  input: ImageShape,
  convolutions: readonly ConvolutionDescription[],
): number | readonly [number, number] {
  const [height, width] = mapSides(input, convolutions);
  return height === width ? height : [height, width];
}
