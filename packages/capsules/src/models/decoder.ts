/** Decoders: from the one capsule that the mask left to the image it stands for. */
import { reshape, slice, TensorError, upsampleBilinear2x, showShape, type Tensor } from '@capsnet/tensor';
import { conv2d } from '../layers/convolution.js';
import { dense, type Affine } from '../layers/dense.js';
import { layerOf, type Parameters, type ParameterSpecs } from '../layers/parameters.js';
import {
  DescriptionError,
  type DecoderDescription,
  type DenseDecoderDescription,
  type ImageShape,
  type UpsamplingDecoderDescription,
} from './description.js';
import type { ApplyOptions } from './model.js';

type Observe = ApplyOptions['observe'];

/** Parameters `dec1`, `dec2`, ... or `dec_dense`, `dec_conv1`, .... */
export function decoderSpecs(
  decoder: DecoderDescription | null,
  inputs: number,
  image: ImageShape,
): ParameterSpecs {
  if (!decoder) return {};
  return decoder.kind === 'dense'
    ? denseSpecs(decoder, inputs, image)
    : upsamplingSpecs(decoder, inputs, image);
}

/** [batch, inputs] -> [batch, height, width, channels] with values in (0, 1). */
export const applyDecoder = (
  decoder: DecoderDescription,
  parameters: Parameters,
  code: Tensor,
  image: ImageShape,
  observe?: Observe,
): Tensor =>
  decoder.kind === 'dense'
    ? applyDense(decoder, parameters, code, image, observe)
    : applyUpsampling(decoder, parameters, code, image, observe);

/** Sabour et al. 2017, figure 2; starts as the published Efficient-CapsNet code: He, and Glorot for the last layer. */
function denseSpecs(
  { units }: DenseDecoderDescription,
  inputs: number,
  [height, width, channels]: ImageShape,
): ParameterSpecs {
  const sizes = [inputs, ...units, height * width * channels];
  return Object.fromEntries(
    sizes.slice(1).map((outputs, index) => {
      const last = index === units.length;
      return [
        `dec${index + 1}`,
        dense.specs({ inputs: sizes[index]!, outputs, initializer: last ? 'glorotNormal' : 'heNormal' }),
      ];
    }),
  );
}

function applyDense(
  { units }: DenseDecoderDescription,
  parameters: Parameters,
  code: Tensor,
  image: ImageShape,
  observe: Observe,
): Tensor {
  let x = code;
  for (let index = 0; index <= units.length; index++) {
    x = dense.apply(
      layerOf<Affine>(parameters, `dec${index + 1}`),
      x,
      index === units.length ? 'sigmoid' : 'relu',
    );
    observe?.(`dec${index + 1}`, x);
  }
  return reshape(x, [code.shape[0]!, ...image]);
}

/** The smallNORB decoder of the published Efficient-CapsNet code. */
function upsamplingSpecs(
  { start, filters, upsampleBefore }: UpsamplingDecoderDescription,
  inputs: number,
  image: ImageShape,
): ParameterSpecs {
  let [height, width]: readonly number[] = start;
  for (let layer = 1; layer <= filters.length + 1; layer++) {
    const scale = upsampleBefore.includes(layer) ? 2 : 1;
    height = scale * height - 2;
    width = scale * width - 2;
  }
  if (height < image[0] || width < image[1]) {
    throw new DescriptionError(
      `the up-sampling decoder makes ${height}x${width} pixels, the images have ${image[0]}x${image[1]}. Use a larger start map or up-sample more often.`,
    );
  }
  const channels = [1, ...filters, image[2]];
  return {
    dec_dense: dense.specs({ inputs, outputs: start[0] * start[1] }),
    ...Object.fromEntries(
      channels
        .slice(1)
        .map((count, index) => [
          `dec_conv${index + 1}`,
          conv2d.specs({ channels: channels[index]!, filters: count, kernel: 3 }),
        ]),
    ),
  };
}

function applyUpsampling(
  { start, filters, upsampleBefore }: UpsamplingDecoderDescription,
  parameters: Parameters,
  code: Tensor,
  [height, width, channels]: ImageShape,
  observe: Observe,
): Tensor {
  const batch = code.shape[0]!;
  const seed = dense.apply(layerOf<Affine>(parameters, 'dec_dense'), code);
  observe?.('dec_dense', seed);
  let x: Tensor = reshape(seed, [batch, ...start, 1]);
  for (let layer = 1; layer <= filters.length + 1; layer++) {
    if (upsampleBefore.includes(layer)) x = upsampleBilinear2x(x);
    x = conv2d.apply(layerOf<Affine>(parameters, `dec_conv${layer}`), x, {
      activation: layer > filters.length ? 'sigmoid' : { leakyRelu: 0.2 },
    });
    observe?.(`dec_conv${layer}`, x);
  }
  const [, rows, columns] = x.shape as [number, number, number, number];
  if (rows === height && columns === width) return x;
  if (rows < height || columns < width)
    throw new TensorError(
      'decoder',
      `${showShape(x.shape)} is smaller than the image [${height},${width},${channels}].`,
    );
  return slice(
    x,
    [0, Math.floor((rows - height) / 2), Math.floor((columns - width) / 2), 0],
    [batch, height, width, channels],
  );
}
