/** A model as a table: what `capsnet info` prints. Shapes come from the lazy graph; nothing is computed or drawn. */
import { fill, type Shape } from '@capsnet/tensor';
import { countParameters, mapSpecs } from '../layers/parameters.js';
import type { Model } from './model.js';

/** A row of the table. */
export interface LayerSummary {
  readonly layer: string;
  /** Of the layer's output, without the batch axis. */
  readonly output: Shape;
  /** Trained numbers of the layer. */
  readonly parameters: number;
}

/** The table, with its sums. */
export interface ModelSummary {
  readonly layers: readonly LayerSummary[];
  /** Trained numbers in all. */
  readonly parameters: number;
  /** Trained numbers without the decoder, which the papers' tables leave out. */
  readonly parametersWithoutDecoder: number;
  /** Numbers of the moving statistics. */
  readonly statistics: number;
}

const isDecoder = (layer: string): boolean => layer.startsWith('dec');

/** The layers of a model with the shapes of their outputs and the numbers of their parameters. */
export function summarize(model: Model): ModelSummary {
  const { parameterSpecs, stateSpecs, description } = model;
  const layers: LayerSummary[] = [];
  const placeholder = (tree: typeof parameterSpecs) => mapSpecs(({ shape }) => fill(shape, 0), tree);
  model.apply(placeholder(parameterSpecs), placeholder(stateSpecs), fill([1, ...description.input], 0), {
    mode: 'test',
    observe: (layer, output) => {
      const branch = parameterSpecs[layer];
      layers.push({ layer, output: output.shape.slice(1), parameters: branch ? countParameters(branch) : 0 });
    },
  });
  const parameters = countParameters(parameterSpecs);
  const decoder = layers
    .filter(({ layer }) => isDecoder(layer))
    .reduce((total, layer) => total + layer.parameters, 0);
  return {
    layers,
    parameters,
    parametersWithoutDecoder: parameters - decoder,
    statistics: countParameters(stateSpecs),
  };
}
