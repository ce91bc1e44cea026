/**
 * Winograd's convolution: 3 x 3 filters with stride 1 in tiles of 4 x 4 results (36 products for 144), with stride 2 in tiles of 3 x 3 (49 for 81), and
 * 9 x 9 filters with stride 2 in tiles of 3 x 3 (169 for 729; `winogradNine.ts`). The kernels are in `assembly/winograd.ts`, the error against the plain algorithm in `docs/performance.md`.
 */
import type { Single } from '../../../compile/schedule.js';
import type { Tensor } from '../../../graph/tensor.js';
import type { Conv2dGeometry } from '../../../shape/rules.js';
import { Workspace, type Lowered, type Step } from './kernel.js';
import { activationWords } from './matmul.js';

export interface Scheme {
  /** The number by which the kernels know it. */
  readonly number: 3 | 4 | 9;
  /** Taps of the filter an axis. */
  readonly taps: number;
  /** Results a tile and axis. */
  readonly results: 3 | 4;
  /** Inputs, and products, a tile and axis. */
  readonly points: number;
  /** Planes of the filter. */
  readonly filterPlanes: number;
}

const schemes: readonly (Scheme & { readonly stride: number })[] = [
  { number: 4, stride: 1, taps: 3, results: 4, points: 6, filterPlanes: 36 },
  { number: 3, stride: 2, taps: 3, results: 3, points: 7, filterPlanes: 25 },
  { number: 9, stride: 2, taps: 9, results: 3, points: 13, filterPlanes: 169 },
];

/** Fewer tiles than this do not pay for the transform of the filter. */
const fewestTiles = 12;
/** Bytes of a thread's block of V and M together, to lie in the second-level cache. */
const blockBytes = 360_000;

const tilesOf = (g: Conv2dGeometry, { results }: Scheme): { down: number; across: number; all: number } => {
  const down = Math.ceil(g.outputHeight / results);
  const across = Math.ceil(g.outputWidth / results);
  return { down, across, all: g.batch * down * across };
};

/** The scheme that serves a convolution, or undefined where the direct kernels are better. */
export function winogradScheme(g: Conv2dGeometry): Scheme | undefined {
  const scheme = schemes.find(({ stride, taps }) => g.strideHeight === stride && g.filterHeight === taps);
  if (!scheme || g.strideWidth !== g.strideHeight || g.filterWidth !== g.filterHeight) return undefined;
  if (g.groups !== 1 || g.inputChannels % 8 !== 0 || g.outputChannels % 8 !== 0) return undefined;
  const tiles = tilesOf(g, scheme);
  // Tiles that reach far beyond the results waste more than they save.
  const products = scheme.points ** 2 * tiles.down * tiles.across;
  const direct = scheme.taps ** 2 * g.outputHeight * g.outputWidth;
  return tiles.all >= fewestTiles && products < 0.75 * direct ? scheme : undefined;
}

/** Bytes between planes: whole cache lines, and not near a multiple of 4 KiB, where all planes would fall into one set of the cache. */
function planeStride(bytes: number): number {
  let stride = Math.ceil(bytes / 64) * 64 + 192;
  while (stride % 4096 < 192 || stride % 4096 > 3904) stride += 192;
  return stride;
}

/** What all kernels of one convolution share. */
export class Layout {
  readonly workspace = new Workspace();
  readonly tiles;
  readonly planeU;
  readonly planes;
  private readonly scratch;
  private readonly scratchBytes;
  private readonly blockTiles;

  /** @param whole V and M of all tiles lie in the workspace instead of a block of them in each thread's scratch. */
  constructor(
    readonly g: Conv2dGeometry,
    readonly scheme: Scheme,
    threads: number,
    private readonly whole: boolean,
    /** Numbers of a plane of the filter that are in memory at a time. */
    filterNumbers = g.inputChannels * g.outputChannels,
  ) {
    this.tiles = tilesOf(g, scheme);
    this.planes = scheme.points ** 2;
    this.planeU = planeStride(filterNumbers * 4);
    const channels = g.inputChannels + g.outputChannels;
    const most = Math.max(6, Math.floor(blockBytes / (this.planes * channels * 4) / 6) * 6);
    this.blockTiles = Math.min(most, this.tiles.all);
    // Pixels of scheme 9 are 64 bytes apart: see `patchPixel` of the kernels. Its filters are transformed 64 rows of a panel at a time.
    const pixel = Math.max(g.inputChannels, g.outputChannels) * 4 + (scheme.number === 9 ? 64 : 0);
    const patch = Math.max(this.planes * pixel, scheme.number === 9 ? 81 * 2112 : 0) + 192;
    const block = whole ? 0 : this.planes * (this.planeV + this.planeM);
    this.scratchBytes = Math.ceil((2752 + patch + block) / 64) * 64 + 192;
    this.scratch = this.workspace.take((this.scratchBytes / 4) * threads);
  }

  get planeV(): number {
    // Whole: perhaps in panels of 12 channels.
    const channels = this.whole ? Math.ceil(this.g.inputChannels / 12) * 12 : this.g.inputChannels;
    return planeStride(this.held * channels * 4);
  }

  get planeM(): number {
    return planeStride(this.held * this.g.outputChannels * 4);
  }

  /** Tiles for which V and M are kept at a time. */
  private get held(): number {
    return this.whole ? this.tiles.all : this.blockTiles;
  }

  /** Offset of memory for `planes` planes. */
  take(planes: number, stride: number): number {
    return this.workspace.take((planes * stride) / 4);
  }

