/** The tables of the benchmark. */
import type { StepTime } from '@capsnet/tensor';
import { table } from '../output/table.js';
import type { ModelResult } from './command.js';
import type { KernelResult } from './kernels.js';
import type { Split } from './models.js';
import type { Times } from './measure.js';

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
  gigaflops < 1000 ? `${gigaflops.toFixed(1)} GFLOP/s` : `${(gigaflops / 1000).toFixed(2)} TFLOP/s`;

/** Products beside those of other libraries. */
export const besideTable = (results: readonly KernelResult[]): string[] =>
  table(
    [{ title: 'product' }, right('speed'), { title: 'beside' }],
    results.flatMap(({ shape, gigaflops, peers }) =>
      peers === undefined
        ? []
        : [
            [
              shape,
              speed(gigaflops),
              peers
                .map(
                  ({ peer, ratio, low, high, gigaflops: theirs }) =>
                    `${ratio.toFixed(2)}x ${peer} (${low.toFixed(2)}..${high.toFixed(2)}; ${speed(theirs)})`,
                )
                .join('; '),
            ],
          ],
    ),
  );

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
      { title: 'beside' },
    ],
    results.map(({ task, model, batch, times, imagesPerSecond, firstMilliseconds, memory, peers }) => [
      task,
      model,
      String(batch),
      milliseconds(times.median),
      spread(times),
      imagesPerSecond.toFixed(1),
      firstMilliseconds.toFixed(0),
      mebibytes(memory.total),
      peers
        .map(
          ({ peer, ratio, low, high, imagesPerSecond: theirs }) =>
            `${ratio.toFixed(2)}x ${peer} (${low.toFixed(2)}..${high.toFixed(2)}; ${theirs.toFixed(1)} images/s)`,
        )
        .join('; '),
    ]),
  );

/** Every step in the order of running, its speed beside that of the micro-kernel, and the sums. */
export function profileTable(
  steps: readonly StepTime[],
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
    steps.map(({ step, shape, milliseconds: time, operations }, index) => [
      String(index),
      step,
      shape,
      time.toFixed(3),
      operations === 0 || time === 0 ? '' : (operations / time / 1e6).toFixed(1),
      ...(peak === undefined
        ? []
        : [operations === 0 || time === 0 ? '' : `${(operations / time / 1e6 / peak).toFixed(2)}x`]),
      `${((100 * time) / total).toFixed(1)} %`,
    ]),
  );
  return [
    ...lines,
    `${steps.length} steps, ${total.toFixed(2)} ms; memory ${mebibytes(memory.total)}, of which arena ${mebibytes(memory.arena)}`,
  ];
}
