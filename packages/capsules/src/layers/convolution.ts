/** Convolution layers: kernels HWIO, images NHWC, cross-correlation. */
import { add, conv2d as convolve, type Padding2d, type RandomKey, type Tensor } from '@capsnet/tensor';
import { activate, type Activation, type Affine } from './dense.js';
import type { Initializer } from './initializers.js';
import { initializeAll, spec, type LayerParameters, type LayerSpecs } from './parameters.js';

/** Height and width of a filter; one number for a square one. */
export type KernelSize = number | readonly [number, number];

/** Height and width of a filter, in pixels. */
export const kernelSides = (size: KernelSize): readonly [number, number] =>
  typeof size === 'number' ? [size, size] : size;

/** Sizes and start of a convolution. `kernel` is in pixels. */
export interface ConvolutionOptions {
  readonly channels: number;
  readonly filters: number;
  readonly kernel: KernelSize;
  readonly initializer?: Initializer;
}

/** How a convolution moves over its input, and what follows it. */
export interface ConvolutionCall {
  readonly stride?: number | readonly [number, number];
  readonly padding?: 'valid' | 'same' | Padding2d;
  readonly activation?: Activation;
}

/** The convolution layer, y = activation(x * W + b): [batch, height, width, channels] -> [batch, height', width', filters]. */
export const conv2d = {
  specs: ({
    channels,
    filters,
    kernel,
    initializer = 'glorotUniform',
  }: ConvolutionOptions): LayerSpecs<Affine> => ({
    kernel: spec([...kernelSides(kernel), channels, filters], initializer),
    bias: spec([filters], 'zeros'),
  }),
  init: (key: RandomKey, options: ConvolutionOptions): LayerParameters<Affine> =>
    initializeAll(key, conv2d.specs(options)) as LayerParameters<Affine>,
  /** [batch, height, width, channels] -> [batch, height', width', filters] */
  apply: (
    { kernel, bias }: LayerParameters<Affine>,
    x: Tensor,
    { stride = 1, padding = 'valid', activation = 'linear' }: ConvolutionCall = {},
  ): Tensor => activate(add(convolve(x, kernel, { strides: stride, padding }), bias), activation),
};

/** A filter a channel: kernel [kh, kw, 1, channels]. */
export const depthwiseConv2d = {
  specs: ({
    channels,
    kernel,
    initializer = 'glorotUniform',
  }: Omit<ConvolutionOptions, 'filters'>): LayerSpecs<Affine> => ({
    kernel: spec([...kernelSides(kernel), 1, channels], initializer),
    bias: spec([channels], 'zeros'),
  }),
  init: (key: RandomKey, options: Omit<ConvolutionOptions, 'filters'>): LayerParameters<Affine> =>
    initializeAll(key, depthwiseConv2d.specs(options)) as LayerParameters<Affine>,
  /** [batch, height, width, channels] -> [batch, height', width', channels] */
  apply: (
    { kernel, bias }: LayerParameters<Affine>,
    x: Tensor,
    { stride = 1, padding = 'valid', activation = 'linear' }: ConvolutionCall = {},
  ): Tensor =>
    activate(
      add(convolve(x, kernel, { strides: stride, padding, groups: kernel.shape[3]! }), bias),
      activation,
    ),
};
