/** Layers: each has `specs` (shapes and starts), `init` (drawn parameters) and pure functions that apply it. */
export { activate, dense, type Activation, type Affine, type DenseOptions } from './dense.js';
export {
  conv2d,
  depthwiseConv2d,
  kernelSides,
  type ConvolutionCall,
  type ConvolutionOptions,
  type KernelSize,
} from './convolution.js';
export { batchNorm, type BatchNormOptions, type NormParameters, type NormState } from './batchNorm.js';
export { instanceNorm } from './instanceNorm.js';
export { normalize, type Normalized } from './normalize.js';
export { upsampleBilinear2x } from '@capsnet/tensor';
