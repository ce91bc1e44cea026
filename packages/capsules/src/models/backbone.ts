/** Convolution -> activation -> normalisation, repeated: what stands before the capsules. */
import type { Tensor } from '@capsnet/tensor';
import { batchNorm, type NormParameters, type NormState } from '../layers/batchNorm.js';
import { conv2d } from '../layers/convolution.js';
import type { Affine } from '../layers/dense.js';
import { instanceNorm } from '../layers/instanceNorm.js';
import { layerOf, type LayerParameters, type Parameters, type ParameterSpecs } from '../layers/parameters.js';
import type { BackboneDescription } from './description.js';
import type { ApplyOptions } from './model.js';

/** Parameters `conv1`, `bn1` (or `in1`), `conv2`, ...; convolutions start as He et al. 2015. */
export function backboneSpecs(
  { convolutions, normalization }: BackboneDescription,
  channels: number,
): { parameters: ParameterSpecs; state: ParameterSpecs } {
  const parameters: Record<string, ParameterSpecs> = {};
  const state: Record<string, ParameterSpecs> = {};
  convolutions.forEach(({ filters, kernel }, index) => {
    const inputs = index === 0 ? channels : convolutions[index - 1]!.filters;
    parameters[`conv${index + 1}`] = conv2d.specs({
      channels: inputs,
      filters,
      kernel,
      initializer: 'heNormal',
    });
    if (normalization.kind === 'instance')
      parameters[`in${index + 1}`] = instanceNorm.specs({ channels: filters });
    else {
      parameters[`bn${index + 1}`] = batchNorm.specs({ channels: filters });
      state[`bn${index + 1}`] = batchNorm.stateSpecs({ channels: filters });
    }
  });
  return { parameters, state };
}

/** [batch, height, width, channels] -> the last map, and the moved statistics. */
export function applyBackbone(
  { convolutions, activation, normalization }: BackboneDescription,
  parameters: Parameters,
  state: Parameters,
  images: Tensor,
  { mode, observe, across }: ApplyOptions,
): { features: Tensor; state: Parameters } {
  let features = images;
  const moved: Record<string, LayerParameters<NormState>> = {};
  convolutions.forEach(({ stride }, index) => {
    const convolution = `conv${index + 1}`;
    const norm = `${normalization.kind === 'instance' ? 'in' : 'bn'}${index + 1}`;
    const normParameters = layerOf<NormParameters>(parameters, norm);
    features = conv2d.apply(layerOf<Affine>(parameters, convolution), features, { stride, activation });
    observe?.(convolution, features);
    if (normalization.kind === 'instance')
      features = instanceNorm.apply(normParameters, features, normalization);
    else if (mode === 'train') {
      const result = batchNorm.train(
        normParameters,
        layerOf<NormState>(state, norm),
        features,
        normalization,
        across,
      );
      features = result.output;
      moved[norm] = result.state;
    } else
      features = batchNorm.infer(normParameters, layerOf<NormState>(state, norm), features, normalization);
    observe?.(norm, features);
  });
  return { features, state: mode === 'train' ? { ...state, ...moved } : state };
}
