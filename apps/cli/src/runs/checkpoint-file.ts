/**
 * The full state of a training in one file, `last/checkpoint.safetensors`: all tensors that the next step depends on, and in its metadata where the training
 * stands and a checksum of everything. The one before stays beside it as `previous.safetensors`: whatever happens while one is written, or to one that
 * lies on the disk, the other is whole. And because a training is deterministic, it does not matter from which of them it goes on.
 */
import { createHash, type Hash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  decodeSafetensors,
  safetensorsBytes,
  safetensorsHeader,
  WeightsError,
  type SafetensorsEntry,
  type StoredArray,
  type StoredTensor,
} from '@capsnet/capsules';
import { systemReason } from '../errors.js';
import { openReplacement } from './atomic.js';

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

/** A tensor that is read when its turn comes. */
export interface PendingTensor extends SafetensorsEntry {
  readonly read: () => Promise<StoredArray>;
}

/** Adds a tensor to the checksum. */
const addTensor = (hash: Hash, name: string, shape: readonly number[], data: StoredArray): Hash =>
  hash
    .update(`\n${name} ${shape.join(',')}\n`)
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));

/**
 * Writes a checkpoint, one tensor in memory at a time; the one that was there becomes the previous one.
 *
 * @throws what the file system throws; the checkpoints then are as they were
 */
export async function writeCheckpoint(
  directory: string,
  tensors: readonly PendingTensor[],
  position: unknown,
): Promise<void> {
  const { current, previous } = checkpointFiles(directory);
  const text = JSON.stringify(position);
  const header = (checksum: string): Uint8Array =>
    safetensorsHeader(tensors, { [positionKey]: text, [checksumKey]: checksum });
  // Not recursive: a run's folder that somebody removed is not made anew, without its settings, unnoticed.
  if (!existsSync(dirname(current))) mkdirSync(dirname(current));
  const replacement = openReplacement(current);
  try {
    const hash = createHash('sha256').update(text);
    // The checksum stands before what it is of: its place is kept for it.
    let at = header('0'.repeat(64)).length;
    for (const { name, shape, read } of tensors) {
      const data = await read();
      addTensor(hash, name, shape, data);
      replacement.write(safetensorsBytes(data), at);
      at += data.byteLength;
    }
    replacement.write(header(hash.digest('hex')), 0);
    replacement.commit(() => {
      if (existsSync(current)) renameSync(current, previous);
    });
  } catch (error) {
    replacement.abandon();
    throw error;
  }
}

/** @throws WeightsError, in words, when the file is damaged or no checkpoint */
function readOne(file: string): CheckpointFile {
  const { tensors, metadata } = decodeSafetensors(readFileSync(file), file);
  const { [positionKey]: text, [checksumKey]: noted } = metadata;
  if (text === undefined || noted === undefined)
    throw new WeightsError(`${file}: this is a weights file, not the checkpoint of a training.`);
  const hash = createHash('sha256').update(text);
  for (const [name, { shape, data }] of tensors) addTensor(hash, name, shape, data);
  if (hash.digest('hex') !== noted)
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
