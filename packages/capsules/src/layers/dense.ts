/** The fully connected layer. */
import { add, leakyRelu, matmul, relu, sigmoid, tanh, type RandomKey, type Tensor } from '@capsnet/tensor';
import type { Initializer } from './initializers.js';
import { initializeAll, spec, type LayerParameters, type LayerSpecs } from './parameters.js';

/** What follows a layer: a name, or the slope of a leaky ReLU below 0. */
export type Activation = 'linear' | 'relu' | 'sigmoid' | 'tanh' | { readonly leakyRelu: number };

/** The activation of a layer, element-wise: the result has the shape of x. */
export function activate(x: Tensor, activation: Activation): Tensor {
  if (typeof activation === 'object') return leakyRelu(x, activation.leakyRelu);
  switch (activation) {
    case 'linear':
      return x;
    case 'relu':
      return relu(x);
    case 'sigmoid':
      return sigmoid(x);
    case 'tanh':
      return tanh(x);
  }
}

/** Sizes and start of a fully connected layer. */
export interface DenseOptions {
  readonly inputs: number;
  readonly outputs: number;
  /** Start of the kernel; `glorotUniform` (Keras' own) by default. The bias starts at 0. */
  readonly initializer?: Initializer;
}

/** Names of the parameters of layers with a kernel and a bias. */
export type Affine = 'kernel' | 'bias';

/** The fully connected layer, y = activation(x W + b): [..., inputs] -> [..., outputs]. */
export const dense = {
  specs: ({ inputs, outputs, initializer = 'glorotUniform' }: DenseOptions): LayerSpecs<Affine> => ({
    kernel: spec([inputs, outputs], initializer),
    bias: spec([outputs], 'zeros'),
  }),
  init: (key: RandomKey, options: DenseOptions): LayerParameters<Affine> =>
    initializeAll(key, dense.specs(options)) as LayerParameters<Affine>,
  /** [..., inputs] x [inputs, outputs] + bias -> [..., outputs] */
  apply: ({ kernel, bias }: LayerParameters<Affine>, x: Tensor, activation: Activation = 'linear'): Tensor =>
    activate(add(matmul(x, kernel), bias), activation),
};
