/**
 * How weights start, exactly as Keras does it: scales from the fans of the shape.
 * Glorot and Bengio 2010 (eq. 16, averaged fans); He et al. 2015 (eq. 10).
 */
import {
  randomTruncatedNormal,
  randomUniform,
  sizeOf,
  ones,
  TensorError,
  zeros,
  showShape,
  type RandomKey,
  type Shape,
  type Tensor,
} from '@capsnet/tensor';

/** Starts of a parameter, named as in Keras. */
export type Initializer = 'heNormal' | 'heUniform' | 'glorotNormal' | 'glorotUniform' | 'zeros' | 'ones';

/**
 * Inputs and outputs of one unit. The last two axes are (in, out) and the axes before them a receptive field, whatever the tensor means:
 * the capsule weights [10, 16, 8, 16] get fan_in 10 * 16 * 8 = 1280, as in Keras.
 */
export function fans(shape: Shape): { readonly fanIn: number; readonly fanOut: number } {
  if (shape.length === 0) return { fanIn: 1, fanOut: 1 };
  if (shape.length === 1) return { fanIn: shape[0]!, fanOut: shape[0]! };
  const field = sizeOf(shape.slice(0, -2));
  return { fanIn: field * shape.at(-2)!, fanOut: field * shape.at(-1)! };
}

/** Standard deviation of a normal distribution whose numbers beyond two sigma are redrawn, for sigma = 1. */
const truncatedDeviation = 0.87962566103423978;

/** What an initialiser draws from: a normal of `sigma`, redrawn beyond 2 sigma, or a uniform of [-limit, limit]. */
export type Distribution =
  | { readonly kind: 'truncatedNormal'; readonly sigma: number }
  | { readonly kind: 'uniform'; readonly limit: number };

/** The distribution of a random initialiser for a shape. */
export function distributionOf(
  initializer: Exclude<Initializer, 'zeros' | 'ones'>,
  shape: Shape,
): Distribution {
  const { fanIn, fanOut } = fans(shape);
  const variance = initializer.startsWith('he') ? 2 / Math.max(1, fanIn) : 2 / Math.max(1, fanIn + fanOut);
  return initializer.endsWith('Normal')
    ? { kind: 'truncatedNormal', sigma: Math.sqrt(variance) / truncatedDeviation }
    : { kind: 'uniform', limit: Math.sqrt(3 * variance) };
}

/**
 * Draws a tensor. `zeros` and `ones` ignore the key.
 * Variances are those of He et al. 2015 (2 / fan in) and Glorot and Bengio 2010 (2 / (fan in + fan out)); see `fans`.
 *
 * @returns a tensor of the given shape
 * @throws TensorError for a shape that is none
 */
export function initialize<const S extends Shape>(
  initializer: Initializer,
  key: RandomKey,
  shape: S,
): Tensor<S> {
  switch (initializer) {
    case 'zeros':
      return zeros(shape);
    case 'ones':
      return ones(shape);
    case 'heNormal':
    case 'heUniform':
    case 'glorotNormal':
    case 'glorotUniform': {
      const distribution = distributionOf(initializer, shape);
      return distribution.kind === 'uniform'
        ? randomUniform(key, shape, -distribution.limit, distribution.limit)
        : randomTruncatedNormal(key, shape, distribution.sigma);
    }
    default:
      throw new TensorError(
        'initialize',
        `there is no initialiser "${String(initializer)}" for ${showShape(shape)}. Known: heNormal, heUniform, glorotNormal, glorotUniform, zeros, ones.`,
      );
  }
}
