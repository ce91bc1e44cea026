/**
 * For tests: reference values that other software made, from the folder that CAPSNET_SHARED names. A safetensors file is 8 bytes of
 * header length, a JSON header of names, types, shapes and offsets, and the raw little-endian data.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AugmentCase, CaseTensor } from '../conformance/augmentCases.js';

/** The folder of the reference data, or undefined where there is none. */
export const sharedFolder = process.env.CAPSNET_SHARED;

export function readSafetensors(path: string): Record<string, CaseTensor> {
  const bytes = readFileSync(path);
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + headerLength).toString()) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const data = bytes.buffer.slice(bytes.byteOffset + 8 + headerLength, bytes.byteOffset + bytes.length);
  const tensors: Record<string, CaseTensor> = {};
  for (const [
    name,
    {
      dtype,
      shape,
      data_offsets: [start, end],
    },
  ] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const part = data.slice(start, end);
    const values =
      dtype === 'F32'
        ? new Float32Array(part)
        : dtype === 'I32'
          ? new Int32Array(part)
          : new Uint8Array(part);
    tensors[name] = { shape, data: values };
  }
  return tensors;
}

/** The cases of the augmentation folder with their tensors. */
export function augmentGoldens(
  shared: string,
): { entry: AugmentCase; tensors: Record<string, CaseTensor> }[] {
  const folder = join(shared, 'golden', 'augment');
  const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as { cases: AugmentCase[] };
  return index.cases.map((entry) => ({ entry, tensors: readSafetensors(join(folder, entry.file)) }));
}
