/**
 * Models as data. A description is plain JSON: it says everything that `buildModel` needs, travels in weights files, and is what a
 * configuration file holds. Numbers in it are architecture; no weights, no training recipe.
 */
import type { KernelSize } from '../layers/convolution.js';

/** Height, width and channels of an image. */
export type ImageShape = readonly [number, number, number];

/** A convolution of a description; `kernel` and `stride` are in pixels. */
export interface ConvolutionDescription {
  readonly filters: number;
  readonly kernel: number;
  /** Along height and width; one number for both. */
  readonly stride: number | readonly [number, number];
}

/** Batch normalisation, over the batch; the options are those of Keras unless they are named. */
export interface BatchNormDescription {
  readonly kind: 'batch';
  readonly epsilon?: number;
  readonly momentum?: number;
  readonly movingVariance?: 'unbiased' | 'biased';
}

/** Instance normalisation, over each image. */
export interface InstanceNormDescription {
  readonly kind: 'instance';
  readonly epsilon?: number;
}

/** Convolutions, each followed by its activation and then by normalisation; padding valid. */
export interface BackboneDescription {
  readonly convolutions: readonly ConvolutionDescription[];
  /** ReLU, or a leaky ReLU with this slope below 0. */
  readonly activation: 'relu' | { readonly leakyRelu: number };
  readonly normalization: BatchNormDescription | InstanceNormDescription;
}

/** Dense layers with ReLU, then one to the image's size with a sigmoid. */
export interface DenseDecoderDescription {
  readonly kind: 'dense';
  readonly units: readonly number[];
}

/**
 * A dense layer without activation to a map [start, start, 1], then 3x3 convolutions with LeakyReLU(0.2), bilinear up-sampling by 2
 * before those that `upsampleBefore` counts (from 1), and a last convolution to the image's channels with a sigmoid. What is larger than
 * the image is cut off around it.
 */
export interface UpsamplingDecoderDescription {
  readonly kind: 'upsampling';
  readonly start: readonly [number, number];
  readonly filters: readonly number[];
  readonly upsampleBefore: readonly number[];
}

/** The decoder: fully connected layers (Sabour et al. 2017, figure 2), or a small map that is enlarged and convolved. */
export type DecoderDescription = DenseDecoderDescription | UpsamplingDecoderDescription;

interface Common {
  /** Of the images. */
  readonly input: ImageShape;
  /** One a class, in the order of the labels. */
  readonly classNames: readonly string[];
  /** `null`: no reconstruction. */
  readonly decoder: DecoderDescription | null;
}

/** Depthwise primary capsules of `capsules` x `dimensions`. */
export interface PrimaryDescription {
  readonly kernel: KernelSize;
  readonly stride: number;
  readonly capsules: number;
  readonly dimensions: number;
}

/** Efficient-CapsNet (Mazzia, Salvetti, Chiaberge 2021): self-attention routing. */
export interface EfficientCapsnetDescription extends Common {
  readonly kind: 'efficient-capsnet';
  readonly backbone: BackboneDescription;
  readonly primary: PrimaryDescription;
  /** Dimensions of a class capsule. */
  readonly dimensions: number;
  /** 2 for overlaid digits: two labels, two reconstructions by one decoder. */
  readonly decodings: 1 | 2;
}

/** Efficient-CapsNet without self-attention: every child's prediction weighs alike. */
export interface BaseCapsnetDescription extends Common {
  readonly kind: 'base-capsnet';
  readonly backbone: BackboneDescription;
  readonly primary: PrimaryDescription;
  readonly dimensions: number;
}

/** The original CapsNet (Sabour, Frosst, Hinton 2017): dynamic routing. */
export interface OriginalCapsnetDescription extends Common {
  readonly kind: 'original-capsnet';
  /** Convolutions with ReLU, no normalisation. */
  readonly convolutions: readonly ConvolutionDescription[];
  readonly primary: {
    readonly kernel: number;
    readonly stride: number;
    /** Kinds of capsules at each place of the map. */
    readonly capsules: number;
    readonly dimensions: number;
    /** What the convolution is divided by; `capsules` unless named. */
    readonly divisor?: number;
  };
  readonly dimensions: number;
  /** Iterations of dynamic routing. */
  readonly iterations: number;
}

/** The plain convolutional network that capsules are compared with. */
export interface CnnDescription extends Common {
  readonly kind: 'cnn';
  readonly backbone: BackboneDescription;
  /** Units between the pooled map and the classes; the decoder redraws from them. */
  readonly hidden: number;
}

/** A model as plain JSON, told apart by `kind`. It goes into weights files and comes back as the same model. */
export type ModelDescription =
  EfficientCapsnetDescription | BaseCapsnetDescription | OriginalCapsnetDescription | CnnDescription;
/** What tells descriptions apart. */
export type ModelKind = ModelDescription['kind'];

/** A description does not fit together, or is none. */
export class DescriptionError extends Error {
  override readonly name = 'DescriptionError';
}

/** Side of a map after a valid convolution. */
export const validSide = (side: number, kernel: number, stride: number): number =>
  Math.floor((side - kernel) / stride) + 1;

/**
 * Height and width after the convolutions.
 *
 * @throws DescriptionError when the image is too small for them
 */
export function mapSides(
  input: ImageShape,
  convolutions: readonly ConvolutionDescription[],
): readonly [number, number] {
  let [height, width]: readonly number[] = input;
  convolutions.forEach(({ kernel, stride }, index) => {
    if (height! < kernel || width! < kernel) {
      throw new DescriptionError(
        `images of ${input[0]}x${input[1]} are too small: convolution ${index + 1} has a ${kernel}x${kernel} filter and ${height}x${width} pixels are left there. Use larger images or fewer convolutions.`,
      );
    }
    const [down, across] = typeof stride === 'number' ? [stride, stride] : stride;
    height = validSide(height!, kernel, down);
    width = validSide(width!, kernel, across);
  });
  return [height, width];
}
