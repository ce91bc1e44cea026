/** The page's beginning: makes the parts and ties them together. */
import { Engine } from './client.js';
import { sortFiles } from './data/dropped.js';
import { droppedSet, generatedSet } from './data/sets.js';
import { Explorer } from './explorer/explorer.js';
import { Library } from './library.js';
import { Pairs } from './pairs.js';
import { readPhoto } from './pictures/photo.js';
import type { BackendChoice } from './protocol.js';
import { Store } from './state/store.js';
import { views, type ViewName } from './state/view.js';
import { Trainer } from './trainer.js';
import { element, part } from './ui/dom.js';
import { EnginePanel } from './ui/engine.js';
import { acceptFiles } from './ui/files.js';
import { NetworkBar } from './ui/networks.js';
import { dismiss, notify, sentence } from './ui/notices.js';

const store = new Store();
// Before anything else hears of it: the view's own messages come after.
store.subscribe(({ view }, before) => {
  if (view !== before.view) dismiss('network');
});
const engine = new Engine((event) => trainer.hear(event), engineLost);
const library = new Library(engine);
const choices: readonly BackendChoice[] = ['auto', 'wasm-1', 'reference'];
let backend =
  choices.find((choice) => choice === new URLSearchParams(location.search).get('backend')) ?? 'auto';

const panel = new EnginePanel(choices, (choice) => {
  backend = choice;
  void restart();
});
const chooseFile = acceptFiles((files) => void take(files));
const trainHere = {
  label: 'Train one here',
  go: () => {
    if (store.state.view === 'pairs') trainer.forPairs();
    store.change({ view: 'train' });
  },
};
const waysWithoutNetwork = [trainHere, { label: 'Load weights …', go: chooseFile }];
const generated = generatedSet();
const explorer = new Explorer({ store, engine, library, panel, chooseFile, waysWithoutNetwork }, generated);
const pairs = new Pairs({ store, engine, library, waysWithoutNetwork }, generated);
const trainer = new Trainer({
  store,
  engine,
  library,
  chooseFile,
  download: (name) => void download(name),
  improved: () => {
    explorer.improved();
    pairs.refresh();
  },
});
const bar = new NetworkBar(library, {
  choose: (network) => store.change({ network }),
  chooseBeside: (beside) => store.change({ beside }),
  openFile: chooseFile,
  download: (name) => void download(name),
});

const titles: Readonly<Record<ViewName, string>> = {
  explore: 'Explore',
  pairs: 'Two digits',
  train: 'Train',
};
const tabs = views.map((view) =>
  element('button', { type: 'button', onclick: () => store.change({ view }) }, titles[view]),
);
part('views').append(...tabs);

function showView(): void {
  const { state } = store;
  views.forEach((view, index) => {
    part(view).hidden = view !== state.view;
    if (view === state.view) tabs[index]!.setAttribute('aria-current', 'page');
    else tabs[index]!.removeAttribute('aria-current');
  });
  bar.show(state);
}

const shownBy = ['view', 'network', 'beside'] as const;
store.subscribe((state, before) => {
  if (shownBy.some((key) => state[key] !== before[key])) showView();
});
library.onChange(() => {
  bar.show(store.state);
  explorer.refresh();
  pairs.refresh();
});
showView();
void begin();

async function begin(): Promise<void> {
  await Promise.all([startEngine(), openLibrary()]);
}

async function openLibrary(): Promise<void> {
  try {
    await library.open();
  } catch (error) {
    notify({ about: 'library', mood: 'bad', text: sentence(error), ways: waysWithoutNetwork });
  }
}

async function startEngine(): Promise<void> {
  try {
    panel.ready(await engine.call('start', { choice: backend }));
    dismiss('engine');
  } catch (error) {
    panel.lost();
    notify({
      about: 'engine',
      mood: 'bad',
      text: `The engine could not start: ${sentence(error)}`,
      ways: [
        { label: 'Use one thread', go: () => switchTo('wasm-1') },
        { label: 'Use the slow reference', go: () => switchTo('reference') },
      ],
    });
  }
}

function switchTo(choice: BackendChoice): void {
  backend = choice;
  void restart();
}

/** A new worker; shipped weights are loaded again when they are needed. */
async function restart(): Promise<void> {
  trainer.lost();
  engine.restart();
  await startEngine();
  library.forget();
}

function engineLost(reason: string): void {
  panel.lost();
  trainer.lost();
  notify({
    about: 'engine',
    mood: 'bad',
    text: `The engine stopped (${reason}). What you see stays; start it again to go on. A training in progress is lost.`,
    ways: [
      { label: 'Start it again', go: () => void restart() },
      { label: 'Start it with one thread', go: () => switchTo('wasm-1') },
    ],
  });
}

/** Takes files that were dropped or chosen. */
async function take(files: readonly File[]): Promise<void> {
  dismiss('files');
  try {
    const { weights, pictures, sets } = await sortFiles(files);
    for (const file of weights) {
      const info = await library.add(
        file.name.replace(/\.\w+$/, ''),
        new Uint8Array(await file.arrayBuffer()),
      );
      store.change({ network: info.name, view: info.decodings === 2 ? 'pairs' : 'explore' });
      notify({
        about: 'files',
        text: `${file.name} is loaded: ${info.parameters.toLocaleString('en')} numbers.`,
      });
    }
    for (const set of sets) {
      trainer.addSet(set);
      explorer.addSet(droppedSet(set));
      notify({
        about: 'files',
        text: `${set.name}: ${set.labels.length.toLocaleString('en')} images, in the gallery and under Train.`,
      });
    }
    const [picture] = pictures;
    if (picture) {
      const drawing = await readPhoto(picture, picture.name);
      store.change({ view: 'explore', source: { kind: 'drawing', picture: drawing }, capsule: -1 });
    }
  } catch (error) {
    notify({
      about: 'files',
      mood: 'bad',
      text: sentence(error),
      ways: [{ label: 'Choose another file', go: chooseFile }],
    });
  }
}

async function download(name: string): Promise<void> {
  if (name === '') return;
  try {
    await library.ready(name);
    const bytes = await engine.call('weights', { network: name });
    const link = element('a', {
      href: URL.createObjectURL(
        new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'application/octet-stream' }),
      ),
      download: `${name.replaceAll(' ', '-')}.safetensors`,
    });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  } catch (error) {
    notify({ about: 'download', mood: 'bad', text: sentence(error) });
  }
}

// A promise that nobody waits for must not fail unseen.
addEventListener('unhandledrejection', ({ reason }) => {
  notify({
    about: 'defect',
    mood: 'bad',
    text: `Something went wrong: ${sentence(reason)}`,
    ways: [{ label: 'Start the engine again', go: () => void restart() }],
  });
});
