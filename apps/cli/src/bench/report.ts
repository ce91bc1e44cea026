/** The tables of the benchmark. */
import { table } from '../output/table.js';
import type { ModelResult } from './command.js';
import type { KernelResult } from './kernels.js';
import type { Split } from './models.js';
import type { Ratio, Times } from './measure.js';
import type { ProfiledStep } from './profile.js';

const right = (title: string): { readonly title: string; readonly align: 'right' } => ({
  title,
  align: 'right',
});
const milliseconds = (value: number): string => value.toFixed(value < 1 ? 3 : value < 100 ? 2 : 1);
const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const spread = ({ low, high }: Times): string => `${milliseconds(low)}..${milliseconds(high)}`;

export const kernelTable = (results: readonly KernelResult[], peak: number | undefined): string[] =>
  table(
    [
      { title: 'kernel' },
      { title: 'shape' },
      right('ms'),
      right('quartiles'),
      right('GFLOP/s'),
      right('of the micro-kernel'),
    ],
    results.map(({ name, direction, shape, times, gigaflops }) => [
      direction ? `${name}, ${direction}` : name,
      shape,
      milliseconds(times.median),
      spread(times),
      gigaflops.toFixed(1),
      peak === undefined ? '' : `${(gigaflops / peak).toFixed(2)}x`,
    ]),
  );

const speed = (gigaflops: number): string =>
  gigaflops < 1000 ? `${gigaflops.toFixed(1)} G` : `${(gigaflops / 1000).toFixed(2)} T`;

const ratioColumns = [right('ratio'), right('rounds'), right('fastest')];
const ratios = ({ ratio, low, high, best }: Ratio): string[] => [
  `${ratio.toFixed(2)}x`,
  `${low.toFixed(2)}..${high.toFixed(2)}`,
  `${best.toFixed(2)}x`,
];
/** What the columns of ratios say. Something else that runs may slow a peer's median more than ours, hence the fastest runs. */
const legend =
  'ratio: of medians; rounds: lowest and highest; fastest: of the fastest runs. Above 1 we are faster.';

/** Kernels beside those of other libraries, a line for each of them. */
export const kernelsBeside = (results: readonly KernelResult[]): string[] => [
  ...table(
    [{ title: 'beside' }, { title: 'kernel' }, right('FLOP/s'), right('ours'), ...ratioColumns],
    results.flatMap(({ name, direction, shape, gigaflops, peers }) =>
      peers.map((peer) => [
        peer.peer,
        direction ? `${name}, ${direction}` : shape,
        speed(peer.gigaflops),
        speed(gigaflops),
        ...ratios(peer),
      ]),
    ),
  ),
  legend,
];

/** What a step waits for: JavaScript, which hands the kernels over, or the kernels. */
export function splitLine({ issued, done }: Split): string {
  const share = issued / done;
  const bound =
    share < 0.7 ? 'the kernels bound it' : share > 0.95 ? 'JavaScript bounds it' : 'both bound it';
  return `a whole run takes ${milliseconds(done)} ms; after ${milliseconds(issued)} ms (${(100 * share).toFixed(0)} %) JavaScript has handed over everything: ${bound}`;
}

export const modelTable = (results: readonly ModelResult[]): string[] =>
  table(
    [
      { title: 'task' },
      { title: 'model' },
      right('batch'),
      right('ms'),
      right('quartiles'),
      right('images/s'),
      right('first ms'),
      right('memory'),
    ],
    results.map(({ task, model, batch, times, imagesPerSecond, firstMilliseconds, memory }) => [
      task,
      model,
      String(batch),
      milliseconds(times.median),
      spread(times),
      imagesPerSecond.toFixed(1),
      firstMilliseconds.toFixed(0),
      mebibytes(memory.total),
    ]),
  );

/** Models beside those of other libraries, a line for each of them. */
export const modelsBeside = (results: readonly ModelResult[]): string[] => [
  ...table(
    [
      { title: 'beside' },
      { title: 'task' },
      { title: 'model' },
      right('batch'),
      right('images/s'),
      right('ours'),
      ...ratioColumns,
    ],
    results.flatMap(({ task, model, batch, imagesPerSecond, peers }) =>
      peers.map((peer) => [
        peer.peer,
        task,
        model,
        String(batch),
        peer.imagesPerSecond.toFixed(1),
        imagesPerSecond.toFixed(1),
        ...ratios(peer),
      ]),
    ),
  ),
  legend,
];

/** Every step in the order of running, the speed of its piece of work beside that of the micro-kernel, and the sums. */
export function profileTable(
  steps: readonly ProfiledStep[],
  total: number,
  memory: { readonly total: number; readonly arena: number },
  peak?: number,
): string[] {
  const lines = table(
    [
      right('step'),
      { title: 'operation' },
      { title: 'shape' },
      right('ms'),
      right('GFLOP/s'),
      ...(peak === undefined ? [] : [right('of the micro-kernel')]),
      right('share'),
    ],
    steps.map(({ step, shape, milliseconds: time, gigaflops }, index) => [
      String(index),
      step,
      shape,
      time.toFixed(3),
      gigaflops?.toFixed(1) ?? '',
      ...(peak === undefined ? [] : [gigaflops === undefined ? '' : `${(gigaflops / peak).toFixed(2)}x`]),
      `${((100 * time) / total).toFixed(1)} %`,
    ]),
  );
  return [
    ...lines,
    `${steps.length} steps, ${total.toFixed(2)} ms; memory ${mebibytes(memory.total)}, of which arena ${mebibytes(memory.arena)}`,
  ];
}
