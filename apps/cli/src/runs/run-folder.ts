/**
 * The folder of a run: `config.json` (everything needed to repeat it), `metrics.jsonl` (a line an epoch), `last.safetensors` and `best.safetensors`.
 * Every file is replaced atomically, so that whatever happens the previous one is whole.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { FailedRun, systemReason } from '../errors.js';
import { eventLine, type Event } from '../output/json.js';
import { writeFileAtomically } from './atomic.js';

export interface RunFolder {
  readonly directory: string;
  readonly lastWeights: string;
  readonly bestWeights: string;
  readonly metricsFile: string;
  readonly configFile: string;
  writeConfig(config: unknown): void;
  /** Adds a line to the metrics. */
  record(event: Event): void;
  writeLast(bytes: Uint8Array): void;
  writeBest(bytes: Uint8Array): void;
}

/** Opens a folder that can be written to (see `prepareDirectory`), and clears it of the files of an earlier run. */
export function openRunFolder(directory: string): RunFolder {
  const file = (name: string): string => join(directory, name);
  const files = {
    lastWeights: file('last.safetensors'),
    bestWeights: file('best.safetensors'),
    metricsFile: file('metrics.jsonl'),
    configFile: file('config.json'),
  };
  for (const path of Object.values(files)) rmSync(path, { force: true });
  let metrics = '';
  let kept: string | undefined;
  const write = (path: string, contents: string | Uint8Array): void => {
    try {
      writeFileAtomically(path, contents);
    } catch (error) {
      const reason = systemReason(error);
      if (reason === undefined) throw error;
      const rest = kept === undefined ? 'Nothing had been kept yet.' : `The last good checkpoint is ${kept}.`;
      throw new FailedRun(`writing ${path} failed (${reason}), so the run has stopped. ${rest}`);
    }
  };
  return {
    directory,
    ...files,
    writeConfig: (config) => write(files.configFile, `${JSON.stringify(config, null, 2)}\n`),
    record(event) {
      metrics += eventLine(event);
      write(files.metricsFile, metrics);
    },
    writeLast(bytes) {
      write(files.lastWeights, bytes);
      kept = files.lastWeights;
    },
    writeBest: (bytes) => write(files.bestWeights, bytes),
  };
}
