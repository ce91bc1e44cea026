/**
 * Convolutions. Padding is laid out once, filters are packed into panels of 8 output channels, and the kernels walk over runs: stretches of
 * the input that are contiguous for every output pixel (a whole filter row, or one tap of a group).
 */
import type { Single } from '../../../compile/schedule.js';
import type { Tensor } from '../../../graph/tensor.js';
import { conv2dGeometry, type Conv2dGeometry } from '../../../shape/rules.js';
import { Workspace, type Lowered } from './kernel.js';
import { activationWords } from './matmul.js';
import { padded, paddedInput } from './padding.js';
import {
  winogradFilterGradient,
  winogradForward,
  winogradInputGradient,
  winogradScheme,
} from './winograd.js';
import { nineFilterGradient, nineForward, nineInputGradient } from './winogradNine.js';

const operationsOf = (g: Conv2dGeometry): number =>
  2 *
  g.batch *
  g.outputHeight *
  g.outputWidth *
  g.outputChannels *
  g.filterHeight *
  g.filterWidth *
  (g.inputChannels / g.groups);

const isDepthwise = (g: Conv2dGeometry): boolean =>
  g.groups === g.inputChannels && g.outputChannels === g.inputChannels && g.groups > 1;

const depthwiseWords = (g: Conv2dGeometry): number[] => [
  g.batch,
  g.inputHeight,
  g.inputWidth,
  g.inputChannels,
  g.filterHeight,
  g.filterWidth,
  g.outputHeight,
  g.outputWidth,
  g.strideHeight,
  g.strideWidth,
  g.padTop,
  g.padLeft,
];

/** Bytes that a thread needs to itself in `correlate`: 48 rows of results, 48 gathered pixels 512 deep, strides off the powers of two. */
const correlateScratch = (filters: number): number => 48 * (Math.ceil(filters / 8) * 32 + 64 + 512 * 4 + 64);
/** In `filterGradient`: panels of 64 pixels of dy, 64 gathered pixels 96 deep, 96 rows of sums. */
const filterGradientScratch = (filters: number): number => {
  const panels = Math.ceil(filters / 8);
  return panels * (64 * 32 + 64) + 64 * (96 * 4 + 64) + 96 * (panels * 32 + 64);
};

/** Byte offsets of the contiguous runs of one group in a padded input, and their length in elements. */
function runsOf(g: Conv2dGeometry, width: number, group: number): { offsets: number[]; length: number } {
  const channels = g.inputChannels / g.groups;
  if (g.groups === 1) {
    return {
      offsets: Array.from({ length: g.filterHeight }, (_, p) => p * width * g.inputChannels * 4),
      length: g.filterWidth * channels,
    };
  }
  const offsets = Array.from({ length: g.filterHeight * g.filterWidth }, (_, tap) => {
    const [p, q] = [Math.floor(tap / g.filterWidth), tap % g.filterWidth];
    return ((p * width + q) * g.inputChannels + group * channels) * 4;
  });
  return { offsets, length: channels };
}

export function lowerConv2d(single: Single, threads: number): Lowered {
  const { node, bias } = single;
  const [x, w] = node.inputs as [Tensor, Tensor];
  const g = conv2dGeometry('conv2d', x.shape, w.shape, node.attributes<'conv2d'>());
  const [kind, alpha] = activationWords(single);
  const common = {
    label: [
      isDepthwise(g) ? 'conv2d depthwise' : 'conv2d',
      ...(bias ? ['bias'] : []),
      ...(single.activation ? [single.activation.op] : []),
    ].join(' '),
    shape: node.shape,
    operations: operationsOf(g),
  };
  if (isDepthwise(g)) {
    return {
      ...common,
      workspaceBytes: 0,
      encode: (at) => [
        {
          kernel: 'depthwise',
          words: [at(x), at(w), at(single.result), bias ? at(bias) : 0, ...depthwiseWords(g), kind, alpha],
        },
      ],
    };
  }
  const scheme = winogradScheme(g);
  if (scheme)
    return (scheme.number === 9 ? nineForward : winogradForward)(single, g, scheme, threads, common);
  const workspace = new Workspace();
  const input = paddedInput(g, workspace);
  const filters = g.outputChannels / g.groups;
  const depth = g.filterHeight * g.filterWidth * (g.inputChannels / g.groups);
  const panelWords = Math.ceil(filters / 8) * depth * 8;
  const panels = Array.from({ length: g.groups }, () => workspace.take(panelWords));
  const scratchBytes = correlateScratch(filters);
  const scratch = workspace.take((scratchBytes / 4) * threads);
  return {
    ...common,
    workspaceBytes: workspace.bytes,
    encode(at, base) {
      const source = input.address(at(x), base);
      const steps = [...input.steps(at(x), base)];
      panels.forEach((panel, group) => {
        steps.push({
          kernel: 'packPanels',
          words: [
            at(w) + group * filters * 4,
            base + panel,
            depth,
            filters,
            g.outputChannels * 4,
            4,
            1,
            0,
            0,
            depth * 32,
          ],
        });
      });
      panels.forEach((panel, group) => {
        const { offsets, length } = runsOf(g, input.width, group);
        steps.push({
          kernel: 'correlate',
          words: [
            source,
            base + panel,
            at(single.result) + group * filters * 4,
            bias ? at(bias) + group * filters * 4 : 0,
            g.batch,
            g.outputHeight,
            g.outputWidth,
            filters,
            offsets.length,
            length,
            input.height * input.width * g.inputChannels * 4,
            g.strideHeight * input.width * g.inputChannels * 4,
            g.strideWidth * g.inputChannels * 4,
            g.outputHeight * g.outputWidth * g.outputChannels * 4,
            g.outputWidth * g.outputChannels * 4,
            g.outputChannels * 4,
            kind,
            alpha,
            base + scratch,
            scratchBytes,
            ...offsets,
          ],
        });
      });
      return steps;
    },
  };
}

