/**
 * Efficient-CapsNet for images of any size, number of channels and classes. The rule, and what each part of it is for:
 *
 * - backbone: the four convolutions of the MNIST model, 5x5 32, 3x3 64, 3x3 64, 3x3/2 128; along each axis as many of the first ones also get
 *   stride 2 as bring the last map to at most 13, so that 224 pixels cost no more than some times 28; the primary filter has the size of that map;
 * - capsules: 16 primary capsules of 8 and a capsule of 16 for each class, whatever their number: routing then is linear in the classes;
 * - normalisation: batch norm; its moving statistics, which tests use, follow with the momentum of the paper, 0.99, when an epoch has 1,000 steps or more, with
 *   0.9 otherwise: after an epoch of 20 steps 0.99 would still be to four fifths what they began with, and tests would show chance;
 * - decoder: dense (512, 1024) up to 4,096 numbers an image; above that up-sampling from a map of at least 6 a side, with fewer filters the larger the map.
 *
 * At 28x28x1 with 10 classes and long epochs it is the model of the paper (Mazzia, Salvetti, Chiaberge 2021).
 */
import {
  DescriptionError,
  mapSides,
  type ConvolutionDescription,
  type DecoderDescription,
  type EfficientCapsnetDescription,
  type ImageShape,
} from './description.js';

const layers = (...rows: readonly (readonly [number, number, number])[]): ConvolutionDescription[] =>
  rows.map(([filters, kernel, stride]) => ({ filters, kernel, stride }));

/** What the network is to fit. */
export interface AdaptOptions {
  /** Of the images, in pixels: 28 to 224. */
  readonly height: number;
  readonly width: number;
  /** 1 grey, 3 colour. */
  readonly channels: number;
  /** One a class, two or more. */
  readonly classNames: readonly string[];
  /** Training steps in an epoch, if known: decides the momentum of the moving statistics. */
  readonly stepsPerEpoch?: number;
  /** `false` leaves the decoder out. */
  readonly decoder?: boolean;
}

/** Steps from which on an epoch is long enough for the paper's momentum. */
const longEpoch = 1000;

/**
 * The description of an Efficient-CapsNet for these images, by the rule above. A pure function; Mazzia, Salvetti, Chiaberge 2021, at its own size.
 *
 * @throws DescriptionError when the images are too small or too large
 */
export function adaptEfficientCapsNet(options: AdaptOptions): EfficientCapsnetDescription {
  const { height, width, channels, classNames, stepsPerEpoch = longEpoch, decoder = true } = options;
  const input: ImageShape = [height, width, channels];
  const convolutions = adaptedConvolutions(input);
  const [mapHeight, mapWidth] = mapSides(input, convolutions);
  return {
    kind: 'efficient-capsnet',
    input,
    classNames,
    decoder: decoder ? adaptedDecoder(input) : null,
    backbone: {
      convolutions,
      activation: 'relu',
      normalization: stepsPerEpoch < longEpoch ? { kind: 'batch', momentum: 0.9 } : { kind: 'batch' },
    },
    primary: {
      kernel: mapHeight === mapWidth ? mapHeight : [mapHeight, mapWidth],
      stride: 1,
      capsules: 16,
      dimensions: 8,
    },
    dimensions: 16,
    decodings: 1,
  };
}

/** The four convolutions of the MNIST model, with strides for larger images. */
export function adaptedConvolutions(input: ImageShape, lastFilters = 128): ConvolutionDescription[] {
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

/** Filters of each level of up-sampling: the work of a level stays about the same while its map grows. */
const lightMaps = [64, 32, 16, 16, 16, 16];
/** Those of the published smallNORB model, and for larger images. */
export const publishedMaps = [64, 128, 128, 64, 32, 32];

/** Dense where it is small; else up-sampling, each level of which turns a side s into 2 s - 2, and the last convolution s into s - 2. */
export function adaptedDecoder(
  [height, width, channels]: ImageShape,
  maps: readonly number[] = lightMaps,
): DecoderDescription {
  if (height * width * channels <= 4096) return { kind: 'dense', units: [512, 1024] };
  // n levels make 2^n (s - 2) of a start s
  let levels = 3;
  while (Math.max(height, width) / 2 ** levels > 12) levels++;
  while (levels > 1 && Math.min(height, width) / 2 ** levels < 4) levels--;
  const start = (side: number): number => Math.ceil(side / 2 ** levels) + 2;
  const filters = maps.slice(0, levels);
  return {
    kind: 'upsampling',
    start: [start(height), start(width)],
    filters,
    upsampleBefore: filters.map((_, index) => index + 1),
  };
}
