/** `capsnet datasets`: what there is to train on, where it comes from, getting it, looking at it. */
import { DataError } from '@capsnet/datasets';
import {
  byHand,
  dataDirectories,
  dataDirectory,
  fetchDataset,
  folderOf,
  locateDataset,
  missingFiles,
  remoteDatasets,
} from '@capsnet/datasets/node';
import { dirname, join } from 'node:path';
import { loadTrainingData } from '../data/load.js';
import { asksForAugmentation } from '../data/augmentation.js';
import { datasetNames, type DatasetName } from '../data/names.js';
import { previewPicture } from '../datasets/preview.js';
import type { DatasetFlags, FetchFlags, PreviewFlags } from '../datasets/flags.js';
import { FailedRun, UserError, systemReason } from '../errors.js';
import { prepareDirectory } from '../options/output-directory.js';
import { oneOf } from '../options/values.js';
import { createConsole } from '../output/console.js';
import { plural } from '../output/format.js';
import { emit } from '../output/json.js';
import { table } from '../output/table.js';
import { writeFileAtomically } from '../runs/atomic.js';
import { megabytes } from '../training/memory.js';

type KnownRemote = (typeof remoteDatasets)[number];

interface Known {
  readonly name: DatasetName;
  readonly about: string;
  /** Whose files it needs. */
  readonly remote?: KnownRemote;
}

const remote = (name: string): KnownRemote => remoteDatasets.find((one) => one.name === name)!;

const known: readonly Known[] = datasetNames.map((name): Known => {
  switch (name) {
    case 'digits':
      return { name, about: 'drawn digits, 28x28 grey; made here, needs no files' };
    case 'toys':
      return { name, about: 'rendered toys of five categories by two cameras; made here, needs no files' };
    case 'folder':
      return { name, about: 'your own PNG and JPEG images, a sub-folder a class (--data-dir DIR)' };
    case 'multimnist':
      return { name, about: 'overlaid pairs of digits, 36x36 grey; made of mnist', remote: remote('mnist') };
    case 'mnist':
    case 'fashion-mnist':
    case 'smallnorb':
      return { name, about: remote(name).title, remote: remote(name) };
  }
});

const find = (name: string): Known => {
  const found = oneOf('capsnet datasets', 'data set', datasetNames)(name);
  return known.find((one) => one.name === found)!;
};

/** The folder that has all files of a data set, of those that are looked into. */
const placeOf = ({ name }: KnownRemote, dataDir: string | undefined): string | undefined =>
  locateDataset(name, dataDirectories({ dataDir }));

/** `capsnet datasets list`. */
export function listDatasets({ dataDir, json, quiet }: DatasetFlags): void {
  const console = createConsole({ quiet: quiet === true });
  const rows = known.map(({ name, about, remote: source }) => {
    const place = source && placeOf(source, dataDir);
    return { name, about, state: !source ? 'ready' : place ? 'here' : 'to fetch', folder: place };
  });
  if (json) {
    for (const row of rows) emit(console, { event: 'dataset', ...row });
    return;
  }
  const lines = table(
    [{ title: 'name' }, { title: 'files' }, { title: 'what' }],
    rows.map(({ name, state, about }) => [name, state, about]),
  );
  console.result(`${lines.join('\n')}\n`);
}

/** `capsnet datasets info NAME`. */
export function describeDataset(name: string, { dataDir, json, quiet }: DatasetFlags): void {
  const console = createConsole({ quiet: quiet === true });
  const { about, remote: source } = find(name);
  const place = source && placeOf(source, dataDir);
  if (json) {
    emit(console, { event: 'dataset', name, about, ...(source ? { ...source, folder: place ?? null } : {}) });
    return;
  }
  const lines = [`${name}: ${about}`];
  if (source) {
    const bytes = source.files.reduce((sum, file) => sum + file.bytes, 0);
    lines.push(
      `Licence:  ${source.licence}`,
      `Homepage: ${source.homepage}`,
      `Mirrors:  ${source.mirrors.join('\n          ')}`,
      `Files:    ${plural(source.files.length, 'file')}, ${megabytes(bytes)}`,
      ...source.files.map((file) => `          ${file.name}\n            sha256 ${file.sha256}`),
      place
        ? `Here:     ${place}`
        : `Not here. Fetch it: capsnet datasets fetch ${source.name}\n${byHand(source, dataDirectory({ dataDir }))}`,
    );
  } else if (name === 'folder')
    lines.push('How to lay out the images, and what the network does with them: docs/own-images.md');
  console.result(`${lines.join('\n')}\n`);
}

