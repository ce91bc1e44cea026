/** Every setting of a training: the flags of `capsnet train`, the keys of `--config FILE.json`, what `config.json` of a run records. */
import { modelNames } from '@capsnet/capsules';
import { datasetNames } from '../data/names.js';
import { colourModes, resizeModes } from '@capsnet/datasets/choices';
import { backendRequests } from '../options/flags.js';
import { oneOf } from '../options/values.js';
import { choice, imageSize, integer, location, number, onOff, type Setting } from './setting.js';
import { presetNames } from './presets.js';

export const scheduleNames = ['exponential', 'cosine', 'constant'] as const;
export const selections = ['validation', 'test'] as const;

export const settingsTable = {
  preset: choice(
    '--preset <name>',
    `settings that belong together: ${presetNames.join(', ')}`,
    'preset',
    presetNames,
  ),
  model: choice('--model <name>', 'model to train, see: capsnet info', 'model', modelNames, {
    fallbackHelp: 'the one of the data set',
  }),
  routingIterations: integer('--routing-iterations <n>', 'original-capsnet: rounds of dynamic routing', {
    from: 1,
    to: 5,
    example: '3',
    fallbackHelp: '3',
  }),
  decoder: onOff('--decoder', 'redraw the image; without, a training step costs less', {
    fallbackHelp: 'on',
  }),
  dataset: choice('--dataset <name>', 'data set, see: capsnet datasets list', 'data set', datasetNames, {
    fallback: 'digits',
  }),
  dataDir: location('--data-dir <dir>', 'folder with the files of the data set', {
    fallbackHelp: '$CAPSNET_DATA, then the cache folder of the user',
    sitting: 'recorded',
  }),
  limitTrain: integer('--limit-train <n>', 'use the first n training images', { from: 1, example: '1000' }),
  limitTest: integer('--limit-test <n>', 'use the first n test images', { from: 1, example: '1000' }),
  testStatistics: choice(
    '--test-statistics <of>',
    'smallnorb, toys: standardise test images as: train, own (as the reference)',
    'kind',
    ['train', 'own'],
    { fallbackHelp: 'train' },
  ),
  target: choice(
    '--target <kind>',
    'smallnorb, toys: the decoder draws: unit (0 to 1), standardised (as the reference)',
    'kind',
    ['unit', 'standardised'],
    { fallbackHelp: 'unit' },
  ),
  imageSize: imageSize(
    '--image-size <n>',
    'folder: side of the images for the model, or height x width: 64x48',
    {
      fallbackHelp: 'their own, for mixed sizes at most 96',
    },
  ),
  resize: choice(
    '--resize <how>',
    'folder: fit (all of the image, edges filled) or crop (its middle)',
    'way',
    resizeModes,
    { fallbackHelp: 'fit' },
  ),
  channels: choice(
    '--channels <which>',
    'folder: auto (colour if an image has some), grey or colour',
    'kind',
    colourModes,
    {
      fallbackHelp: 'auto',
    },
  ),
  testShare: number('--test-share <x>', 'folder that is not split: share of each class for testing', {
    above: 0,
    below: 1,
    example: '0.2',
    fallbackHelp: '0.2',
  }),
  overlays: integer('--overlays <n>', 'multimnist: pairs that each test image stands in', {
    from: 1,
    to: 1000,
    example: '20',
    fallbackHelp: '10',
  }),
  sameClass: onOff('--same-class', 'multimnist: let both digits be of one class, as the reference does'),
  epochs: integer('--epochs <n>', 'passes over the training images', {
    from: 1,
    to: 1_000_000,
    example: '10',
    fallback: 10,
  }),
  batchSize: integer('--batch-size <n>', 'images a batch; distributed: of each process', {
    from: 1,
    to: 65_536,
    example: '16',
    fallback: 16,
    fallbackHelp: '16; folder: 8',
  }),
  lr: number('--lr <x>', 'learning rate at the start', {
    above: 0,
    example: '0.0005',
    fallback: 5e-4,
    fallbackHelp: '0.0005; folder: 0.001',
  }),
  schedule: choice(
    '--schedule <name>',
    `how the rate falls: ${scheduleNames.join(', ')}`,
    'schedule',
    scheduleNames,
    {
      fallback: 'exponential',
    },
  ),
  lrDecay: number('--lr-decay <x>', 'exponential: factor an epoch', {
    above: 0,
    example: '0.97',
    fallback: 0.97,
  }),
  lrMin: number('--lr-min <x>', 'the rate never falls below', {
    from: 0,
    example: '0.00005',
    fallbackHelp: '5e-5; for cosine a hundredth of --lr',
  }),
  warmup: number('--warmup <epochs>', 'epochs, or a fraction, in which the rate rises from 0', {
    from: 0,
    example: '0.5',
    fallback: 0,
  }),
  weightDecay: number('--weight-decay <x>', 'decoupled weight decay (AdamW)', {
    from: 0,
    example: '0.01',
    fallback: 0,
  }),
  clip: number('--clip <x>', 'largest norm of all gradients together', {
    above: 0,
    example: '1',
    fallbackHelp: 'not limited',
  }),
  ema: number('--ema <decay>', 'test and keep weights averaged over the last steps', {
    from: 0,
    below: 1,
    example: '0.999',
    fallbackHelp: 'not averaged',
  }),
  reconstruction: number('--reconstruction <x>', 'weight of the reconstruction in the loss', {
    from: 0,
    example: '0.392',
    fallback: 0.392,
  }),
  seed: integer('--seed <n>', 'seed of weights, order, hold-out and augmentation', {
    from: 0,
    example: '1',
    fallback: 1,
  }),
  augment: onOff('--augment', 'distort the training images', {
    fallbackHelp: 'on, off for digits and multimnist',
  }),
  refine: number('--refine <share>', 'share of the epochs, the last ones, that see undistorted images', {
    from: 0,
    below: 1,
    example: '0.2',
    fallback: 0,
  }),
  augmentFlip: onOff('--augment-flip', 'mirror half of the images; not for letters'),
  augmentRotate: number('--augment-rotate <degrees>', 'turn by up to so much', {
    from: 0,
    example: '15',
    fallbackHelp: 'folder: 10',
  }),
  augmentShift: number('--augment-shift <share>', 'shift by up to this share of the side', {
    from: 0,
    below: 1,
    example: '0.1',
    fallbackHelp: 'folder: 0.08',
  }),
  augmentScale: number('--augment-scale <share>', 'scale by up to this share', {
    from: 0,
    example: '0.1',
    fallbackHelp: 'folder: 0.1',
  }),
  augmentErase: number('--augment-erase <share>', 'erase a square of this share of the side', {
    from: 0,
    below: 1,
    example: '0.25',
    fallbackHelp: '0',
  }),
  augmentColour: number('--augment-colour <x>', 'change brightness, contrast and colours by up to this', {
    from: 0,
    below: 1,
    example: '0.1',
    fallbackHelp: 'folder: 0.1',
  }),
  select: {
    ...choice(
      '--select <split>',
      'keep the best epoch on: validation, test (as the reference)',
      'split',
      selections,
      {
        fallback: 'validation',
      },
    ),
    // `best-on=test` says the same in more words.
    parser: (label: string) => (typed: string) =>
      oneOf(label, 'split', selections)(typed.replace(/^best-on=/, '')),
  },
  holdOut: integer('--hold-out <n>', 'training images held out for validation', {
    from: 1,
    example: '5000',
    fallbackHelp: '5000, a twelfth of a small set',
  }),
  earlyStop: integer('--early-stop <n>', 'stop after n epochs that are no better', {
    from: 1,
    example: '10',
    sitting: 'recorded',
  }),
  saveEvery: integer('--save-every <steps>', 'keep the full state every so many steps', {
    from: 1,
    example: '500',
    fallbackHelp: 'once a minute, and after each epoch',
    sitting: 'recorded',
  }),
  stopAfter: number('--stop-after <minutes>', 'stop then, ready to be resumed', {
    above: 0,
    example: '30',
    sitting: 'momentary',
  }),
  distributed: choice(
    '--distributed <how>',
    'with the other processes that mpirun has started: mpi; each takes a part of every batch',
    'way',
    ['mpi'],
    { sitting: 'momentary' },
  ),
  syncBatchNorm: onOff(
    '--sync-batch-norm',
    'distributed: normalise by the whole batch, so that N processes learn as one would',
  ),
  backend: choice(
    '--backend <name>',
    `what computes: ${backendRequests.join(', ')}`,
    'backend',
    backendRequests,
    {
      fallback: 'auto',
      sitting: 'recorded',
    },
  ),
  threads: integer('--threads <n>', 'threads of the wasm backend', {
    from: 1,
    to: 256,
    example: '2',
    fallbackHelp: 'all cores',
    sitting: 'recorded',
  }),
  picture: location('--picture <file>', 'draw test images and their reconstructions to a PNG', {
    sitting: 'recorded',
  }),
} as const satisfies Readonly<Record<string, Setting<any>>>;

export type SettingName = keyof typeof settingsTable;
export const settingNames = Object.keys(settingsTable) as SettingName[];

/** What somebody has said: any of the settings. */
export type GivenSettings = {
  readonly [Name in SettingName]?: (typeof settingsTable)[Name] extends Setting<infer Value> ? Value : never;
};

/** A setting, whichever. */
export const settingOf = (name: SettingName): Setting<unknown> => settingsTable[name];
