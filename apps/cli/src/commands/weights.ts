/**
 * `capsnet weights`: the files that hold trained networks. `list` and `info` look at them, `import` reads those of Keras, `export` writes for Keras and for
 * other runtimes.
 */
import {
  decodeSafetensors,
  fromKeras,
  layoutOf,
  loadModel,
  modelNames,
  saveModel,
  summarize,
  WeightsError,
  recogniseKeras,
  type RecogniseOptions,
} from '@capsnet/capsules';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, dirname, extname } from 'node:path';
import { datasetName, type DatasetName } from '../data/load.js';
import { FailedRun, systemReason, UserError } from '../errors.js';
import { prepareDirectory } from '../options/output-directory.js';
import { oneOf } from '../options/values.js';
import { createConsole } from '../output/console.js';
import { count, percent } from '../output/format.js';
import { emit } from '../output/json.js';
import { table } from '../output/table.js';
import { writeFileAtomically } from '../runs/atomic.js';
import { findWeights, listWeights, weightsOrigin } from '../weights/find.js';
import { encodeWeights, formatOf, layoutKey, type FormatName } from '../weights/formats.js';
import { readKeras } from '../weights/hdf5.js';
import { answersPairs, isHdf5 } from '../weights/open.js';

export interface ListFlags {
  readonly json?: boolean;
}

/** What the user knows of the model in a Keras file. */
export interface RecogniseFlags extends ListFlags {
  readonly model?: string;
  readonly input?: readonly [number, number, number];
  readonly classes?: readonly string[];
}

export interface ImportFlags extends RecogniseFlags {
  readonly output: string;
  readonly dataset?: string;
}

export interface ExportFlags extends ListFlags {
  readonly output: string;
  readonly format?: FormatName;
  readonly half?: boolean;
}

/** What is wrong with a file is the user's to mend. */
async function told<Result>(work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof WeightsError) throw new UserError(error.message);
    throw error;
  }
}

function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    const reason = systemReason(error);
    throw reason === undefined
      ? error
      : new UserError(`"${file}" cannot be read (${reason}). Is the path right?`);
  }
}

