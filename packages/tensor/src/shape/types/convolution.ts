/** Two-dimensional convolution: NHWC x HWIO -> NHWC. */
import type { Add, DivideWithRest, FloorDivide, Multiply, Subtract } from './length.js';
import type { Differ, HasRank, IsLength, IsSame, Shape, ShapeError, Show } from './shape.js';

/** Explicit zero padding, `[[top, bottom], [left, right]]`. */
type Around = readonly [readonly [number, number], readonly [number, number]];

type FourAxes = [number, number, number, number];

/** [height, width] of the steps. */
type Steps<Strides> = [Strides] extends [infer Step extends number]
  ? [Step, Step]
  : [Strides] extends [readonly [infer Height extends number, infer Width extends number]]
    ? [Height, Width]
    : [number, number];

/** floor((length - kernel) / stride) + 1; `never` when the kernel is larger than the input. */
type Placements<Length extends number, Kernel extends number, Stride extends number> = [
  Subtract<Length, Kernel>,
] extends [never]
  ? never
  : Add<FloorDivide<Subtract<Length, Kernel>, Stride>, 1>;

/** Output length along an axis. `same` gives ceil(length / stride) = floor((length + stride - 1) / stride). */
type Extent<
  Length extends number,
  Kernel extends number,
  Stride extends number,
  Padding,
  Axis extends 0 | 1,
> = [Padding] extends ['same']
  ? FloorDivide<Add<Length, Subtract<Stride, 1>>, Stride>
  : [Padding] extends ['valid']
    ? Placements<Length, Kernel, Stride>
    : [Padding] extends [Around]
      ? Placements<Add<Length, Add<Padding[Axis][0], Padding[Axis][1]>>, Kernel, Stride>
      : number;

/** Is `Channels` a multiple of `Groups`, as far as is known? */
type Divides<Channels extends number, Groups extends number> = Groups extends 1
  ? true
  : DivideWithRest<Channels, Groups>[1] extends infer Rest
    ? IsLength<Rest> extends true
      ? Rest extends 0
        ? true
        : false
      : true
    : never;

type Output<
  N extends number,
  Height extends number,
  Width extends number,
  Filters extends number,
  X extends Shape,
  W extends Shape,
> = [Height] extends [never]
  ? TooLarge<X, W>
  : [Width] extends [never]
    ? TooLarge<X, W>
    : [N, Height, Width, Filters];

type TooLarge<
  X extends Shape,
  W extends Shape,
> = ShapeError<`conv2d: the filter ${Show<W>} is larger than the input ${Show<X>}. Use padding 'same' or a smaller filter`>;

type Convolve<
  X extends Shape,
  W extends Shape,
  Strides,
  Padding,
  Groups extends number,
> = X extends readonly [
  infer N extends number,
  infer H extends number,
  infer Wd extends number,
  infer Channels extends number,
]
  ? W extends readonly [
      infer Kh extends number,
      infer Kw extends number,
      infer PerGroup extends number,
      infer Filters extends number,
    ]
    ? true extends IsSame<Groups, 0> | IsSame<Steps<Strides>[0], 0> | IsSame<Steps<Strides>[1], 0>
      ? ShapeError<'conv2d: strides and groups must be at least 1'>
      : Differ<Channels, Multiply<PerGroup, Groups>> extends true
        ? ChannelsDisagree<X, W, Channels, PerGroup, Groups>
        : Divides<Filters, Groups> extends true
          ? Output<
              N,
              Extent<H, Kh, Steps<Strides>[0], Padding, 0>,
              Extent<Wd, Kw, Steps<Strides>[1], Padding, 1>,
              Filters,
              X,
              W
            >
          : ShapeError<`conv2d: the ${Filters} filters of ${Show<W>} do not divide into ${Groups} groups`>
    : ShapeError<`conv2d: the filter ${Show<W>} must be [height, width, channels in / groups, channels out]`>
  : ShapeError<`conv2d: the input ${Show<X>} must be [batch, height, width, channels]`>;

type ChannelsDisagree<
  X extends Shape,
  W extends Shape,
  Channels extends number,
  PerGroup extends number,
  Groups extends number,
> = ShapeError<
  Groups extends 1
    ? `conv2d: the input ${Show<X>} has ${Channels} channels, the filter ${Show<W>} takes ${PerGroup}`
    : `conv2d: the input ${Show<X>} has ${Channels} channels, the filter ${Show<W>} takes ${PerGroup} in each of ${Groups} groups, ${Multiply<PerGroup, Groups>} in all`
>;

/**
 * 2-D convolution: input `[n, h, w, c]`, filter `[kh, kw, c / groups, o]` -> `[n, h', w', o]`, where h' is
 * floor((h - kh) / stride) + 1 for `valid`, ceil(h / stride) for `same`, and as `valid` of the padded input for explicit
 * padding `[[top, bottom], [left, right]]`. Strides are one number or [height, width].
 */
export type Conv2d<
  X extends Shape,
  W extends Shape,
  Strides extends number | readonly [number, number] = 1,
  Padding extends 'valid' | 'same' | readonly [readonly [number, number], readonly [number, number]] =
    'valid',
  Groups extends number = 1,
> = Convolve<
  HasRank<X> extends true ? X : FourAxes,
  HasRank<W> extends true ? W : FourAxes,
  Strides,
  Padding,
  Groups
>;
