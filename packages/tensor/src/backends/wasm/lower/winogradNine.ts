/**
 * Winograd's convolution for 9 x 9 filters with stride 2. The transformed filter is larger than the images, so the phases are steps over all tiles of a
 * chunk of the batch, and the filter comes in blocks of columns. The kernels are in `assembly/winogradSteps.ts`.
 */
import type { Single } from '../../../compile/schedule.js';
import type { Tensor } from '../../../graph/tensor.js';
import type { Conv2dGeometry } from '../../../shape/rules.js';
import { fillStep, type Lowered, type Step } from './kernel.js';
import { activationWords } from './matmul.js';
import { Layout, type Common, type Scheme } from './winograd.js';

/** Images whose transforms are in memory at once: 0.7 MB each of V and M an image of 2 x 2 tiles and 256 channels. */
const chunkImages = 32;
/** Panels of 8 columns of the filter that are transformed and multiplied at once. */
const blockPanels = 8;

/** A part of the batch: its words, and the bytes before it in x or dx and in y or dy. */
interface Chunk {
  readonly words: readonly number[];
  readonly input: number;
  readonly output: number;
  readonly first: boolean;
  /** Numbers in its part of x. */
  readonly inputSize: number;
}

interface Nine {
  readonly workspaceBytes: number;
  /** Offsets in the workspace. */
  readonly v: number;
  readonly m: number;
  readonly filter: number;
  readonly chunks: (base: number) => Chunk[];
  /** First panel and number of panels of each block of columns. */
  readonly blocks: readonly (readonly [first: number, count: number])[];
}

/** @param rows and columns of a plane of the filter, as it is multiplied */
function layOut(g: Conv2dGeometry, scheme: Scheme, threads: number, rows: number, columns: number): Nine {
  const batch = Math.min(g.batch, chunkImages);
  const block = Math.min(columns, blockPanels * 8);
  const layout = new Layout({ ...g, batch }, scheme, threads, true, rows * block);
  const v = layout.take(layout.planes, layout.planeV);
  const m = layout.take(layout.planes, layout.planeM);
  const filter = layout.take(scheme.filterPlanes, layout.planeU);
  const image = g.inputHeight * g.inputWidth * g.inputChannels;
  const result = g.outputHeight * g.outputWidth * g.outputChannels;
  const panels = columns / 8;
  return {
    workspaceBytes: layout.workspace.bytes,
    v,
    m,
    filter,
    blocks: Array.from({ length: Math.ceil(panels / blockPanels) }, (_, index) => [
      index * blockPanels,
      Math.min(blockPanels, panels - index * blockPanels),
    ]),
    chunks: (base) =>
      Array.from({ length: Math.ceil(g.batch / batch) }, (_, index) => {
        const start = index * batch;
        const count = Math.min(batch, g.batch - start);
        const [number, , ...rest] = layout.words(base) as [number, number, ...number[]];
        return {
          words: [number, count, ...rest],
          input: start * image * 4,
          output: start * result * 4,
          first: index === 0,
          inputSize: count * image,
        };
      }),
  };
}

export function nineForward(
  single: Single,
  g: Conv2dGeometry,
  scheme: Scheme,
  threads: number,
  common: Common,
): Lowered {
  const { node, bias, result } = single;
  const [x, w] = node.inputs as [Tensor, Tensor];
  const nine = layOut(g, scheme, threads, g.inputChannels, g.outputChannels);
  const [kind, alpha] = activationWords(single);
  return {
    ...common,
    workspaceBytes: nine.workspaceBytes,
    encode(at, base) {
      const [v, m, filter] = [base + nine.v, base + nine.m, base + nine.filter];
      return nine.chunks(base).flatMap(({ words, input, output }): Step[] => [
        { kernel: 'winogradTransforms', words: [...words, at(x) + input, 0, v, m, 0] },
        ...nine.blocks.flatMap((block): Step[] => [
          { kernel: 'winogradFilterNine', words: [...words, at(w), filter, 0, ...block] },
          { kernel: 'winogradProducts', words: [...words, v, filter, m, 0, ...block] },
        ]),
        {
          kernel: 'winogradOutputs',
          words: [...words, m, at(result) + output, bias ? at(bias) : 0, kind, alpha],
        },
      ]);
    },
  };
}

export function nineInputGradient(
  { node, result }: Single,
  g: Conv2dGeometry,
  scheme: Scheme,
  threads: number,
  common: Common,
): Lowered {
  const [dy, w] = node.inputs as [Tensor, Tensor];
  const nine = layOut(g, scheme, threads, g.outputChannels, g.inputChannels);
  return {
    ...common,
    workspaceBytes: nine.workspaceBytes,
    encode(at, base) {
      const [v, m, filter] = [base + nine.v, base + nine.m, base + nine.filter];
      return nine.chunks(base).flatMap(({ words, input, output, inputSize }): Step[] => [
        { kernel: 'winogradTransforms', words: [...words, 0, at(dy) + output, v, m, 0] },
        ...nine.blocks.flatMap((block): Step[] => [
          { kernel: 'winogradFilterNine', words: [...words, at(w), filter, 1, ...block] },
          { kernel: 'winogradProducts', words: [...words, m, filter, v, 1, ...block] },
        ]),
        fillStep(at(result) + input, inputSize, 0),
        { kernel: 'winogradInputAdjoints', words: [...words, v, at(result) + input] },
      ]);
    },
  };
}

export function nineFilterGradient(
  { node, result }: Single,
  g: Conv2dGeometry,
  scheme: Scheme,
  threads: number,
  common: Common,
): Lowered {
  const [x, dy] = node.inputs as [Tensor, Tensor];
  const nine = layOut(g, scheme, threads, g.inputChannels, g.outputChannels);
  return {
    ...common,
    workspaceBytes: nine.workspaceBytes,
    encode(at, base) {
      const [v, m, filter] = [base + nine.v, base + nine.m, base + nine.filter];
      return nine.chunks(base).flatMap(({ words, input, output, first }): Step[] => [
        { kernel: 'winogradTransforms', words: [...words, at(x) + input, at(dy) + output, v, m, 1] },
        ...nine.blocks.flatMap((block): Step[] => [
          { kernel: 'winogradFilterProducts', words: [...words, v, m, filter, ...block, 0] },
          {
            kernel: 'winogradFilterAdjointNine',
            words: [...words, filter, at(result), first ? 0 : 1, ...block],
          },
        ]),
      ]);
    },
  };
}