/**
 * Gradient by the input, phase by phase: input pixels of one remainder modulo the stride see the same taps of the filter, so each phase is
 * a stride-1 correlation of dy with those taps, turned round.
 */
export function lowerInputGradient(single: Single, threads: number): Lowered {
  const { node, result } = single;
  const [dy, w] = node.inputs as [Tensor, Tensor];
  const attributes = node.attributes<'conv2dInputGradient'>();
  const g = conv2dGeometry('conv2dInputGradient', attributes.inputShape, w.shape, attributes);
  const common = {
    label: isDepthwise(g) ? 'conv2d depthwise input gradient' : 'conv2d input gradient',
    shape: node.shape,
    operations: operationsOf(g),
  };
  if (isDepthwise(g)) {
    return {
      ...common,
      workspaceBytes: 0,
      encode: (at) => [
        { kernel: 'depthwiseInputGradient', words: [at(dy), at(w), at(result), 0, ...depthwiseWords(g)] },
      ],
    };
  }
  const scheme = winogradScheme(g);
  if (scheme)
    return (scheme.number === 9 ? nineInputGradient : winogradInputGradient)(
      single,
      g,
      scheme,
      threads,
      common,
    );
  const workspace = new Workspace();
  const axisPhases = (input: number, filter: number, stride: number, pad: number): Phase[] => {
    const most = Math.ceil(filter / stride);
    return Array.from({ length: stride }, (_, remainder) => {
      const taps = remainder < filter ? Math.ceil((filter - remainder) / stride) : 0;
      const first = (((remainder - pad) % stride) + stride) % stride;
      const count = first < input ? Math.ceil((input - first) / stride) : 0;
      return {
        remainder,
        taps,
        first,
        count,
        start: (first + pad - remainder) / stride - (taps - 1) + most - 1,
      };
    });
  };
  const rows = axisPhases(g.inputHeight, g.filterHeight, g.strideHeight, g.padTop);
  const columns = axisPhases(g.inputWidth, g.filterWidth, g.strideWidth, g.padLeft);
  const extent = (input: number, filter: number, stride: number, pad: number): number =>
    Math.ceil(filter / stride) + Math.floor((input - 1 + pad) / stride);
  const source = padded(
    [g.batch, g.outputHeight, g.outputWidth, g.outputChannels],
    extent(g.inputHeight, g.filterHeight, g.strideHeight, g.padTop),
    extent(g.inputWidth, g.filterWidth, g.strideWidth, g.padLeft),
    Math.ceil(g.filterHeight / g.strideHeight) - 1,
    Math.ceil(g.filterWidth / g.strideWidth) - 1,
    workspace,
  );
  const channels = g.inputChannels / g.groups;
  const filters = g.outputChannels / g.groups;
  const phases = rows
    .flatMap((row) => columns.map((column) => ({ row, column })))
    .filter(({ row, column }) => row.count > 0 && column.count > 0);
  const jobs = phases.flatMap((phase) =>
    Array.from({ length: g.groups }, (_, group) => {
      const depth = phase.row.taps * phase.column.taps * filters;
      return { ...phase, group, depth, panels: workspace.take(Math.ceil(channels / 8) * depth * 8) };
    }),
  );
  const scratchBytes = correlateScratch(channels);
  const scratch = workspace.take((scratchBytes / 4) * threads);
  return {
    ...common,
    workspaceBytes: workspace.bytes,
    encode(at, base) {
      const steps = [...source.steps(at(dy), base)];
      for (const { row, column, group, depth, panels } of jobs) {
        for (let p = 0; p < row.taps; p++) {
          if (column.taps === 0) break;
          const tapRow = row.remainder + g.strideHeight * (row.taps - 1 - p);
          const lastColumn = column.remainder + g.strideWidth * (column.taps - 1);
          const tapAt =
            at(w) +
            ((tapRow * g.filterWidth + lastColumn) * channels * g.outputChannels + group * filters) * 4;
          steps.push({
            kernel: 'packPanels',
            words: [
              tapAt,
              base + panels + p * column.taps * filters * 32,
              filters,
              channels,
              4,
              g.outputChannels * 4,
              column.taps,
              -g.strideWidth * channels * g.outputChannels * 4,
              filters * 32,
              depth * 32,
            ],
          });
        }
      }
      for (const { row, column, group, panels } of jobs) {
        const offset = (p: number, q: number): number =>
          ((row.start + p) * source.width + column.start + q) * g.outputChannels * 4 + group * filters * 4;
        const whole = g.groups === 1;
        const offsets =
          row.taps * column.taps === 0
            ? []
            : whole
              ? Array.from({ length: row.taps }, (_, p) => offset(p, 0))
              : Array.from({ length: row.taps * column.taps }, (_, tap) =>
                  offset(Math.floor(tap / column.taps), tap % column.taps),
                );
        steps.push({
          kernel: 'correlate',
          words: [
            source.address(at(dy), base),
            base + panels,
            at(result) + ((row.first * g.inputWidth + column.first) * g.inputChannels + group * channels) * 4,
            0,
            g.batch,
            row.count,
            column.count,
            channels,
            offsets.length,
            whole ? column.taps * filters : filters,
            source.height * source.width * g.outputChannels * 4,
            source.width * g.outputChannels * 4,
            g.outputChannels * 4,
            g.inputHeight * g.inputWidth * g.inputChannels * 4,
            g.strideHeight * g.inputWidth * g.inputChannels * 4,
            g.strideWidth * g.inputChannels * 4,
            0,
            0,
            base + scratch,
            scratchBytes,
            ...offsets,
          ],
        });
      }
      return steps;
    },
  };
}

