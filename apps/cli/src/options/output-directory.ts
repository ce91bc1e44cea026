/**
 * The folder that a run writes to, checked before any work starts: an hour of training must not end in "permission denied".
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UserError, systemReason } from '../errors.js';

/** Makes the folder if need be and proves that a file can be written there. */
export function prepareDirectory(flag: string, directory: string): void {
  const probe = join(directory, `.capsnet-${process.pid}.probe`);
  try {
    makeDirectory(resolve(directory));
    writeFileSync(probe, 'a probe: can this folder be written to?\n');
    rmSync(probe);
  } catch (error) {
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    throw new UserError(
      `${flag}: the folder "${directory}" cannot be written to (${reason}). Choose another one.`,
    );
  }
}

/**
 * Makes a folder with the folders above it. Not `mkdirSync(..., { recursive: true })`: Node 20 never returns from that where the system answers
 * "no such file" for a folder whose parent is there, as /proc does.
 */
function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  makeDirectory(dirname(directory));
  try {
    mkdirSync(directory);
  } catch (error) {
    // Another process may have been quicker.
    if (!existsSync(directory)) throw error;
  }
}

/** `runs/20250131-142530-efficient-capsnet-digits`: sorts by time, and no two runs of one second collide by accident. */
export function defaultRunDirectory(model: string, dataset: string, now = new Date()): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  return join('runs', `${day}-${time}-${model}-${dataset}`);
}