function writeBytes(file: string, bytes: Uint8Array): void {
  prepareDirectory('--output', dirname(file));
  try {
    writeFileAtomically(file, bytes);
  } catch (error) {
    const reason = systemReason(error);
    throw reason === undefined ? error : new FailedRun(`writing ${file} failed (${reason}).`);
  }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const isOwnName = (file: string): boolean => extname(file).toLowerCase() === '.safetensors';

/** `capsnet weights list` */
export async function list(flags: ListFlags): Promise<void> {
  const console = createConsole();
  const rows: string[][] = [];
  for (const { name, file } of listWeights()) {
    const { model, metadata } = await told(() => loadModel(readBytes(file), file));
    const { parameters } = summarize(model);
    const [kind, trainedOn] = [metadata['model'] ?? model.description.kind, metadata['dataset'] ?? ''];
    const error = metadata['test_error'];
    if (flags.json)
      emit(console, {
        event: 'weights',
        name,
        file,
        model: kind,
        dataset: trainedOn,
        parameters,
        ...(error === undefined ? {} : { testError: Number(error) }),
      });
    else
      rows.push([
        name,
        kind,
        trainedOn,
        count(parameters),
        error === undefined ? '' : `${percent(Number(error))}${answersPairs(model) ? ' of digits' : ''}`,
      ]);
  }
  if (flags.json) return;
  if (rows.length === 0) {
    console.result(`No weights have a name here. ${weightsOrigin()}\n`);
    return;
  }
  const lines = table(
    [
      { title: 'name' },
      { title: 'model' },
      { title: 'trained on' },
      { title: 'parameters', align: 'right' },
      { title: 'test error', align: 'right' },
    ],
    rows,
  );
  console.result(`${lines.join('\n')}\n`);
}

interface Listed {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
}

/** `capsnet weights info FILE` */
export async function info(given: string, flags: RecogniseFlags): Promise<void> {
  const console = createConsole();
  const file = findWeights(given);
  const bytes = readBytes(file);
  const knows = knownOf(flags);
  if (!isHdf5(bytes) && Object.values(knows).some((known) => known !== undefined))
    throw new UserError(
      `--model, --input and --classes are for Keras files: ${file} says itself what its model is.`,
    );
  const read = isHdf5(bytes)
    ? await told(() => kerasInfo(bytes, file, knows))
    : await told(() => ownInfo(bytes, file));
  const { model, name, notes, tensors, format } = read;
  const { parameters, parametersWithoutDecoder, statistics } = summarize(model);
  const { input, classNames } = model.description;
  const facts = { file, format, bytes: bytes.length, sha256: sha256(bytes), model: name, input, classNames };
  const { [layoutKey]: _layout, ...shown } = notes;
  if (flags.json) {
    emit(console, {
      event: 'weights',
      ...facts,
      parameters,
      parametersWithoutDecoder,
      statistics,
      notes: shown,
      description: model.description,
      tensors,
    });
    return;
  }
  const some = classNames.length <= 12 ? classNames.join(', ') : `${classNames.slice(0, 10).join(', ')}, ...`;
  const lines = [
    ['file', `${file} (${format}, ${count(bytes.length)} bytes)`],
    ['sha256', facts.sha256],
    ['model', name],
    ['images', input.join(' x ')],
    ['classes', `${classNames.length}: ${some}`],
    [
      'parameters',
      `${count(parameters)}, ${count(parametersWithoutDecoder)} without the decoder${statistics === 0 ? '' : `; ${count(statistics)} moving statistics`}`,
    ],
    ...Object.entries(shown)
      .filter(([key]) => key !== 'model')
      .map(([key, value]) => [key, value]),
  ];
  const width = Math.max(...lines.map(([key]) => key!.length));
  const rows = table(
    [{ title: 'tensor' }, { title: 'shape' }, { title: 'type' }],
    tensors.map((tensor) => [tensor.name, tensor.shape.join(' x ') || '1', tensor.dtype]),
  );
  console.result(
    `${[...lines.map(([key, value]) => `${key!.padEnd(width)}  ${value}`), '', ...rows].join('\n')}\n`,
  );
}

const knownOf = ({ model, input, classes }: RecogniseFlags): RecogniseOptions => ({
  model: model === undefined ? undefined : oneOf('--model', 'model', modelNames)(model),
  input,
  classNames: classes,
});

async function kerasInfo(bytes: Uint8Array, file: string, knows: RecogniseOptions) {
  const contents = await readKeras(bytes, file);
  const { name, model } = recogniseKeras(contents, file, knows);
  const tensors: Listed[] = contents.groups.flatMap(({ name: group, weights }) =>
    weights.map((weight) => ({ name: `${group}/${weight.name}`, shape: weight.shape, dtype: 'float32' })),
  );
  const notes: Readonly<Record<string, string>> = { keras: contents.version, backend: contents.backend };
  return { model, name, notes, tensors, format: 'Keras HDF5' };
}

function ownInfo(bytes: Uint8Array, file: string) {
  const { model, metadata } = loadModel(bytes, file);
  const tensors: Listed[] = [...decodeSafetensors(bytes, file).tensors].map(([name, { shape, storage }]) => ({
    name,
    shape,
    dtype: storage === 'F16' ? 'float16' : 'float32',
  }));
  return {
    model,
    name: metadata['model'] ?? model.description.kind,
    notes: metadata,
    tensors,
    format: 'safetensors',
  };
}

/** `capsnet weights import FILE.h5 -o X.safetensors` */
export async function importKeras(file: string, flags: ImportFlags): Promise<void> {
  const console = createConsole();
  if (!isOwnName(flags.output))
    throw new UserError(
      `--output: "${flags.output}" should end in .safetensors, the format of capsnet's weights.`,
    );
  const knows = knownOf(flags);
  const dataset: DatasetName | undefined =
    flags.dataset === undefined ? undefined : datasetName(flags.dataset);
  const bytes = readBytes(file);
  if (!isHdf5(bytes))
    throw new UserError(
      `${file} is not an HDF5 file. Give weights that Keras saved: model.save_weights("x.h5").`,
    );
  const { name, model, contents } = await told(async () => {
    const read = await readKeras(bytes, file);
    return {
      ...recogniseKeras(read, file, knows),
      contents: read,
    };
  });
  const { parameters, state } = fromKeras(model, contents, file);
  const trainedOn = dataset ?? usualDataset[name];
  const notes = {
    model: name,
    ...(trainedOn === undefined ? {} : { dataset: trainedOn }),
    imported_from: basename(file),
    [layoutKey]: JSON.stringify(layoutOf(contents)),
  };
  writeBytes(flags.output, await saveModel(model, parameters, state, notes));
  const total = summarize(model).parameters;
  if (flags.json)
    emit(console, {
      event: 'imported',
      file,
      output: flags.output,
      model: name,
      parameters: total,
      dataset: trainedOn ?? null,
    });
  else console.result(`${file} holds ${name} (${count(total)} parameters); written to ${flags.output}.\n`);
}

/** What the published weights of a model were trained on. */
const usualDataset: Readonly<Partial<Record<string, DatasetName>>> = {
  'efficient-capsnet': 'mnist',
  'efficient-capsnet-multimnist': 'multimnist',
  'efficient-capsnet-smallnorb': 'smallnorb',
  'original-capsnet': 'mnist',
};

/** `capsnet weights export X -o FILE.h5|FILE.onnx|FILE.safetensors` */
export async function exportWeights(given: string, flags: ExportFlags): Promise<void> {
  const console = createConsole();
  const { output, half = false } = flags;
  const format = formatOf(output, flags.format);
  const file = findWeights(given);
  const own = readBytes(file);
  if (isHdf5(own))
    throw new UserError(
      `${file} is an HDF5 file, as Keras writes them; export takes .safetensors files. Convert it first: capsnet weights import ${file} -o weights.safetensors`,
    );
  const loaded = await told(() => loadModel(own, file));
  const bytes = await told(() => encodeWeights(loaded, format, half));
  writeBytes(output, bytes);
  if (flags.json)
    emit(console, { event: 'exported', file, output, format, bytes: bytes.length, sha256: sha256(bytes) });
  else console.result(`${file} written to ${output} (${count(bytes.length)} bytes).\n`);
}
