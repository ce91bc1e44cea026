/** Whole files as bytes, unpacked when they are gzip: told by their first two bytes, not by their name. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { DataError } from '../errors.js';

/** Whether bytes start like a gzip member (RFC 1952: 1f 8b). */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'is missing',
  EACCES: 'may not be read (permission denied)',
  EISDIR: 'is a directory, not a file',
  ENOTDIR: 'cannot be reached (a part of the path is a file)',
};

/** Why the system refused, as the verb of a sentence about the path. */
export function systemReason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return reasons[code] ?? `cannot be read (${code || String(error)})`;
}

/** The bytes of a file, unpacked if they are gzip. Throws DataError. */
export function readBytes(path: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new DataError(`${path} ${systemReason(cause)}: put the file there, or name another folder.`, path, {
      cause,
    });
  }
  if (!isGzip(bytes)) return bytes;
  try {
    return gunzipSync(bytes);
  } catch (cause) {
    throw new DataError(`${path} is a damaged or truncated gzip file: get the file again.`, path, { cause });
  }
}
