/**
 * Products and convolutions one by one: those of the models, found in their graphs, in the three directions that training needs. The time is the
 * sum over the steps of the plan, without the copying in and out that only a lone operation has; the speed stands beside that of the
 * micro-kernel, so that a slow build of a kernel is seen.
 */
import { hashed, hashModel, type HashModelName } from '@capsnet/capsules';
import {
  apply,
  compile,
  tensor,
  topologicalOrder,
  zeros,
  type Backend,
  type Conv2dAttributes,
  type Shape,
  type Tensor,
} from '@capsnet/tensor';
import { compare, type Beside, type Effort, type Rival, type Times } from './measure.js';
import { rivals, type Peer } from './peers.js';

export interface KernelResult {
  readonly what: 'product' | 'convolution';
  readonly name: string;
  /** For convolutions: forward, input gradient or filter gradient. */
  readonly direction?: Direction;
  readonly shape: string;
  readonly times: Times;
  /** GFLOP/s of a direct computation of the same result. */
  readonly gigaflops: number;
  readonly peers: readonly (Beside & { readonly gigaflops: number })[];
}

type Direction = 'forward' | 'input gradient' | 'filter gradient';

export interface Convolution {
  readonly name: string;
  readonly input: Shape;
  readonly filter: Shape;
  readonly output: Shape;
  readonly attributes: Conv2dAttributes;
}

const random = (shape: Shape, seed: number): Tensor =>
  tensor(
    hashed(
      shape.reduce((a, b) => a * b, 1),
      seed,
      -1,
      1,
    ),
    shape,
  );

/** Every convolution of a model at a batch size, in the order of the layers. */
export function convolutionsOf(name: HashModelName, batch: number): Convolution[] {
  const { model, parameters, state } = hashModel(name);
  const images: Tensor = zeros([batch, ...model.description.input]);
  const { lengths, reconstruction } = model.apply(parameters, state, images, { mode: 'test' });
  const nodes = topologicalOrder([lengths, ...(reconstruction ? [reconstruction] : [])]);
  const layerOf = new Map<Tensor, string>();
  for (const [layer, branch] of Object.entries(parameters)) {
    const kernel = (branch as Readonly<Record<string, Tensor>>)['kernel'];
    if (kernel) layerOf.set(kernel, layer);
  }
  return nodes
    .filter((node) => node.op === 'conv2d')
    .map((node) => ({
      name: `${name} ${layerOf.get(node.inputs[1]!) ?? 'convolution'}`,
      input: node.inputs[0]!.shape,
      filter: node.inputs[1]!.shape,
      output: node.shape,
      attributes: node.attributes<'conv2d'>(),
    }));
}

/** Multiplications and additions of a direct convolution. */
export const convolutionOperations = ({ filter, output }: Convolution): number =>
  2 * output.reduce((a, b) => a * b, 1) * filter[0]! * filter[1]! * filter[2]!;

/** Times a function in turn with the rivals, and gives everybody's speed. */
async function measured(
  fn: (...operands: Tensor[]) => Tensor,
  operands: readonly Tensor[],
  operations: number,
  backend: Backend,
  effort: Effort,
  others: readonly Rival[],
): Promise<Pick<KernelResult, 'times' | 'gigaflops' | 'peers'>> {
  const compiled = compile(fn, { backend, name: 'bench' });
  const speed = ({ median }: Times): number => operations / median / 1e6;
  try {
    const { times, peers } = await compare(
      async (runs) => {
        const list: number[] = [];
        for (let run = 0; run < runs; run++)
          list.push((await compiled.profile(...operands)).reduce((sum, step) => sum + step.milliseconds, 0));
        return list;
      },
      others,
      effort,
    );
    return {
      times,
      gigaflops: speed(times),
      peers: peers.map((peer) => ({ ...peer, gigaflops: speed(peer.times) })),
    };
  } finally {
    compiled.release();
  }
}

/** Times a convolution forward and backward. */
export async function* benchConvolution(
  convolution: Convolution,
  backend: Backend,
  effort: Effort,
  peers: readonly Peer[] = [],
): AsyncGenerator<KernelResult> {
  const { name, input, filter, output, attributes } = convolution;
  const [x, w, dy] = [random(input, 1), random(filter, 2), random(output, 3)];
  const directions: [Direction, (...operands: Tensor[]) => Tensor, Tensor[]][] = [
    ['forward', (a, b) => apply('conv2d', [a, b], attributes), [x, w]],
    [
      'input gradient',
      (a, b) => apply('conv2dInputGradient', [a, b], { ...attributes, inputShape: input }),
      [dy, w],
    ],
    [
      'filter gradient',
      (a, b) => apply('conv2dFilterGradient', [a, b], { ...attributes, filterShape: filter }),
      [x, dy],
    ],
  ];
  for (const [direction, fn, operands] of directions) {
    const shape = `[${input.join(',')}] * [${filter.join(',')}] / ${attributes.strides[0]}`;
    const { strides, groups } = attributes;
    const others = rivals(peers, { task: 'convolution', direction, input, filter, strides, groups });
    const speed = await measured(fn, operands, convolutionOperations(convolution), backend, effort, others);
    yield { what: 'convolution', name, direction, shape, ...speed };
  }
}

/** [m, k] x [k, n]: square ones, and those of the decoder forward and backward. */
export type Product = readonly [m: number, k: number, n: number, transposed?: 'a' | 'b' | undefined];

export const products: readonly Product[] = [
  [256, 256, 256],
  [512, 512, 512],
  [1024, 1024, 1024],
  [16, 512, 1024],
  [16, 1024, 784],
  [16, 784, 1024, 'b'],
  [1024, 16, 784, 'a'],
];

/** Products that fill a graphics processor. */
export const largeProducts: typeof products = [
  [2048, 2048, 2048],
  [4096, 4096, 4096],
];

export async function benchProduct(
  [m, k, n, transposed]: Product,
  backend: Backend,
  effort: Effort,
  peers: readonly Peer[] = [],
): Promise<KernelResult> {
  const attributes = { transposeA: transposed === 'a', transposeB: transposed === 'b' };
  const [left, right] = [transposed === 'a' ? [k, m] : [m, k], transposed === 'b' ? [n, k] : [k, n]] as const;
  return {
    what: 'product',
    name: 'matmul',
    shape: `[${left.join(',')}]${transposed === 'a' ? 'T' : ''} x [${right.join(',')}]${transposed === 'b' ? 'T' : ''}`,
    ...(await measured(
      (a, b) => apply('matmul', [a, b], attributes),
      [random(left, 1), random(right, 2)],
      2 * m * k * n,
      backend,
      effort,
      rivals(peers, { task: 'product', shape: [m, k, n], transposed }),
    )),
  };
}
