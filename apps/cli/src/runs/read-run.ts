/** Runs as they lie in their folders, for commands that look at several. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { UserError, systemReason } from '../errors.js';
import { readSettingsFile } from '../settings/file.js';
import type { GivenSettings } from '../settings/table.js';
import type { EpochEvent } from '../training/report.js';
import { readResult, type RunResult } from '../training/result.js';

export interface RecordedRun {
  readonly directory: string;
  /** Of the folder. */
  readonly name: string;
  readonly settings: GivenSettings;
  /** Epochs that are complete. */
  readonly epochs: readonly EpochEvent[];
  /** Undefined while the run has not ended. */
  readonly result: RunResult | undefined;
}

/** The epoch of the run with the most right answers, among equals that of the lower loss. */
export function bestEpoch({ epochs }: Pick<RecordedRun, 'epochs'>): EpochEvent | undefined {
  return epochs.reduce<EpochEvent | undefined>(
    (best, epoch) =>
      best === undefined ||
      epoch.valAccuracy > best.valAccuracy ||
      (epoch.valAccuracy === best.valAccuracy && epoch.valLoss < best.valLoss)
        ? epoch
        : best,
    undefined,
  );
}

/** Seconds spent on the epochs that are complete, tests included. */
export const secondsOf = ({ epochs }: Pick<RecordedRun, 'epochs'>): number =>
  epochs.reduce((sum, { seconds, valSeconds }) => sum + seconds + (Number(valSeconds) || 0), 0);

/** The epochs of a run's folder; lines that are no epoch are passed over. */
export function readEpochs(label: string, directory: string): EpochEvent[] {
  const file = join(directory, 'metrics.jsonl');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line, index) => {
      try {
        return JSON.parse(line) as EpochEvent;
      } catch {
        throw new UserError(
          `${label}: line ${index + 1} of ${file} is not JSON. Leave this run out, or mend it.`,
        );
      }
    })
    .filter(({ event }) => event === 'epoch');
}

/** The folder itself, or, for that of a sweep, the folders of its runs. */
export function runFolders(directory: string): string[] {
  const isRun = (folder: string): boolean => existsSync(join(folder, 'config.json'));
  if (isRun(directory) || !existsSync(directory) || !statSync(directory).isDirectory()) return [directory];
  const inside = readdirSync(directory)
    .sort()
    .map((name) => join(directory, name))
    .filter(isRun);
  return inside.length > 0 ? inside : [directory];
}

/**
 * Reads the run of a folder.
 *
 * @param label what named the folder, for errors
 * @throws UserError when there is none
 */
export function readRun(label: string, directory: string): RecordedRun {
  const config = join(directory, 'config.json');
  try {
    if (!statSync(directory).isDirectory())
      throw new UserError(`${label}: "${directory}" is a file. Give the folder of a run.`);
    if (!existsSync(config))
      throw new UserError(
        `${label}: "${directory}" is no run: it has no config.json. Give folders that capsnet train wrote.`,
      );
    const { run: _run, ...settings } = readSettingsFile(label, config);
    return {
      directory,
      name: basename(resolve(directory)),
      settings,
      epochs: readEpochs(label, directory),
      result: readResult(directory),
    };
  } catch (error) {
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    throw new UserError(
      `${label}: "${directory}" cannot be read (${reason}). Give folders that capsnet train wrote.`,
    );
  }
}
