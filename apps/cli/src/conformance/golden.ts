/**
 * A folder of reference values, wherever it lies: `index.json` lists the cases, each with a safetensors file beside it. Everything is
 * checked before it is used; a folder that is none is the user's mistake, a case that is wrong fails by itself.
 */
import { decodeSafetensors, type StoredTensor } from '@capsnet/capsules';
import { fromHost, sizeOf, type Tensor } from '@capsnet/tensor';
import { UserError } from '../errors.js';
import { CaseError } from './attributes.js';

export interface GoldenCase {
  readonly name: string;
  readonly op: string;
  readonly attrs: Readonly<Record<string, unknown>>;
  /** Name of the file of tensors, in the same folder. */
  readonly file: string;
  /** Names of tensors by role: `inputs`, `outputs`, `cotangents`, `grads`, `aux` and those of models. */
  readonly tensors: Readonly<Record<string, readonly string[]>>;
  /** What a plain float32 evaluation errs, by role, relative to the largest reference entry. */
  readonly float32Error: Readonly<Record<string, number>>;
}

export interface GoldenFolder {
  readonly path: string;
  readonly cases: readonly GoldenCase[];
  /** The contents of a file of the folder. */
  read(file: string): Uint8Array | Promise<Uint8Array>;
}

type Json = Readonly<Record<string, unknown>>;
const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

/**
 * The cases of an index.
 *
 * @param text contents of `index.json`
 * @param index its name, for messages
 * @throws UserError when it is not JSON with a list of cases
 */
export function parseIndex(text: string, index: string): readonly GoldenCase[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw unreadable(index, error instanceof Error ? error.message : String(error));
  }
  const cases = isRecord(parsed) ? parsed['cases'] : undefined;
  if (!Array.isArray(cases) || cases.length === 0) {
    throw new UserError(`--golden: ${index} has no list "cases". Give a folder of reference values.`);
  }
  return cases.map((entry: unknown, position) => readCase(entry, index, position));
}

export const unreadable = (index: string, reason: string): UserError =>
  new UserError(`--golden: ${index} cannot be read (${reason}). Give the folder that holds index.json.`);

function readCase(entry: unknown, index: string, position: number): GoldenCase {
  const fail = (problem: string): never => {
    throw new UserError(`--golden: case ${position} of ${index} ${problem}.`);
  };
  if (!isRecord(entry)) return fail('is not a record');
  const { name, op, attrs = {}, file, tensors, float32_error: error = {} } = entry;
  if (typeof name !== 'string' || typeof op !== 'string' || typeof file !== 'string') {
    return fail('lacks a text for name, op or file');
  }
  if (!isRecord(attrs)) return fail(`(${name}) has attrs that are not a record`);
  if (!isRecord(tensors)) return fail(`(${name}) has no record "tensors"`);
  const roles = Object.entries(tensors).map(([role, names]): [string, readonly string[]] => {
    if (!isTexts(names)) return fail(`(${name}) has tensors.${role} that is not a list of names`);
    return [role, names];
  });
  const errors = Object.entries(isRecord(error) ? error : {}).filter(
    (pair): pair is [string, number] => typeof pair[1] === 'number',
  );
  return {
    name,
    op,
    attrs,
    file,
    tensors: Object.fromEntries(roles),
    float32Error: Object.fromEntries(errors),
  };
}

/** The tensors of a case, by role and by name. */
export interface CaseTensors {
  /** Names of a role; none when the case does not have it. */
  names(role: string): readonly string[];
  has(name: string): boolean;
  /** @throws CaseError when the file lacks it */
  get(name: string): StoredTensor;
  /** As a tensor of the engine: F32 as float32, I32 as int32, U8 as float32. */
  tensor(name: string): Tensor;
}

/**
 * Reads the file of a case.
 *
 * @throws WeightsError, CaseError or a system error when it cannot be read
 */
export async function readTensors(
  folder: GoldenFolder,
  { name: owner, file, tensors }: GoldenCase,
): Promise<CaseTensors> {
  const stored = decodeSafetensors(await folder.read(file), `${folder.path}/${file}`).tensors;
  const get = (name: string): StoredTensor => {
    const found = stored.get(name);
    if (!found) throw new CaseError(`${owner}: ${file} has no tensor "${name}", which index.json names.`);
    return found;
  };
  return {
    names: (role) => tensors[role] ?? [],
    has: (name) => stored.has(name),
    get,
    tensor: (name) => asTensor(get(name)),
  };
}

/** A stored tensor as a tensor of the engine. */
export function asTensor({ data, shape }: StoredTensor): Tensor {
  const isIndex = data instanceof Int32Array;
  const contents = isIndex || data instanceof Float32Array ? data : Float32Array.from(data);
  return fromHost(contents.subarray(0, sizeOf(shape)), shape, isIndex ? 'int32' : 'float32');
}
