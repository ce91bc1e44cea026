/**
 * The full state of a training in one file, `last/checkpoint.safetensors`: all tensors that the next step depends on, and in its metadata where the training
 * stands and a checksum of everything. The one before stays beside it as `previous.safetensors`: whatever happens while one is written, or to one that
 * lies on the disk, the other is whole. And because a training is deterministic, it does not matter from which of them it goes on.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { decodeSafetensors, encodeSafetensors, WeightsError, type StoredTensor } from '@capsnet/capsules';
import { systemReason } from '../errors.js';
import { writeFileAtomically } from './atomic.js';

const positionKey = 'capsnet_checkpoint';
const checksumKey = 'capsnet_sha256';

export interface CheckpointFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Plain JSON. */
  readonly position: unknown;
}

/** The two files of a run's folder. */
export const checkpointFiles = (
  directory: string,
): { readonly current: string; readonly previous: string } => ({
  current: join(directory, 'last', 'checkpoint.safetensors'),
  previous: join(directory, 'last', 'previous.safetensors'),
});

function checksum(position: string, tensors: Iterable<readonly [string, StoredTensor]>): string {
  const hash = createHash('sha256').update(position);
  for (const [name, { shape, data }] of tensors) {
    hash.update(`\n${name} ${shape.join(',')}\n`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

/** Writes a checkpoint; the one that was there becomes the previous one. */
export function writeCheckpoint(
  directory: string,
  tensors: readonly (readonly [string, StoredTensor])[],
  position: unknown,
): void {
  const { current, previous } = checkpointFiles(directory);
  const text = JSON.stringify(position);
  const bytes = encodeSafetensors(tensors, { [positionKey]: text, [checksumKey]: checksum(text, tensors) });
  // Not recursive: a run's folder that somebody removed is not made anew, without its settings, unnoticed.
  if (!existsSync(dirname(current))) mkdirSync(dirname(current));
  writeFileAtomically(current, bytes, () => {
    if (existsSync(current)) renameSync(current, previous);
  });
}

/** @throws WeightsError, in words, when the file is damaged or no checkpoint */
function readOne(file: string): CheckpointFile {
  const { tensors, metadata } = decodeSafetensors(readFileSync(file), file);
  const { [positionKey]: text, [checksumKey]: noted } = metadata;
  if (text === undefined || noted === undefined)
    throw new WeightsError(`${file}: this is a weights file, not the checkpoint of a training.`);
  if (checksum(text, tensors) !== noted)
    throw new WeightsError(`${file}: the checksum does not fit the contents. The file is damaged.`);
  return { tensors, position: JSON.parse(text) };
}

export interface FoundCheckpoint {
  /** Undefined when there is none, or none that is whole. */
  readonly checkpoint: (CheckpointFile & { readonly file: string }) | undefined;
  /** What is wrong with files that are there. */
  readonly problems: readonly string[];
}

/** The newest checkpoint that is whole. */
export function findCheckpoint(directory: string): FoundCheckpoint {
  const { current, previous } = checkpointFiles(directory);
  const problems: string[] = [];
  for (const file of [current, previous]) {
    if (!existsSync(file)) continue;
    try {
      return { checkpoint: { ...readOne(file), file }, problems };
    } catch (error) {
      const reason = systemReason(error);
      if (error instanceof WeightsError) problems.push(error.message);
      else if (reason !== undefined) problems.push(`${file}: it cannot be read (${reason}).`);
      else throw error;
    }
  }
  return { checkpoint: undefined, problems };
}