/** `capsnet datasets fetch NAME`. */
export async function fetchFiles(
  name: string,
  { dataDir, mirror = [], json, quiet }: FetchFlags,
): Promise<void> {
  const console = createConsole({ quiet: quiet === true });
  const { remote: found } = find(name);
  const source = found && { ...found, mirrors: [...mirror, ...found.mirrors] };
  if (!source)
    throw new UserError(
      `${name} has no files to fetch: ${name === 'folder' ? 'it is your own images; name their folder with --data-dir when you train' : 'it is made when it is used'}.`,
    );
  const directory = dataDirectory({ dataDir });
  const place = placeOf(source, dataDir);
  if (place !== undefined && missingFiles(source, directory).length > 0)
    console.note(
      `${source.name} is here already, in ${place}; fetching it into ${folderOf(directory, source)} all the same`,
    );
  let told = 0;
  try {
    const folder = await fetchDataset(source, {
      directory,
      onEvent(event) {
        if (event.kind === 'start')
          console.note(
            `${event.url}, ${megabytes(event.bytes)}${event.from > 0 ? `, from byte ${event.from} on` : ''}`,
          );
        else if (event.kind === 'different')
          console.warn(
            `${event.file} is here, but its bytes are not those that were published (SHA-256 differs): fetching it again`,
          );
        else if (event.kind === 'problem') console.warn(`${event.url}: ${event.reason}`);
        else if (event.kind === 'progress' && performance.now() - told > 3000) {
          told = performance.now();
          console.note(`  ${Math.floor((100 * event.done) / event.bytes)} %`);
        } else if (event.kind === 'done' || event.kind === 'present')
          console.note(
            `${event.file} ${event.kind === 'done' ? 'is here, its SHA-256 is right' : 'was here already'}`,
          );
      },
    });
    if (json)
      emit(console, {
        event: 'fetched',
        name,
        folder,
        files: source.files.map((file) => join(folder, file.name)),
      });
    else console.result(`${source.name} is in ${folder}\n`);
  } catch (error) {
    if (error instanceof DataError) throw new FailedRun(error.message);
    throw error;
  }
}

/** `capsnet datasets preview NAME -o FILE.png`. */
export function previewDataset(name: string, flags: PreviewFlags): void {
  const console = createConsole({ quiet: flags.quiet === true });
  const { name: dataset } = find(name);
  const { out, count } = flags;
  if (!out.toLowerCase().endsWith('.png'))
    throw new UserError(`--out: "${out}" should end in .png, the only format that is written.`);
  prepareDirectory('--out', dirname(out));
  const augment = flags.augment === true || asksForAugmentation(flags);
  const { training } = loadTrainingData(dataset, {
    ...flags,
    augment,
    seed: flags.seed ?? 1,
    limitTrain: dataset === 'folder' ? count : Math.max(count, 36),
    limitTest: dataset === 'folder' ? undefined : 36,
    notify: (note) => (note.startsWith('Warning') ? console.warn(note) : console.note(note)),
  });
  try {
    writeFileAtomically(out, previewPicture(training, { count, augment, seed: flags.seed ?? 1 }));
  } catch (error) {
    const reason = systemReason(error);
    throw reason === undefined ? error : new FailedRun(`writing the picture ${out} failed (${reason}).`);
  }
  const shown = Math.min(count, training.count);
  if (flags.json)
    emit(console, { event: 'preview', name, picture: out, images: shown, classNames: training.classNames });
  else console.result(`${plural(shown, 'training image')} of ${name}: ${out}\n`);
}
