/**
 * Parameters before they have numbers: a tree of shapes and initialisers. A model states this tree once; drawing weights, counting them,
 * and checking a weights file all read it.
 */
import {
  foldIn,
  leaves,
  leavesWithPaths,
  mapTree,
  sizeOf,
  unflatten,
  type RandomKey,
  type Shape,
  type Tensor,
} from '@capsnet/tensor';
import { initialize, type Initializer } from './initializers.js';

/** Shape and start of one parameter: a leaf of a tree of parameters. */
export class ParameterSpec {
  constructor(
    readonly shape: Shape,
    readonly initializer: Initializer,
  ) {}
}

/** Nested records of tensors, named as in weights files: `parameters.conv1.kernel`. */
export interface Parameters {
  readonly [name: string]: Tensor | Parameters;
}

/** A tree of specifications; the same nesting as the parameters it describes. */
export interface ParameterSpecs {
  readonly [name: string]: ParameterSpec | ParameterSpecs;
}

/** The tensors of one layer. */
export type LayerParameters<Names extends string> = { readonly [Name in Names]: Tensor };
/** The specifications of one layer. */
export type LayerSpecs<Names extends string> = { readonly [Name in Names]: ParameterSpec };

/** The shape of a parameter and how it starts. */
export const spec = (shape: Shape, initializer: Initializer): ParameterSpec =>
  new ParameterSpec(shape, initializer);

/** Draws every parameter of a tree; each has a key of its own, so that the numbers of one do not depend on the shapes of others. */
export function initializeAll(key: RandomKey, specs: ParameterSpecs): Parameters {
  const drawn = leaves<ParameterSpec>(specs).map(({ shape, initializer }, index) =>
    initialize(initializer, foldIn(key, index), shape),
  );
  return unflatten<unknown>(specs, drawn) as Parameters;
}

/** Number of numbers in a tree of specifications or of tensors. */
export const countParameters = (tree: unknown): number =>
  leaves<{ readonly shape: Shape }>(tree).reduce((total, { shape }) => total + sizeOf(shape), 0);

/** The branch of one layer. */
export function layerOf<Names extends string>(parameters: Parameters, layer: string): LayerParameters<Names> {
  return parameters[layer] as LayerParameters<Names>;
}

/** Path of every leaf. */
export const pathsOf = (tree: unknown): string[] => leavesWithPaths(tree).map(({ path }) => path);

/** The same tree with tensors made from specifications by `make`. */
export const mapSpecs = (make: (spec: ParameterSpec) => Tensor, specs: ParameterSpecs): Parameters =>
  mapTree(make as (leaf: never) => Tensor, specs as unknown) as unknown as Parameters;