  words(base: number): number[] {
    const { g, scheme, tiles } = this;
    return [
      scheme.number,
      g.batch,
      g.inputHeight,
      g.inputWidth,
      g.inputChannels,
      g.outputChannels,
      g.outputHeight,
      g.outputWidth,
      g.padTop,
      g.padLeft,
      tiles.down,
      tiles.across,
      this.blockTiles,
      this.planeV,
      this.planeM,
      this.planeU,
      base + this.scratch,
      this.scratchBytes,
    ];
  }
}

export type Common = Pick<Lowered, 'label' | 'shape' | 'operations'>;

export function winogradForward(
  single: Single,
  g: Conv2dGeometry,
  scheme: Scheme,
  threads: number,
  common: Common,
): Lowered {
  const { node, bias } = single;
  const [x, w] = node.inputs as [Tensor, Tensor];
  const layout = new Layout(g, scheme, threads, false);
  const filter = layout.take(scheme.filterPlanes, layout.planeU);
  const [kind, alpha] = activationWords(single);
  return {
    ...common,
    workspaceBytes: layout.workspace.bytes,
    encode(at, base) {
      const words = layout.words(base);
      return [
        { kernel: 'winogradFilter', words: [...words, at(w), base + filter, 0] },
        {
          kernel: 'winogradForward',
          words: [...words, at(x), base + filter, at(single.result), bias ? at(bias) : 0, kind, alpha],
        },
      ];
    },
  };
}

export function winogradInputGradient(
  { node, result }: Single,
  g: Conv2dGeometry,
  scheme: Scheme,
  threads: number,
  common: Common,
): Lowered {
  const [dy, w] = node.inputs as [Tensor, Tensor];
  const layout = new Layout(g, scheme, threads, false);
  const filter = layout.take(scheme.filterPlanes, layout.planeU);
  return {
    ...common,
    workspaceBytes: layout.workspace.bytes,
    encode(at, base) {
      const words = layout.words(base);
      return [
        { kernel: 'winogradFilter', words: [...words, at(w), base + filter, 1] },
        { kernel: 'winogradInputGradient', words: [...words, at(dy), base + filter, at(result)] },
      ];
    },
  };
}

/** Bytes of V and dM that are in memory at once: about what the second-level cache and a part of the third hold. */
const chunkBytes = 2_000_000;

/** Images of which V and dM are in memory at once. Each chunk is added to all of dU, so it is no smaller than that. */
function imagesAtOnce(g: Conv2dGeometry, scheme: Scheme): number {
  const { down, across } = tilesOf(g, scheme);
  const image = scheme.points ** 2 * down * across * (g.inputChannels + g.outputChannels) * 4;
  const sums = scheme.filterPlanes * g.inputChannels * g.outputChannels * 4;
  const chunks = Math.ceil(g.batch / Math.max(1, Math.floor(Math.max(chunkBytes, sums) / image)));
  return Math.ceil(g.batch / chunks);
}

export function winogradFilterGradient(
  { node, result }: Single,
  g: Conv2dGeometry,
  scheme: Scheme,
  threads: number,
  common: Common,
): Lowered {
  const [x, dy] = node.inputs as [Tensor, Tensor];
  const batch = imagesAtOnce(g, scheme);
  const chunks = Math.ceil(g.batch / batch);
  const layout = new Layout({ ...g, batch }, scheme, threads, true);
  // Several threads transform one chunk while the one before is multiplied: half as many barriers.
  const buffers = Array.from({ length: Math.min(threads, chunks, 2) }, () => ({
    v: layout.take(layout.planes, layout.planeV),
    m: layout.take(layout.planes, layout.planeM),
  }));
  const filter = layout.take(scheme.filterPlanes, layout.planeU);
  const image = g.inputHeight * g.inputWidth * g.inputChannels * 4;
  const gradient = g.outputHeight * g.outputWidth * g.outputChannels * 4;
  return {
    ...common,
    workspaceBytes: layout.workspace.bytes,
    encode(at, base) {
      const words = layout.words(base);
      const [number, , ...rest] = words as [number, number, ...number[]];
      const ofChunk = (chunk: number): number[] => [
        number,
        Math.min(batch, g.batch - chunk * batch),
        ...rest,
      ];
      const bufferOf = (chunk: number): number[] => {
        const { v, m } = buffers[chunk % buffers.length]!;
        return [base + v, base + m];
      };
      const transforms = (chunk: number): Step => ({
        kernel: 'winogradTransforms',
        words: [
          ...ofChunk(chunk),
          at(x) + chunk * batch * image,
          at(dy) + chunk * batch * gradient,
          ...bufferOf(chunk),
          1,
        ],
      });
      const products = (chunk: number): Step => ({
        kernel: 'winogradFilterProducts',
        words: [
          ...ofChunk(chunk),
          ...bufferOf(chunk),
          base + filter,
          0,
          g.outputChannels / 8,
          chunk === 0 ? 0 : 1,
        ],
      });
      const rounds: (Step | Step[])[] = [transforms(0)];
      for (let chunk = 0; chunk < chunks; chunk++) {
        if (chunk + 1 === chunks) rounds.push(products(chunk));
        else if (buffers.length > 1) rounds.push([products(chunk), transforms(chunk + 1)]);
        else rounds.push(products(chunk), transforms(chunk + 1));
      }
      return [...rounds, { kernel: 'winogradFilterAdjoint', words: [...words, base + filter, at(result)] }];
    },
  };
}
