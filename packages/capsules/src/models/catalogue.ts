/**
 * Descriptions of the models by name, for any image size, number of channels and classes.
 *
 * At the sizes of the papers (28x28; 36x36 with two decodings; 48x48) they are the papers' models. At others they follow the rule of adapt.ts.
 */
import type {
  BackboneDescription,
  ConvolutionDescription,
  ImageShape,
  ModelDescription,
} from './description.js';
import { adaptedConvolutions, adaptedDecoder, adaptEfficientCapsNet, publishedMaps } from './adapt.js';
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
  const decoder =
    options.decoder === false ? null : adaptedDecoder(input, isNorb ? publishedMaps : undefined);
  const common = { input, classNames, decoder };
  const fullMap = (convolutions: readonly ConvolutionDescription[], capsules = 16) => ({
    kernel: mapKernel(input, convolutions),
    stride: 1,
    capsules,
    dimensions: 8,
  });

  switch (name) {
    case 'efficient-capsnet': {
      const [height, width, channels] = input;
      const given = options.decoder === undefined ? {} : { decoder: options.decoder };
      return adaptEfficientCapsNet({ height, width, channels, classNames, ...given });
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
