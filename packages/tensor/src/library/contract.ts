/** Matrix products, einsum and convolution. */
import { TensorError, showShape } from '../errors.js';
import { apply } from '../graph/apply.js';
import type { Tensor } from '../graph/tensor.js';
import { resolvePadding, type Padding2d } from '../shape/rules.js';
import type { Conv2d, MatMul, Resolve, Shape, Valid } from '../shape/types.js';

/**
 * Matrix product of the last two axes, [..., m, k] x [..., k, n] -> [..., m, n]; leading axes broadcast.
 * `transposeA` / `transposeB` take an operand with its last two axes swapped, without moving it.
 */
export const matmul = <
  A extends Shape,
  B extends Shape,
  const TA extends boolean = false,
  const TB extends boolean = false,
>(
  a: Tensor<A>,
  b: Tensor<B> & Valid<MatMul<A, B, TA, TB>>,
  options: { readonly transposeA?: TA; readonly transposeB?: TB } = {},
): Tensor<Resolve<MatMul<A, B, TA, TB>>> =>
  apply('matmul', [a, b], {
    transposeA: options.transposeA ?? false,
    transposeB: options.transposeB ?? false,
  });

/** How a filter moves over its input. */
export interface Conv2dOptions<
  Strides extends number | readonly [number, number] = number | readonly [number, number],
  Padding extends 'valid' | 'same' | Padding2d = 'valid' | 'same' | Padding2d,
  Groups extends number = number,
> {
  /** Step along height and width; default 1. */
  readonly strides?: Strides;
  /** `valid` (default), `same` as TensorFlow, or explicit [[top, bottom], [left, right]]. */
  readonly padding?: Padding;
  /** Channels are split into this many groups that do not mix; groups = channels is a depthwise convolution. Default 1. */
  readonly groups?: Groups;
}

/** Explicit padding leaves the size of the output to run time. */
type NamedPadding<P> = P extends 'valid' | 'same' ? P : never;
type ConvShape<
  X extends Shape,
  W extends Shape,
  St extends number | readonly [number, number],
  P,
  G extends number,
> = [NamedPadding<P>] extends [never]
  ? readonly [number, number, number, number]
  : Conv2d<X, W, St, NamedPadding<P>, G>;

/**
 * 2-D convolution (cross-correlation, as everywhere in the field): x [n, h, w, c] and filter [kh, kw, c / groups, o]
 * give [n, h', w', o].
 *
 * @throws TensorError when ranks, channels or groups do not fit, or the filter is larger than the padded input
 */
export function conv2d<
  X extends Shape,
  W extends Shape,
  const St extends number | readonly [number, number] = 1,
  const P extends 'valid' | 'same' | Padding2d = 'valid',
  const G extends number = 1,
>(
  x: Tensor<X>,
  filter: Tensor<W> & Valid<ConvShape<X, W, St, P, G>>,
  options: Conv2dOptions<St, P, G> = {},
): Tensor<Resolve<ConvShape<X, W, St, P, G>>> {
  const step: number | readonly [number, number] = options.strides ?? 1;
  const strides: readonly [number, number] = typeof step === 'number' ? [step, step] : step;
  if (x.rank !== 4 || filter.rank !== 4) {
    throw new TensorError(
      'conv2d',
      `input ${showShape(x.shape)}, filter ${showShape(filter.shape)}: wanted [batch, height, width, channels] and [height, width, channels in / groups, channels out].`,
    );
  }
  const padding = resolvePadding(
    options.padding ?? 'valid',
    [x.shape[1]!, x.shape[2]!],
    [filter.shape[0]!, filter.shape[1]!],
    strides,
  );
  return apply('conv2d', [x, filter], { strides, padding, groups: options.groups ?? 1 });
}