/** Input positions along one axis that leave one remainder modulo the stride. */
interface Phase {
  readonly remainder: number;
  /** Taps of the filter that reach them. */
  readonly taps: number;
  /** First position, and how many there are. */
  readonly first: number;
  readonly count: number;
  /** Where the first position's window starts in the padded dy. */
  readonly start: number;
}

export function lowerFilterGradient(single: Single, threads: number): Lowered {
  const { node, result } = single;
  const [x, dy] = node.inputs as [Tensor, Tensor];
  const attributes = node.attributes<'conv2dFilterGradient'>();
  const g = conv2dGeometry('conv2dFilterGradient', x.shape, attributes.filterShape, attributes);
  const common = {
    label: isDepthwise(g) ? 'conv2d depthwise filter gradient' : 'conv2d filter gradient',
    shape: node.shape,
    operations: operationsOf(g),
  };
  if (isDepthwise(g)) {
    return {
      ...common,
      workspaceBytes: 0,
      encode: (at) => [
        { kernel: 'depthwiseFilterGradient', words: [at(x), at(dy), at(result), 0, ...depthwiseWords(g)] },
      ],
    };
  }
  const scheme = winogradScheme(g);
  if (scheme)
    return (scheme.number === 9 ? nineFilterGradient : winogradFilterGradient)(
      single,
      g,
      scheme,
      threads,
      common,
    );
  const workspace = new Workspace();
  const input = paddedInput(g, workspace);
  const channels = g.inputChannels / g.groups;
  const filters = g.outputChannels / g.groups;
  const scratchBytes = filterGradientScratch(filters);
  const scratch = workspace.take((scratchBytes / 4) * threads);
  return {
    ...common,
    workspaceBytes: workspace.bytes,
    encode(at, base) {
      const steps = [...input.steps(at(x), base)];
      for (let group = 0; group < g.groups; group++) {
        const { offsets, length } = runsOf(g, input.width, group);
        steps.push({
          kernel: 'filterGradient',
          words: [
            input.address(at(x), base),
            at(dy) + group * filters * 4,
            at(result) + group * filters * 4,
            g.batch,
            g.outputHeight,
            g.outputWidth,
            filters,
            offsets.length,
            length,
            input.height * input.width * g.inputChannels * 4,
            g.strideHeight * input.width * g.inputChannels * 4,
            g.strideWidth * g.inputChannels * 4,
            g.outputChannels * 4,
            g.outputChannels * 4,
            base + scratch,
            scratchBytes,
            ...offsets.flatMap((offset, run) => [
              offset,
              run * (g.groups === 1 ? g.filterWidth : 1) * channels * g.outputChannels * 4,
            ]),
          ],
        });
      }
      return steps;
    },
  };
}
