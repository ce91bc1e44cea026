/**
 * The folder of a run: `config.json` (everything needed to repeat it), `metrics.jsonl` (a line an epoch), `last/` (the full state), `last.safetensors` and
 * `best.safetensors` (weights), `report.html`, and the event file of TensorBoard (see `tensorboard/log.ts`). Every file but that last one is replaced
 * atomically, so that whatever happens the previous one is whole.
 */
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FailedRun, systemReason } from '../errors.js';
import { eventLine, type Event } from '../output/json.js';
import { removeRemains, writeFileAtomically } from './atomic.js';
import { checkpointFiles, writeCheckpoint, type PendingTensor } from './checkpoint-file.js';

export interface RunFolder {
  readonly directory: string;
  readonly lastWeights: string;
  readonly bestWeights: string;
  readonly metricsFile: string;
  readonly configFile: string;
  readonly reportFile: string;
  /** Which checkpoint a run that failed has left, as a sentence. */
  describeKept(): string;
  writeConfig(config: unknown): void;
  /** Adds a line to the metrics. */
  record(event: Event): void;
  /** The lines of the metrics, those of earlier sittings too. */
  metrics(): readonly Event[];
  /** Forgets lines beyond the first `epochs`: a resumed training will write them again. */
  keepMetrics(epochs: number): void;
  writeLast(bytes: Uint8Array): void;
  writeBest(bytes: Uint8Array): void;
  writeState(tensors: readonly PendingTensor[], position: unknown): Promise<void>;
  /** Any other file of the run, by its name. */
  write(name: string, contents: string | Uint8Array): void;
  /** Does what touches a file, and tells a failure of it as one of the run. */
  guard<Result>(file: string, work: () => Result): Result;
}

/** Opens a folder that can be written to (see `prepareDirectory`); cleared of the files of an earlier run, unless that one goes on. */
export function openRunFolder(directory: string, { resume = false } = {}): RunFolder {
  const file = (name: string): string => join(directory, name);
  const files = {
    lastWeights: file('last.safetensors'),
    bestWeights: file('best.safetensors'),
    metricsFile: file('metrics.jsonl'),
    configFile: file('config.json'),
    reportFile: file('report.html'),
  };
  const state = checkpointFiles(directory);
  removeRemains(directory);
  removeRemains(dirname(state.current));
  if (!resume) {
    const own = /^events\.out\.tfevents\./;
    const events = existsSync(directory) ? readdirSync(directory).filter((name) => own.test(name)) : [];
    // The state first: a folder with settings and without a state is a run at its start.
    for (const path of [...Object.values(state), ...Object.values(files), ...events.map(file)])
      rmSync(path, { force: true });
  }
  let metrics = existsSync(files.metricsFile) ? readFileSync(files.metricsFile, 'utf8') : '';
  const describeKept = (): string => {
    const good = [state.current, state.previous, files.lastWeights].find((path) => existsSync(path));
    if (good !== undefined) return `The last good checkpoint is ${good}.`;
    return existsSync(directory)
      ? 'Nothing had been kept yet.'
      : 'The folder of the run is gone, with all that was kept.';
  };
  const failure = (path: string, error: unknown): unknown => {
    const reason = systemReason(error);
    if (reason === undefined) return error;
    return new FailedRun(`writing ${path} failed (${reason}), so the run has stopped. ${describeKept()}`);
  };
  const guarded = <Result>(path: string, work: () => Result): Result => {
    try {
      return work();
    } catch (error) {
      throw failure(path, error);
    }
  };
  const write = (path: string, contents: string | Uint8Array): void =>
    guarded(path, () => writeFileAtomically(path, contents));
  return {
    directory,
    ...files,
    describeKept,
    writeConfig: (config) => write(files.configFile, `${JSON.stringify(config, null, 2)}\n`),
    record(event) {
      metrics += eventLine(event);
      write(files.metricsFile, metrics);
    },
    metrics: () =>
      metrics
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Event),
    keepMetrics(epochs) {
      const lines = metrics.split('\n').filter((line) => line !== '');
      if (lines.length <= epochs) return;
      metrics = lines
        .slice(0, epochs)
        .map((line) => `${line}\n`)
        .join('');
      write(files.metricsFile, metrics);
    },
    writeLast: (bytes) => write(files.lastWeights, bytes),
    writeBest: (bytes) => write(files.bestWeights, bytes),
    writeState: (tensors, position) =>
      writeCheckpoint(directory, tensors, position).catch((error: unknown) => {
        throw failure(state.current, error);
      }),
    write: (name, contents) => write(file(name), contents),
    guard: guarded,
  };
}
