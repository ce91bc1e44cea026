/**
 * `capsnet robustness`: how the error of networks grows when test images are turned, moved, resized, noisy or partly covered, and how well their capsules
 * tell by how much.
 */
import { dirname, extname, basename } from 'node:path';
import { testBatchSize } from '../data/batches.js';
import { FailedRun, Interrupted, systemReason, UserError } from '../errors.js';
import { listenForInterruption } from '../interruption.js';
import { startBackend } from '../machine/start.js';
import type { EngineFlags, OutputFlags } from '../options/flags.js';
import { prepareDirectory } from '../options/output-directory.js';
import { createConsole, type Console } from '../output/console.js';
import { plural } from '../output/format.js';
import { emit } from '../output/json.js';
import { createProgress } from '../output/progress.js';
import { measureCurves } from '../robustness/curves.js';
import { createEncoder, gather } from '../robustness/encode.js';
import { measureEquivariance } from '../robustness/equivariance.js';
import { robustnessPage, robustnessTables, type Measured } from '../robustness/report.js';
import { writeFileAtomically } from '../runs/atomic.js';
import {
  openTestData,
  openWeights,
  trainedDataset,
  type OpenedWeights,
  type TestDataFlags,
} from '../weights/open.js';

export interface RobustnessFlags extends TestDataFlags, EngineFlags, OutputFlags {
  readonly weights: readonly string[];
  readonly seed: number;
  readonly output?: string;
}

/** Images when nobody says: enough to tell 1 % from 2 %, and half a minute a network. */
const defaultImages = 1000;

function checkOutput(file: string): void {
  if (!['.html', '.json'].includes(extname(file).toLowerCase()))
    throw new UserError(`--output: "${file}" should end in .html (curves) or .json (numbers).`);
  prepareDirectory('--output', dirname(file));
}

/** Networks are compared on the same images. @throws UserError when they were trained on several data sets and none is named */
function checkDataset(opened: readonly OpenedWeights[], named: string | undefined): void {
  if (named !== undefined) return;
  const trained = new Set(opened.map(trainedDataset));
  if (trained.size > 1)
    throw new UserError(
      `--weights: these were trained on several data sets (${[...trained].join(', ')}). Name one: --dataset ${[...trained][0]}.`,
    );
}

/** A short name for a legend: the name of the weights, or the folder and file. */
const titleOf = (given: string): string => {
  const file = basename(given, '.safetensors');
  return ['best', 'last'].includes(file) ? basename(dirname(given)) || file : file;
};

/** Runs the command. */
export async function robustness(flags: RobustnessFlags): Promise<void> {
  const console = createConsole({ quiet: flags.quiet === true });
  if (flags.output !== undefined) checkOutput(flags.output);
  const opened = flags.weights.map(openWeights);
  checkDataset(opened, flags.dataset);
  const splits = opened.map((weights) => openTestData(weights, { limitTest: defaultImages, ...flags }));
  const backend = await startBackend(flags, console);
  const progress = createProgress(console);
  const interruption = listenForInterruption(
    () => progress.clear(),
    () => progress.clear(),
  );
  const started = performance.now();
  try {
    const measured: Measured[] = [];
    for (const [which, weights] of opened.entries()) {
      const split = splits[which]!;
      const examples = await gather(split);
      const encoder = createEncoder(weights, backend, Math.min(testBatchSize, examples.count));
      const label = `${which + 1}/${opened.length}`;
      const begun = performance.now();
      const step =
        (part: string) =>
        async (done: number, total: number): Promise<void> => {
          if (await interruption.check())
            throw new Interrupted('stopped while measuring; nothing was written.');
          const seconds = (performance.now() - begun) / 1000;
          const share = Math.max(done, 1) / total;
          progress.report({
            label: `${label} ${part}`,
            done: done * examples.count,
            total: total * examples.count,
            imagesPerSecond: (done * examples.count) / Math.max(seconds, 1e-3),
            secondsLeft: (seconds * (1 - share)) / share,
          });
        };
      const curves = await measureCurves(encoder, examples, flags.seed, step('distortions'));
      // A pair of overlaid objects has no one pose.
      const equivariance =
        split.decodings === 2
          ? []
          : await measureEquivariance(encoder, examples, flags.seed, step('equivariance'));
      encoder.release();
      progress.clear();
      measured.push({
        name: titleOf(weights.given),
        model: weights.metadata['model'] ?? weights.model.description.kind,
        weights: weights.given,
        dataset: split.name,
        count: examples.count,
        curves,
        equivariance,
      });
    }
    report(console, flags, measured, backend.description, (performance.now() - started) / 1000);
  } finally {
    progress.clear();
    interruption.release();
    await backend.dispose();
  }
}

function report(
  console: Console,
  flags: RobustnessFlags,
  measured: readonly Measured[],
  backend: string,
  seconds: number,
): void {
  const { seed, output } = flags;
  const numbers = { event: 'robustness', seed, backend, seconds, networks: measured };
  if (output !== undefined) {
    const text = output.toLowerCase().endsWith('.json')
      ? `${JSON.stringify(numbers, null, 2)}\n`
      : robustnessPage(measured, seed);
    try {
      writeFileAtomically(output, text);
    } catch (error) {
      const reason = systemReason(error);
      throw reason === undefined ? error : new FailedRun(`writing ${output} failed (${reason}).`);
    }
  }
  if (flags.json) {
    emit(console, { ...numbers, ...(output === undefined ? {} : { output }) });
    return;
  }
  const head = `Error on ${plural(measured[0]!.count, 'test image')} of ${measured[0]!.dataset}, seed ${seed}`;
  console.result(
    `${[head, ...robustnessTables(measured), ...(output === undefined ? [] : [`Report: ${output}`])].join('\n\n')}\n`,
  );
}
